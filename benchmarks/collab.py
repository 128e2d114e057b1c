# SPDX-License-Identifier: GPL-3.0-or-later
"""The review server beside y-websocket and Hocuspocus: `python benchmarks/collab.py`. Needs Linux (/proc).

One client edits a map's key so many times a second, all others of the room listen. Every edit carries its number in
the value, which listeners look for in the raw bytes: no client library's time is in the figures. An edit counts as
delivered to each listener that sees its number; servers that merge edits may pass over values that were overwritten,
so `seen` says what share of the numbers came. Prints a Markdown row a server and crowd: echo (edit sent → seen, ms),
deliveries a second, the server's CPU in % of a core, and its memory over that of itself with nobody there.

With --drag, one client drags a dress of 100,000 vertices at 30 Hz instead, and ten others hold its mesh and follow: a
row of a frame's size and error, what it takes to be encoded and decoded (CPU), to arrive, and the share that came; the
server lets a slow peer miss frames. The dress is a circle dress as it is meshed to be draped, sewn and placed about the
figure, with its vertices in that order; it swings 12 cm and folds 3 cm deep run round it, most at the hem.

    --clients N …       crowds, 20 and 500 unless given
    --rate N            edits a second
    --seconds S         of each run
    --servers NAME …    toile, y-websocket, hocuspocus
    --drag              frames of cloth in the place of edits, on our server alone
    --modules DIR       a folder where `npm install yjs@13 ws@8 y-websocket@1.5.4 @hocuspocus/server@3` was run
"""

import argparse
import asyncio
import base64
import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pycrdt import Doc, Map
from toile.bodies import avatar
from toile.collab_server import frames, wire
from toile.collab_server.invites import Invites
from toile.patterns import style
from toile.sim import build_cloth
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parents[1]
ROOM = "bench"
_SEQUENCE = 12  # where a frame has its number
_MARK = re.compile(rb"@(\d{8})")
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGESIZE")
COLUMNS = ("server", "clients", "edits/s", "echo p50 / p99 ms", "seen %", "deliveries/s", "CPU %", "kB a client")
DRAG = (
    "vertices",
    "frames",
    "peers",
    "kB a frame, most",
    "error um, most",
    "encode CPU ms",
    "decode CPU ms",
    "p50 / p99 ms",
    "came %",
    "CPU %",
)
DISTANCE = 0.0045  # m between the dress's vertices
HERTZ, FOLLOWERS = 30.0, 10
HEAD = f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"
DRAG_HEAD = f"| {' | '.join(DRAG)} |\n{'|---' * len(DRAG)}|"

# Both are started as their own documentation starts them, without their optional storage.
HOCUSPOCUS = """
import { Server } from '@hocuspocus/server'
new Server({ port: Number(process.env.PORT), address: '127.0.0.1', quiet: true }).listen()
"""


@dataclass
class Rival:
    """A server that runs, and how to speak to it. process: its pid; prefix: what every message begins with."""

    port: int
    process: int
    path: str
    subprotocols: str = ""
    prefix: bytes = b""
    greeting: bytes = b""

    @property
    def cpu(self) -> float:
        """Seconds, user and system, so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    @property
    def memory(self) -> int:
        """Bytes resident."""
        return int(Path(f"/proc/{self.process}/statm").read_text().split()[1]) * _PAGE


@dataclass
class Listener(asyncio.Protocol):
    """A client that only looks for the edits' numbers. sent: number → when (s); lags: s, over all listeners."""

    sent: dict[int, float]
    lags: list[float]
    tail: bytes = b""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    transport: asyncio.Transport | None = None
    seen: set[int] = field(default_factory=set[int])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if not self.open.is_set():
            self.tail += data
            head, _, rest = self.tail.partition(b"\r\n\r\n")
            if not rest and not self.tail.endswith(b"\r\n\r\n"):
                return
            if b" 101 " not in head:
                raise SystemExit(f"refused: {head!r}")
            self.open.set()
            data, self.tail = rest, b""
        data = self.tail + data
        for mark in _MARK.findall(data):
            number = int(mark)
            if number not in self.seen:
                self.seen.add(number)
                self.lags.append(now - self.sent[number])
        self.tail = data[-8:]


def main() -> None:
    """Run what was asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, nargs="+", default=[20, 500])
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=["toile"])
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--drag", action="store_true")
    chosen = parser.parse_args()
    if chosen.drag:
        with _toile(None) as rival:
            print(DRAG_HEAD)
            print(asyncio.run(_drag(rival, chosen.seconds)))
        return
    print(HEAD)
    for crowd in chosen.clients:
        for name in chosen.servers:
            with SERVERS[name](chosen.modules) as rival:
                print(asyncio.run(_run(name, rival, crowd, chosen.rate, chosen.seconds)), flush=True)


async def _run(name: str, rival: Rival, crowd: int, rate: float, seconds: float) -> str:
    sent: dict[int, float] = {}
    lags: list[float] = []
    empty = rival.memory
    clients = [Listener(sent, lags if n else []) for n in range(crowd)]  # the first writes, and hears itself, perhaps
    for client in clients:
        await asyncio.get_running_loop().create_connection(lambda client=client: client, "127.0.0.1", rival.port)
        assert client.transport is not None
        client.transport.write(_handshake(rival))
        await client.open.wait()
        client.transport.write(_frame(rival.greeting or rival.prefix + wire.sync(wire.STEP1, b"\0")))
    await asyncio.sleep(2.0)
    memory = rival.memory - empty

    doc = Doc()
    shared, updates = doc.get("parameters", type=Map), []
    observed = doc.observe(lambda event: updates.append(event.update))
    writer = clients[0].transport
    assert writer is not None
    busy, began = rival.cpu, time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        shared["hem"] = f"@{number:08d}"
        sent[number] = time.perf_counter()
        writer.write(_frame(rival.prefix + wire.sync(wire.UPDATE, updates.pop())))
    await asyncio.sleep(1.0)
    took, busy = time.perf_counter() - began - 1.0, rival.cpu - busy
    doc.unobserve(observed)
    for client in clients:
        assert client.transport is not None
        client.transport.close()
    if not lags:
        return f"| {name} | {crowd} | {rate:g} | nothing came |"
    p50, p99 = 1e3 * np.quantile(lags, [0.5, 0.99])
    share = 100 * len(lags) / (len(sent) * (crowd - 1))
    return (
        f"| {name} | {crowd} | {rate:g} | {p50:.1f} / {p99:.1f} | {share:.0f} | {len(lags) / took:.0f} |"
        f" {100 * busy / took:.0f} | {memory / crowd / 1e3:.1f} |"
    )


def _dress() -> NDArray[np.float32]:
    """(n, 3) metres: a circle dress before it is draped."""
    body = avatar({"stature": 1.68, "bust": 0.9, "waist": 0.72, "hip": 0.98})
    pattern = style("circle_dress").draft({name: length.value for name, length in body.measurements.items()}, {})
    cloth = build_cloth(pattern, body, DISTANCE, untangle=False)
    return cloth.welded(cloth.vertices).astype(np.float32)


def _swung(dress: NDArray[np.float32], moment: float) -> NDArray[np.float32]:
    """(n, 3) metres: where its vertices are at a moment in seconds."""
    x, y, z = dress.astype(float).T
    down = (z.max() - z) / np.ptp(z)
    radius, around = np.hypot(x, y), np.arctan2(y, x)
    fold = 0.03 * down * np.cos(9 * around + 2.5 * moment)
    wider = 1 + (fold + 0.1 * down * np.sin(moment)) / radius
    sway = 0.12 * down**2 * np.sin(2 * np.pi * 0.8 * moment)
    return np.stack([x * wider + sway, y * wider, z + 0.02 * fold], axis=1).astype(np.float32)


async def _drag(rival: Rival, seconds: float) -> str:
    base = _dress()
    sent: dict[int, float] = {}
    lags: list[float] = []
    kept: dict[int, bytes] = {}

    async def follow(socket: ClientConnection) -> None:
        async for message in socket:
            reader = wire.Reader(message if isinstance(message, bytes) else message.encode())
            if reader.number() == wire.FRAME:
                data = reader.buffer()
                (number,) = struct.unpack_from("<I", data, _SEQUENCE)
                lags.append(time.perf_counter() - sent[number])
                kept[number] = data

    async with contextlib.AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(
                connect(
                    f"ws://127.0.0.1:{rival.port}{rival.path}",
                    subprotocols=[Subprotocol(name) for name in rival.subprotocols.split(", ")],
                    compression=None,
                )
            )
            for _ in range(1 + FOLLOWERS)
        ]
        following = [asyncio.create_task(follow(socket)) for socket in sockets]
        clouds = [_swung(base, number / HERTZ) for number in range(int(seconds * HERTZ))]
        encoding: list[float] = []
        busy, began = rival.cpu, time.perf_counter()
        for number, cloud in enumerate(clouds):
            await asyncio.sleep(max(0.0, began + number / HERTZ - time.perf_counter()))
            start = time.process_time()
            data = frames.encode(cloud, base, number)
            encoding.append(time.process_time() - start)
            sent[number] = time.perf_counter()
            await sockets[0].send(wire.frame(data))
        took = time.perf_counter() - began
        await asyncio.sleep(1.0)
        busy = rival.cpu - busy
        for task in following:
            task.cancel()
        await asyncio.wait(following)
    decoding: list[float] = []
    error = 0.0
    for number, data in kept.items():
        start = time.process_time()
        seen = frames.decode(data, base).positions
        decoding.append(time.process_time() - start)
        error = max(error, float(np.abs(seen - clouds[number]).max()))
    p50, p99 = 1e3 * np.quantile(lags, [0.5, 0.99])
    return (
        f"| {len(base)} | {len(clouds)} | {FOLLOWERS} | {max(map(len, kept.values())) / 1e3:.0f} | {1e6 * error:.1f} |"
        f" {1e3 * np.median(encoding):.1f} | {1e3 * np.median(decoding):.1f} | {p50:.1f} / {p99:.1f} |"
        f" {100 * len(lags) / len(clouds) / FOLLOWERS:.0f} | {100 * busy / took:.0f} |"
    )


def _handshake(rival: Rival) -> bytes:
    lines = [f"GET {rival.path} HTTP/1.1", f"Host: 127.0.0.1:{rival.port}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"]
    lines += [f"Sec-WebSocket-Protocol: {rival.subprotocols}"] if rival.subprotocols else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _frame(payload: bytes) -> bytes:
    size = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return b"\x82" + size + bytes(4) + payload


@contextlib.contextmanager
def _toile(modules: Path | None) -> Iterator[Rival]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "toile.collab_server", "--folder", folder, "--port", "0", "--assets-port", "0"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT / ".dev")}
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
            token = Invites(Path(folder)).issue(ROOM, "designer", "Bench", time.time() + 3_600)
            yield Rival(port, server.pid, f"/live/{ROOM}/design", f"{wire.SUBPROTOCOL}, {wire.INVITE}{token}")
            server.terminate()


@contextlib.contextmanager
def _node(modules: Path | None, arguments: list[str], path: str, prefix: bytes = b"") -> Iterator[Rival]:
    if modules is None or not (modules / "node_modules").is_dir():
        raise SystemExit("The rivals need --modules: a folder where npm has installed them.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1"}
    with subprocess.Popen(
        ["node", *arguments], cwd=modules, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        for _ in range(300):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.1)
        yield Rival(port, server.pid, path, prefix=prefix, greeting=_hocuspocus_greeting(prefix))
        server.terminate()


def _hocuspocus_greeting(prefix: bytes) -> bytes:
    """Hocuspocus lets nobody in who has not said a token, be it an empty one; y-websocket asks for none."""
    return prefix + bytes((wire.AUTH, 0)) + wire.buffer(b"x") if prefix else b""


SERVERS = {
    "toile": _toile,
    "y-websocket": lambda modules: _node(modules, ["node_modules/y-websocket/bin/server.js"], f"/{ROOM}"),
    "hocuspocus": lambda modules: _node(
        modules, ["--input-type=module", "-e", HOCUSPOCUS], "/", wire.buffer(ROOM.encode())
    ),
}


if __name__ == "__main__":
    main()
