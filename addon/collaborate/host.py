# SPDX-License-Identifier: GPL-3.0-or-later
"""A review server of one's own, as a child process: it ends with this Blender, however that ends."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

from ...collab_server.invitation import Invitation

PORT = 8765
DAY = 86_400.0
_GRACE = 5.0  # s for a polite end
_PACKAGE = Path(__file__).parents[2]


class HostRefused(RuntimeError):
    """The server did not start; the text is its own."""


def room_name(name: str, toile_id: str) -> str:
    """A room for a garment: its name in small letters, and enough of its id to be nobody else's."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return f"{words}-{toile_id[:8]}".strip("-")


class Host:
    """A running server. folder: where its rooms are kept, from one time to the next. Raises HostRefused.

    network: whether other machines of the network reach it (in the clear), or this one alone. port: 0 for any free one.
    """

    def __init__(self, folder: Path, network: bool = False, port: int = PORT) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.network = folder, network
        host, beside = ("0.0.0.0", ("--plain",)) if network else ("127.0.0.1", ())
        ports = ("--port", str(port), "--assets-port", str(port and port + 1))
        command = [sys.executable, "-m", f"{_PACKAGE.name}.collab_server", "serve", "--until-input-ends"]
        self._log = folder / "server.log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [*command, "--folder", str(folder), "--host", host, *ports, *beside],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_search_path())},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        assert self._child.stdout is not None
        line = self._child.stdout.readline().decode(errors="replace")
        started = re.match(r"serving https?://.+:(\d+)/", line)
        if started is None:
            self.stop()
            raise HostRefused(self._last_words())
        self.port = int(started[1])
        threading.Thread(target=self._child.stdout.read, name="toile review server", daemon=True).start()

    @property
    def address(self) -> str:
        """Where the others find it."""
        return f"http://{_own_address() if self.network else '127.0.0.1'}:{self.port}"

    def invite(self, room: str, role: str, name: str, days: float = 14.0) -> Invitation:
        """A new invitation. Raises InviteRefused."""
        from ...collab_server.invites import Invites

        with contextlib.closing(Invites(self.folder)) as invites:
            return Invitation(self.address, room, invites.issue(room, role, name, time.time() + days * DAY))

    def stop(self) -> None:
        """End it: politely, then not."""
        with contextlib.suppress(OSError):
            self._child.stdin.close()
        try:
            self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1].removeprefix("Refused: ") if lines else "The review server ended at once, without a word."


def _search_path() -> list[str]:
    """Where the child finds this package, and the libraries beside it that an extension brings along."""
    libraries = {str(Path(found.origin).parents[1]) for found in (find_spec("pycrdt"),) if found and found.origin}
    return [str(_PACKAGE.parent), *sorted(libraries)]


def _own_address() -> str:
    """Our machine's address in its network; a datagram socket that is connected sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # TEST-NET-1 (RFC 5737): nobody is there
            return str(asking.getsockname()[0])
        except OSError:
            return socket.gethostname()
