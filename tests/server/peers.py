# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers for the server's tests: a Yjs client made of pycrdt and the protocols' bytes, and a server to speak to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from pycrdt import Doc, Map, TransactionEvent
from toile.collab_server import wire
from toile.collab_server.limits import Limits
from toile.collab_server.server import Server
from toile.collab_server.settings import Settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

HOUR = 3_600.0


@contextlib.asynccontextmanager
async def serving(folder: Path, **settings: Any) -> AsyncIterator[Server]:
    limits = settings.pop("limits", Limits())
    async with Server(Settings(folder, port=0, assets_port=0, limits=limits, **settings)) as server:
        yield server


def invite(server: Server, role: str = "designer", room: str = "gown", name: str = "Ana", hours: float = 1.0) -> str:
    return server.invites.issue(room, role, name, time.time() + hours * HOUR)


async def dial(
    server: Server, token: str, document: str = "design", room: str = "gown", **how: Any
) -> ClientConnection:
    return await connect(
        f"ws://127.0.0.1:{server.port}/live/{room}/{document}",
        subprotocols=[wire.SUBPROTOCOL, wire.INVITE + token],
        compression=None,
        max_size=None,
        **how,
    )


class Peer:
    """What a y-websocket provider does: answers sync steps, sends its own edits, takes those of others."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.doc: Doc = Doc()
        self.saved: dict[int, int] = {}  # the last state vector that the server asked from
        self.presence: dict[int, str] = {}
        self.denied: list[str] = []
        self.frames: list[bytes] = []
        self.replies: dict[str, dict[str, Any]] = {}
        self.synced = 0  # answers to its state vectors
        self.closed: tuple[int, str] | None = None
        self.outbox: asyncio.Queue[bytes] = asyncio.Queue()
        self._applying = False
        self._observed = self.doc.observe(self._edited)
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    @classmethod
    async def join(cls, server: Server, role: str = "designer", document: str = "design", **how: Any) -> Peer:
        room = how.pop("room", "gown")
        token = how.pop("token", None) or invite(server, role, room)
        peer = cls(await dial(server, token, document, room, **how))
        await peer.sync()
        return peer

    def map(self, name: str) -> Any:
        return self.doc.get(name, type=Map)

    async def sync(self) -> None:
        self.send(wire.sync(wire.STEP1, self.doc.get_state()))
        before = self.synced
        await until(lambda: self.synced > before or self.closed is not None)

    def send(self, data: bytes) -> None:
        self.outbox.put_nowait(data)

    def say(self, client: int, clock: int, state: dict[str, Any] | None) -> None:
        self.send(wire.awareness([(client, clock, json.dumps(state))]))

    async def command(self, do: str, **what: Any) -> dict[str, Any]:
        name = what.pop("id", secrets.token_hex(16))
        self.send(wire.command({"id": name, "do": do, **what}))
        await until(lambda: name in self.replies or self.closed is not None)
        return self.replies.pop(name)

    async def close(self) -> None:
        await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _edited(self, event: TransactionEvent) -> None:
        if not self._applying:
            self.send(wire.sync(wire.UPDATE, event.update))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.socket.send(await self.outbox.get())

    async def _read(self) -> None:
        try:
            async for data in self.socket:
                assert isinstance(data, bytes)
                self._take(data)
        except ConnectionClosed:
            pass
        self.closed = (self.socket.close_code or 0, self.socket.close_reason or "")

    def _take(self, data: bytes) -> None:
        reader = wire.Reader(data)
        kind = reader.number()
        if kind == wire.SYNC:
            step, payload = reader.number(), reader.buffer()
            if step == wire.STEP1:
                self.saved = wire.read_state_vector(payload)
                self.send(wire.sync(wire.STEP2, self.doc.get_update(payload)))
            else:
                self._applying = True
                self.doc.apply_update(payload)
                self._applying = False
                self.synced += step == wire.STEP2
        elif kind == wire.AWARENESS:
            for client, _, text in wire.read_awareness(reader.buffer()):
                self.presence[client] = text
                if text == "null":
                    del self.presence[client]
        elif kind == wire.AUTH:
            assert reader.number() == wire.PERMISSION_DENIED
            self.denied.append(reader.text())
        elif kind == wire.FRAME:
            self.frames.append(reader.buffer())
        else:
            assert kind == wire.REPLY
            body = json.loads(reader.text())
            self.replies[body["id"]] = body


async def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to pass"
        await asyncio.sleep(0.005)
