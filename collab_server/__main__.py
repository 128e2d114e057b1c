# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m collab_server`: serves on this machine, and prints an invitation for a designer and one for a reviewer.

python -m collab_server [serve] [--folder DIR] [--host H] [--port P] …
python -m collab_server invite ROOM --role ROLE --name NAME [--days D]
python -m collab_server invites
python -m collab_server revoke ID
python -m collab_server minutes LINK [--out DIR]
python -m collab_server audit ROOM

Exit status: 0 done, 2 wrong use, 3 refused.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from .invitation import LinkRefused, read_link
from .invites import ROLES, InviteRefused, Invites
from .minutes import MinutesRefused, fetch, write
from .server import Server, ServeRefused, Settings
from .store import StoreRefused, opened

DAY = 86_400.0
REFUSED = 3
_FIRST_ROOM = "first"


def parser(prog: str = "collab_server") -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog=prog, description="Toile's review server: designers and customers, live.")
    whole.set_defaults(run=_serve)
    _folder(whole)
    verbs = whole.add_subparsers()
    serve = verbs.add_parser("serve", help="serve until stopped; what no verb does as well")
    invite = verbs.add_parser("invite", help="make an invitation and print it")
    listed = verbs.add_parser("invites", help="list the invitations")
    revoke = verbs.add_parser("revoke", help="withdraw an invitation, at once")
    minutes = verbs.add_parser("minutes", help="write what a review came to, as JSON and as BCF topics")
    minutes.set_defaults(run=_minutes)
    minutes.add_argument("link", help="any invitation to the room: https://host/#room/token")
    minutes.add_argument("--out", type=Path, default=Path(), help="the folder to write to; else this one")
    audit = verbs.add_parser("audit", help="who came, said and decided what in a room, while no server has its folder")
    for verb, run in (
        (serve, _serve), (invite, _invite), (listed, _invites), (revoke, _revoke), (audit, _audit),
    ):  # fmt: skip
        verb.set_defaults(run=run)
        _folder(verb)
    for door in (whole, serve):
        _serving(door)
    invite.add_argument("room")
    invite.add_argument("--role", choices=ROLES, default="reviewer")
    invite.add_argument("--name", required=True, help="whom it is for, as the others will read it")
    invite.add_argument("--days", type=float, default=14.0, help="how long it holds")
    audit.add_argument("room")
    revoke.add_argument("id", help="as `invites` lists it")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status."""
    chosen = parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        return chosen.run(chosen)
    except (InviteRefused, LinkRefused, MinutesRefused, ServeRefused, StoreRefused, OSError, ssl.SSLError) as refused:
        print(f"Refused: {refused}", file=sys.stderr)
        return REFUSED


def _folder(door: argparse.ArgumentParser) -> None:
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    door.add_argument("--folder", type=Path, default=base / "toile-review", help="where rooms and invitations are kept")
    door.add_argument(
        "--redis", metavar="URL", default=os.environ.get("TOILE_REDIS"),
        help="where several servers keep them together, as redis://HOST:6379/0; else TOILE_REDIS says it",
    )  # fmt: skip


def _serving(door: argparse.ArgumentParser) -> None:
    door.add_argument("--host", default="127.0.0.1")
    door.add_argument("--port", type=int, default=8765)
    door.add_argument("--assets-port", type=int, default=8766)
    door.add_argument("--certificate", type=Path, help="TLS, in PEM, with its chain")
    door.add_argument("--key", type=Path, help="the certificate's, in PEM")
    door.add_argument(
        "--behind-proxy", action="store_true", help="a proxy ends TLS and joins both ports in one address"
    )
    door.add_argument("--plain", action="store_true", help="without TLS beyond this machine, on a closed network")
    door.add_argument(
        "--until-input-ends", action="store_true", help="stop when standard input ends, as a program's child"
    )
    door.add_argument("--origin", action="append", default=[], help="another page that may connect, as https://host")


def _serve(chosen: argparse.Namespace) -> int:
    settings = Settings(
        chosen.folder, chosen.host, chosen.port, chosen.assets_port, chosen.certificate, chosen.key,
        chosen.behind_proxy, chosen.plain, frozenset(chosen.origin), chosen.redis,
    )  # fmt: skip
    asyncio.run(_until_stopped(settings, chosen.until_input_ends))
    return 0


async def _until_stopped(settings: Settings, until_input_ends: bool) -> None:
    stopped = asyncio.Event()
    if until_input_ends:
        loop = asyncio.get_running_loop()
        threading.Thread(target=_await_end_of_input, args=(loop, stopped), daemon=True).start()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        except NotImplementedError:  # Windows: Ctrl-C ends asyncio.run itself
            break
    async with Server(settings) as server:
        print(f"serving {server.address}", flush=True)
        if not server.invites.all():
            for role in ("designer", "reviewer"):
                token = server.invites.issue(_FIRST_ROOM, role, role.capitalize(), time.time() + 14 * DAY)
                print(f"{role}: {_FIRST_ROOM}/{token}", flush=True)
        await stopped.wait()


def _await_end_of_input(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    while os.read(0, 1 << 10):
        pass
    loop.call_soon_threadsafe(stopped.set)


def _invite(chosen: argparse.Namespace) -> int:
    if not 0 < chosen.days <= 3650:
        raise InviteRefused("An invitation holds for more than no and at most 3650 days.")
    invites = _listed(chosen)
    print(f"{chosen.room}/{invites.issue(chosen.room, chosen.role, chosen.name, time.time() + chosen.days * DAY)}")
    return 0


def _invites(chosen: argparse.Namespace) -> int:
    for invite in _listed(chosen).all():
        ends = time.strftime("%Y-%m-%d %H:%M", time.localtime(invite.revoked or invite.expires))
        holds = "revoked" if invite.revoked else "until"
        print(f"{invite.id}  {invite.room}  {invite.role}  {invite.name!r}  {holds} {ends}")
    return 0


def _listed(chosen: argparse.Namespace) -> Invites:
    settings = Settings(chosen.folder, redis=chosen.redis)
    return Invites(settings.folder, settings.redis)


def _minutes(chosen: argparse.Namespace) -> int:
    invitation = read_link(chosen.link)
    for path in write(fetch(invitation), invitation.room, chosen.out):
        print(path)
    return 0


def _audit(chosen: argparse.Namespace) -> int:
    if chosen.redis is None and not (chosen.folder / "rooms.sqlite").exists():
        raise StoreRefused(f"There are no rooms in {chosen.folder}: name the folder that the server was given.")
    named = {invite.id: invite.name for invite in _listed(chosen).all()}
    rooms = opened(chosen.folder, chosen.redis)
    for at, invite, what in rooms.audit(chosen.room):
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
        print(f"{when}  {invite}  {named.get(invite, '')!r}  {what!r}")
    rooms.close()
    return 0


def _revoke(chosen: argparse.Namespace) -> int:
    _listed(chosen).revoke(chosen.id, time.time())
    return 0


if __name__ == "__main__":
    sys.exit(main())
