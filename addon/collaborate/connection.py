# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to a review server, on a thread of its own: Blender's main thread never waits for a network.

It is told what to send from any thread, and tells its events to `tell`, on its own thread. While the server is away it
goes on taking edits and keeps knocking; what was edited meanwhile is merged when it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import random
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from ...collab_server import wire
from ...collab_server.invitation import Invitation
from ...collab_server.room import DESIGN, REVIEW
from .events import (
    Answered,
    AssetRefused,
    Changed,
    Denied,
    Dragged,
    Ended,
    Event,
    Joined,
    Online,
    People,
    Saved,
    Written,
)
from .ledger import Values
from .replica import Replica

PATIENCE = 10.0  # s for a handshake, an answer over HTTP, and a polite end
SOONEST, LATEST = 0.25, 8.0  # s between two knocks at a server that is away
RENEWED = 15.0  # s after which a presence is told again: Yjs clients forget one of more than 30
LARGEST = 64 << 20  # bytes of a message or an asset
_REVOKED = 1008  # close code of RFC 6455: "policy violation"
_NEWEST = b"\0newest"  # in an outbox: the place of the newest drag frame
log = logging.getLogger(__name__)


@dataclass
class _Line:
    """One of the two connections: its document's copy, and what waits to be sent while it is up.

    frame: the newest drag frame, while its place in the outbox has not come.
    """

    document: str
    replica: Replica
    outbox: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    up: bool = False
    frame: bytes = b""

    def send(self, data: bytes | None) -> None:
        if data is not None and self.up:
            self.outbox.put_nowait(data)


class Connection:
    """Both documents of a room. All methods may be called from any thread and return at once, but for `close`."""

    def __init__(self, invitation: Invitation, tell: Callable[[Event], None]) -> None:
        self.invitation = invitation
        design, review = Replica(DESIGN), Replica(REVIEW)
        self.client = design.client
        self._tell = tell
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._lines = {DESIGN: _Line(DESIGN, design), REVIEW: _Line(REVIEW, review)}
        self._commands: dict[str, bytes] = {}  # not answered yet: sent again after a lost connection
        self._presence: dict[str, Any] = {}
        self._clock = 0
        self._joined = False
        self._thread = threading.Thread(target=self._run, name="toile review", daemon=True)

    def start(self) -> None:
        """Begin; events follow."""
        self._thread.start()

    def write(self, changed: Mapping[tuple[str, str], Any]) -> None:
        """Change values of the design (None takes one away)."""
        self._soon(self._write, dict(changed))

    def command(self, do: str, **what: Any) -> str:
        """Ask something of the review (see `collab_server/review.py`); its id, which the answer names."""
        name = secrets.token_hex(16)
        self._soon(self._command, name, wire.command({"id": name, "do": do, **what}))
        return name

    def be(self, state: Mapping[str, Any]) -> None:
        """Tell the others where one is and what one holds."""
        self._soon(self._be, dict(state))

    def drag(self, frame: bytes) -> None:
        """Show the others the cloth as it moves; where the network is slow they see only the newest."""
        self._soon(self._drag, frame)

    def upload(self, data: bytes) -> Future[str]:
        """Bring an asset to the room; its SHA-256 once it is there. The future raises AssetRefused."""
        return self._later(asyncio.to_thread(self._put, data))

    def upload_all(self, data: Mapping[str, bytes]) -> Future[dict[str, str]]:
        """Bring assets to the room, one after another; each one's SHA-256 by its name. It raises AssetRefused."""

        async def each() -> dict[str, str]:
            return {name: await asyncio.to_thread(self._put, one) for name, one in data.items()}

        return self._later(each())

    def download(self, digest: str) -> Future[bytes]:
        """Fetch an asset of the room. The future raises AssetRefused."""
        return self._later(asyncio.to_thread(self._get, digest))

    def close(self) -> None:
        """Leave, and wait for the thread's end."""
        self._soon(self._stop.set)
        if self._thread.ident is not None:
            self._thread.join(2 * PATIENCE)

    # ---- From here on in its own thread ----

    def _soon(self, call: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended: there is nobody to tell any more
            self._loop.call_soon_threadsafe(call, *arguments)

    def _later(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        if self._loop.is_closed():
            work.close()
            gone: Future[Any] = Future()
            gone.set_exception(AssetRefused("The review has been left."))
            return gone
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._main())
        # The boundary of a thread: whatever happens, the session must hear of it, or it would seem to be here for ever.
        except Exception as error:
            log.exception("the connection to the review broke down")
            self._tell(Ended(f"Something went wrong ({type(error).__name__}: {error}); see the system console."))

    async def _main(self) -> None:
        tasks = [asyncio.create_task(self._keep(line)) for line in self._lines.values()]
        tasks += [asyncio.create_task(self._renew()), asyncio.create_task(self._stop.wait())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _keep(self, line: _Line) -> None:
        """Hold a connection, and knock again when it is lost; returns when the server wants nothing more of us."""
        pause, why = SOONEST, ""
        while True:
            try:
                async with self._connect(line.document) as socket:
                    pause = SOONEST
                    await self._converse(line, socket)
            except ConnectionClosed as closed:
                why = closed.rcvd.reason if closed.rcvd else "The connection was lost."
                if closed.rcvd and closed.rcvd.code == _REVOKED:
                    return self._tell(Ended(why or "The server has ended this invitation."))
            except InvalidStatus as refused:
                status, body = refused.response.status_code, refused.response.body or b""
                why = body.decode(errors="replace").strip()[:200] or f"The server answers with status {status}."
                if status in (401, 403, 404):
                    return self._tell(Ended(why))
            except wire.MessageRefused as broken:
                return self._tell(Ended(f"The server speaks otherwise than this version of Toile: {broken}"))
            except (OSError, InvalidHandshake, TimeoutError) as error:
                why = f"The server cannot be reached ({error or type(error).__name__})."
            line.up = False
            self._tell(Online(False, why))
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # or all would come back at the same moment
            pause = min(2 * pause, LATEST)

    def _connect(self, document: str) -> connect:
        invitation = self.invitation
        return connect(
            invitation.live(document),
            subprotocols=[Subprotocol(wire.SUBPROTOCOL), Subprotocol(wire.INVITE + invitation.token)],
            compression=None,
            max_size=LARGEST,
            open_timeout=PATIENCE,
            close_timeout=2,
            ping_interval=20,
            ping_timeout=20,
            proxy=None if invitation.local else True,
        )

    async def _converse(self, line: _Line, socket: ClientConnection) -> None:
        line.outbox, line.up, line.frame = asyncio.Queue(), True, b""
        line.send(line.replica.hello())
        if line.document == DESIGN:
            self._tell_presence()
        else:
            for command in self._commands.values():
                line.send(command)
        sending = asyncio.create_task(self._send(line, socket))
        try:
            async for message in socket:
                self._take(line, message if isinstance(message, bytes) else message.encode())
            raise socket.protocol.close_exc
        finally:
            line.up = False
            sending.cancel()
            await asyncio.wait([sending])

    async def _send(self, line: _Line, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader tells
            while True:
                data = await line.outbox.get()
                if data is _NEWEST:
                    data, line.frame = wire.frame(line.frame), b""
                await socket.send(data)

    def _take(self, line: _Line, data: bytes) -> None:
        reader = wire.Reader(data)
        kind = reader.number()
        if kind == wire.SYNC:
            step, payload = reader.number(), reader.buffer()
            waited, synced = line.replica.waiting, line.replica.synced
            answer, theirs = line.replica.take(step, payload)
            line.send(answer)
            if theirs and self._joined:
                self._tell(Changed(line.document, theirs))
            if line.replica.synced and not synced:
                self._synced()
            if line.replica.waiting != waited:
                self._tell(Saved(not line.replica.waiting))
        elif kind == wire.AWARENESS:
            states = wire.read_awareness(reader.buffer())
            if states:
                self._tell(People({c: None if s == "null" else wire.read_json(s) for c, _, s in states}))
        elif kind == wire.AUTH:
            reader.number()
            self._tell(Denied(reader.text()))
        elif kind == wire.FRAME:
            self._tell(Dragged(reader.buffer()))
        elif kind == wire.REPLY:
            body = wire.read_json(reader.text())
            if self._commands.pop(str(body.get("id")), None) is not None:
                self._tell(Answered(str(body["id"]), str(body.get("refused", ""))))

    def _synced(self) -> None:
        """One of the documents is up to date; once both are, so is the session."""
        if all(line.replica.synced for line in self._lines.values()):
            if not self._joined:
                self._joined = True
                self._tell(Joined(self._lines[DESIGN].replica.values(), self._lines[REVIEW].replica.values()))
            self._tell(Online(True))

    def _write(self, changed: Values) -> None:
        line = self._lines[DESIGN]
        line.send(line.replica.write(changed))
        self._tell(Written(tuple(changed)))
        self._tell(Saved(not line.replica.waiting))

    def _command(self, name: str, message: bytes) -> None:
        self._commands[name] = message
        self._lines[REVIEW].send(message)

    def _be(self, state: dict[str, Any]) -> None:
        if state != self._presence:
            self._presence = state
            self._tell_presence()

    def _tell_presence(self) -> None:
        self._clock += 1
        self._lines[DESIGN].send(wire.awareness([(self.client, self._clock, json.dumps(self._presence))]))

    def _drag(self, frame: bytes) -> None:
        line = self._lines[DESIGN]
        if line.up and not line.frame:
            line.send(_NEWEST)
        line.frame = frame if line.up else b""

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWED)
            self._tell_presence()

    # ---- Assets, over HTTP, in threads of their own ----

    def _put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self._fetch(f"{self._assets()}/assets/{self.invitation.room}/{digest}", "PUT", data)
        return digest

    def _get(self, digest: str) -> bytes:
        data = self._fetch(f"{self._assets()}/assets/{self.invitation.room}/{digest}")
        if hashlib.sha256(data).hexdigest() != digest:
            raise AssetRefused("The server sent another file than the one asked for.")
        return data

    def _assets(self) -> str:
        """Where the assets are: on a port that the server tells, or behind its proxy at the same address."""
        address = self.invitation.address
        try:
            port = json.loads(self._fetch(f"{address}/config.json")).get("assets_port")
        except (ValueError, AttributeError) as error:
            raise AssetRefused("The server does not say where its files are.") from error
        if port is None:
            return address
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if parts.port else parts.netloc}:{int(port)}"

    def _fetch(self, url: str, method: str = "GET", body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self.invitation.token}"}
        asked = urllib.request.Request(url, body, headers, method=method)
        proxies = urllib.request.ProxyHandler({} if self.invitation.local else None)
        try:
            with urllib.request.build_opener(proxies, _Straight()).open(asked, timeout=6 * PATIENCE) as answer:
                data = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            raise AssetRefused(error.read(500).decode(errors="replace").strip() or str(error)) from error
        except OSError as error:
            raise AssetRefused(f"The server cannot be reached ({error}).") from error
        if len(data) > LARGEST:
            raise AssetRefused("The server sent more than any file here has.")
        return data


class _Straight(urllib.request.HTTPRedirectHandler):
    """The token goes to the server that the link names and nowhere else."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None
