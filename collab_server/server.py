# SPDX-License-Identifier: GPL-3.0-or-later
"""The server: sockets and clock about the rooms. What to do is decided in room.py; here it is done.

`wss://HOST:PORT/live/ROOM/design` and `…/review` speak Yjs (a y-websocket provider with server `…/live` and room name
`ROOM/design`). The invitation comes as a second subprotocol, `invite.TOKEN`, so it stands in no address and in no log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from websockets.http11 import Request, Response

from .assets import Wanted, asset_path, context_of, serve_assets
from .connection import OPENING, Connection, framed
from .door import Admission, Door
from .invites import Invites, ListUnavailable
from .keeper import Keeper
from .metrics import Metrics
from .room import Cut, Drag, Effect, Note, Room, Send, Store
from .settings import ServeRefused, Settings
from .store import StoreUnavailable, opened

COALESCE, COALESCE_MOST = 0.012, 0.03  # s between two flushes of a room
_REST = 4.0  # times as long as a flush took before the next one, within these: a crowd takes a fifth of a core
HEARTBEAT = 1.0  # s
_AWAY, _LATER, _GOING = 1001, 1013, 1012  # close codes: going away, try again later, service restart
_MOVED = "This review has moved to another server: come back."
log = logging.getLogger(__name__)


@dataclass
class _Live:
    """A room in memory and its sockets. held: the drag frames that wait for a slow peer, the newest of each source."""

    name: str
    room: Room
    sockets: dict[int, Connection] = field(default_factory=dict[int, Connection])
    held: dict[int, dict[int, bytes]] = field(default_factory=dict[int, dict[int, bytes]])
    next_flush: float = 0.0  # not before, on the loop's clock
    flush: asyncio.TimerHandle | None = None
    leaving: bool = False  # for another server, which waits for it


class Server:
    """One review server. `async with Server(settings) as server:` serves; `port` and `assets_port` are then known.

    Raises ServeRefused, StoreRefused, InviteRefused and OSError where it cannot.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.limits = settings.limits
        self.metrics = Metrics()
        self.port = self.assets_port = 0
        self.invites = Invites(settings.folder, settings.redis)
        self.door = Door(settings, self.invites, self.metrics)
        self._rooms: dict[str, asyncio.Task[_Live]] = {}
        self.door.rooms = self._rooms
        self._exit = contextlib.AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connections: dict[Connection, _Live | None] = {}  # with the room that each has joined
        self._empty = asyncio.Event()
        self._empty.set()
        self._ended: set[str] = set()  # invitations, as last heard

    async def __aenter__(self) -> Server:
        async with contextlib.AsyncExitStack() as exit:
            exit.callback(self.invites.close)
            self._keeper = Keeper(partial(opened, self.settings.folder, self.settings.redis), self.metrics, self._then)
            exit.push_async_callback(self._keeper.close)
            exit.push_async_callback(self._end_tasks)
            self.port = await self._listen(exit)
            self.assets_port = self.door.assets_port = await asyncio.to_thread(self._start_assets, exit)
            self._spawn(self._beat())
            self._exit = exit.pop_all()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._exit.aclose()

    @property
    def address(self) -> str:
        """Where it is found."""
        scheme = "https" if self.settings.certificate else "http"
        return f"{scheme}://{self.settings.host}:{self.port}/"

    async def _listen(self, exit: contextlib.AsyncExitStack) -> int:
        settings, loop = self.settings, asyncio.get_running_loop()
        tls = context_of(settings.certificate, settings.key)
        listening = await loop.create_server(
            lambda: Connection(self, self.limits.message),
            settings.host,
            settings.port,
            ssl=tls,
            ssl_handshake_timeout=OPENING if tls else None,
        )
        exit.push_async_callback(self._part)
        exit.callback(listening.close)
        return listening.sockets[0].getsockname()[1]

    async def _part(self) -> None:
        for connection in list(self._connections):
            connection.close(_AWAY, "The server ends: come back.")
        await self._empty.wait()

    # ---- A conversation ----

    def came(self, connection: Connection) -> bool:
        """Whether there is a place for one more connection."""
        if not self.door.enter(connection.address):
            return False
        self._connections[connection] = None
        self._empty.clear()
        return True

    def asked(self, connection: Connection, request: Request) -> None:
        """A page, a figure, or to join a room."""
        answer = self.door.answer(request)
        if isinstance(answer, Response):
            connection.answer(answer)
        else:
            self._spawn(self._join(connection, answer))

    async def _join(self, connection: Connection, here: Admission) -> None:
        try:
            live = await self._room(here.room)
            refused = _MOVED if live.leaving else None
            if len(live.sockets) >= self.limits.peers_room:
                refused = "This room is full: come back later."
        except StoreUnavailable as unavailable:
            live, refused = None, str(unavailable)
        if not connection.accept():
            return
        if live is None or refused is not None:
            connection.close(_LATER, (refused or "").encode()[:120].decode(errors="ignore"))
            return
        self._connections[connection] = live
        live.sockets[id(connection)] = connection
        self._do(live, live.room.join(id(connection), here.document, here.invite.guest, time.monotonic()))

    def heard(self, connection: Connection, message: bytes) -> None:
        """A message to the room that the peer has joined."""
        self.metrics.received.inc()
        if live := self._connections[connection]:
            self._do(live, live.room.receive(id(connection), message, time.monotonic(), time.time()))

    def left(self, connection: Connection) -> None:
        """A connection has ended."""
        live = self._connections.pop(connection)
        if live is not None:
            self._forget(live, id(connection))
        self.door.leave(connection.address)
        if not self._connections:
            self._empty.set()

    async def _room(self, name: str) -> _Live:
        while True:
            task = self._rooms.get(name)
            if task is None:
                task = self._rooms[name] = asyncio.create_task(self._load(name))
            try:
                live = await asyncio.shield(task)
            except StoreUnavailable:
                self._rooms.pop(name, None)
                raise
            if self._rooms.get(name) is task:  # or it was let go while we waited
                return live

    async def _load(self, name: str) -> _Live:
        def has_asset(digest: str) -> bool:
            return asset_path(self.settings.folder, name, digest).is_file()

        kept = await self._keeper.load(name)
        return _Live(name, Room(self.limits, has_asset, self.invites.sign, kept))

    def _forget(self, live: _Live, peer: int) -> None:
        live.sockets.pop(peer, None)
        live.held.pop(peer, None)
        self._do(live, live.room.leave(peer))

    # ---- Effects ----

    def _do(self, live: _Live, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(peers, data):
                    self._send(live, peers, data)
                case Drag(peers, source, data):
                    self._drag(live, peers, source, data)
                case Store():
                    self._keeper.keep(live.name, live.room, effect)
                case Note(invite, what):
                    log.info("%s: %s %s", live.name, invite, what.encode("unicode_escape").decode())
                    self._keeper.note(live.name, invite, what)
                case Cut(peer, code, reason):
                    self._cut(live, peer, code, reason)
        if live.flush is None and (live.room.restless or live.held):
            loop = asyncio.get_running_loop()
            live.flush = loop.call_at(max(loop.time(), live.next_flush), self._flush, live)

    def _send(self, live: _Live, peers: Iterable[int], data: bytes) -> None:
        once, reached = framed(data), 0
        for peer in peers:
            socket = live.sockets.get(peer)
            if socket is None or not socket.open:
                continue
            if socket.unread > self.limits.buffer_cut:
                self._abort(live, peer)
            else:
                socket.send(once)
                reached += 1
        self.metrics.delivered.inc(reached)

    def _drag(self, live: _Live, peers: Iterable[int], source: int, data: bytes) -> None:
        prompt: list[int] = []
        for peer in peers:
            socket = live.sockets.get(peer)
            if socket is not None and socket.unread > self.limits.buffer_frames:
                held = live.held.setdefault(peer, {})
                self.metrics.frames_dropped.inc(source in held)
                held[source] = data
            else:
                prompt.append(peer)
        self._send(live, prompt, data)

    def _flush(self, live: _Live) -> None:
        clock = asyncio.get_running_loop().time
        began, live.flush = clock(), None
        waiting, live.held = live.held, {}
        for peer, frames in waiting.items():
            for source, data in frames.items():
                self._drag(live, (peer,), source, data)
        self._do(live, live.room.flush())
        live.next_flush = began + min(max(COALESCE, (1 + _REST) * (clock() - began)), COALESCE_MOST)

    def _then(self, name: str, send: Send) -> None:
        task = self._rooms.get(name)
        if task is not None and task.done():
            self._do(task.result(), [send])

    def _abort(self, live: _Live, peer: int) -> None:
        """A peer that does not read: closing politely would wait for it."""
        self.metrics.cut.labels("slow").inc()
        live.sockets[peer].abort()
        self._forget(live, peer)

    def _cut(self, live: _Live, peer: int, code: int, reason: str) -> None:
        self.metrics.cut.labels("refused").inc()
        socket = live.sockets.get(peer)
        self._forget(live, peer)
        if socket is not None:
            socket.close(code, reason)

    # ---- Every second, and the end ----

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            for connection in list(self._connections):
                connection.look_after()
            self.door.healthy = not self._keeper.failing
            paused = self._keeper.failing and self._keeper.waiting > self.limits.unsaved
            over = await self._over()
            here = {name: task.result() for name, task in self._rooms.items() if task.done() and not task.exception()}
            wanted = await self._keeper.renew(here)
            lost, self._keeper.lost = self._keeper.lost, set()
            for name, live in here.items():
                live.room.paused = paused
                if name in wanted or name in lost:
                    live.leaving = True
                    for peer in list(live.sockets):
                        self._cut(live, peer, _GOING, _MOVED)
                for peer in [peer for peer, one in live.room.peers.items() if one.guest.invite in over]:
                    self._cut(live, peer, 1008, "This invitation has ended: ask for another.")
                self._do(live, live.room.heartbeat(time.monotonic()))
                if name in lost or not (live.sockets or live.flush or self._keeper.busy_with(live.room)):
                    del self._rooms[name]
                    await self._keeper.release(name)
            self.metrics.rooms.set(len(self._rooms))

    async def _over(self) -> set[str]:
        try:
            self._ended = await asyncio.to_thread(self.invites.over, time.time())
        except ListUnavailable as unavailable:
            log.warning("nobody is let in: %s", unavailable)
        return self._ended

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_tasks(self) -> None:
        for task in (ending := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _start_assets(self, exit: contextlib.AsyncExitStack) -> int:
        settings = self.settings
        processes = multiprocessing.get_context("spawn")
        ours, theirs = processes.Pipe(duplex=False)
        wanted = Wanted(
            settings.folder, settings.host, settings.assets_port, self.port, settings.origins,
            settings.certificate, settings.key, self.limits, settings.redis,
        )  # fmt: skip
        process = processes.Process(target=serve_assets, args=(wanted, theirs), daemon=True, name="assets")
        process.start()
        exit.callback(process.terminate)
        theirs.close()
        try:
            answer = ours.recv() if ours.poll(30) else "they did not start"
        except EOFError:
            answer = "they ended at once"
        if not isinstance(answer, int):
            raise ServeRefused(f"Assets cannot be served: {answer}.")
        return answer
