# SPDX-License-Identifier: GPL-3.0-or-later
"""A server in a process of its own, as a studio runs it, and raw sockets to knock at it with."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from toile.collab_server.invites import Invites
from toile.collab_server.wire import INVITE, SUBPROTOCOL

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """`python -m toile.collab_server` on a free port. rss: its memory in bytes."""

    def __init__(self, folder: Path, *arguments: str, redis: str | None = None) -> None:
        self.folder = folder
        shared = () if redis is None else ("--redis", redis)
        self.log = folder.with_suffix(".log")
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [
                    sys.executable, "-m", "toile.collab_server", "--folder", str(folder),
                    "--port", "0", "--assets-port", "0", *shared, *arguments,
                ],
                env={**os.environ, "PYTHONPATH": str(ROOT / ".dev"), "OMP_NUM_THREADS": "1"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )  # fmt: skip
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        assert line.startswith("serving"), (line, self.log.read_text())
        self.port = int(line.rstrip("/\n").rpartition(":")[2])
        self.invites = Invites(folder, redis)

    def token(self, role: str = "designer", room: str = "gown", seconds: float = 3_600.0) -> str:
        return self.invites.issue(room, role, "Ana", time.time() + seconds)

    @property
    def rss(self) -> int:
        return int(Path(f"/proc/{self.child.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    @property
    def rss_of_all(self) -> int:
        """With its children's, in bytes."""
        tasks = Path(f"/proc/{self.child.pid}/task").iterdir()
        children = [pid for task in tasks for pid in (task / "children").read_text().split()]
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in (self.child.pid, *children))
        return pages * os.sysconf("SC_PAGESIZE")

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()
        self.invites.close()

    def stop(self) -> int:
        self.child.terminate()
        self.invites.close()
        return self.child.wait(20)


@contextlib.contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Process]:
    process = Process(folder, *arguments)
    try:
        yield process
    finally:
        process.kill()


def exchange(port: int, request: bytes, seconds: float = 10.0) -> bytes:
    """All that comes back for these bytes until the peer hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        with contextlib.suppress(OSError):  # it may hang up before it has read everything
            connection.sendall(request)
        return drain(connection)


def drain(connection: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionError):
        while not close_code(got) and (chunk := connection.recv(1 << 16)):
            got += chunk
    return got


def request(
    path: str, port: int, token: str | None = None, method: str = "GET", body: bytes = b"", **headers: str
) -> bytes:
    """An HTTP request; with a token, one to open a WebSocket by that invitation."""
    lines = {"Host": f"127.0.0.1:{port}"}
    if token is not None:
        lines |= {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": f"{SUBPROTOCOL}, {INVITE}{token}",
        }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def opened(port: int, token: str, document: str = "design", room: str = "gown", **headers: str) -> socket.socket:
    """A WebSocket past its handshake; whatever is sent on it is up to the test."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(request(f"/live/{room}/{document}", port, token, **headers))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    assert status(head) == 101, head
    return connection


def frame(payload: bytes, opcode: int = 2, fin: bool = True, rsv: int = 0, length: int | None = None) -> bytes:
    """A masked WebSocket frame (RFC 6455), of another length than it says if asked."""
    size = len(payload) if length is None else length
    head = bytes((fin << 7 | rsv << 6 | opcode,))
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 1 << 16:
        head += bytes((0x80 | 126,)) + struct.pack(">H", size)
    else:
        head += bytes((0x80 | 127,)) + struct.pack(">Q", size)
    return head + bytes(4) + payload


def close_code(got: bytes) -> int:
    """The code of the close frame that the peer ended with; 0 where it just hung up."""
    at = got.rfind(b"\x88", -127)
    whole = at >= 0 and 4 <= len(got) - at == got[at + 1] + 2
    code = struct.unpack(">H", got[at + 2 : at + 4])[0] if whole else 0
    return code if 1000 <= code < 1016 else 0
