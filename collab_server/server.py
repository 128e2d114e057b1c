# SPDX-License-Identifier: GPL-3.0-or-later
"""The server: sockets and clock about the rooms. What to do is decided in room.py; here it is done.

`wss://HOST:PORT/live/ROOM/design` and `…/review` speak Yjs (a y-websocket provider with server `…/live` and room name
`ROOM/design`). The invitation comes as a second subprotocol, `invite.TOKEN`, so it stands in no address and in no log.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import multiprocessing
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.server import Server as Listening
from websockets.asyncio.server import ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from .assets import Wanted, asset_path, context_of, serve_assets
from .door import Admission, Door
from .invites import Invites, ListUnavailable
from .keeper import Keeper
from .metrics import Metrics
from .room import Cut, Drag, Effect, Note, Room, Send, Store
from .settings import ServeRefused, Settings
from .store import Rooms, StoreUnavailable
from .store import Store as FileStore
from .wire import SUBPROTOCOL

COALESCE = 0.012  # s between two flushes of a room
HEARTBEAT = 1.0  # s
_LATER, _GOING = 1013, 1012  # close codes: try again later, service restart
_MOVED = "This review has moved to another server: come back."
log = logging.getLogger(__name__)


@dataclass
class _Live:
    """A room in memory and its sockets. held: the drag frames that wait for a slow peer, the newest of each source."""

    name: str
    room: Room
    sockets: dict[int, ServerConnection] = field(default_factory=dict[int, ServerConnection])
    held: dict[int, dict[int, bytes]] = field(default_factory=dict[int, dict[int, bytes]])
    flushed: float = 0.0
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
        self._ended: set[str] = set()  # invitations, as last heard

    async def __aenter__(self) -> Server:
        async with contextlib.AsyncExitStack() as exit:
            exit.callback(self.invites.close)
            self._keeper = Keeper(self._opened, self.metrics, self._then)
            exit.push_async_callback(self._keeper.close)
            exit.push_async_callback(self._end_tasks)
            listening = await exit.enter_async_context(self._listen())
            self.port = listening.sockets[0].getsockname()[1]
            self.assets_port = self.door.assets_port = await asyncio.to_thread(self._start_assets, exit)
            self._spawn(self._beat())
            self._exit = exit.pop_all()
        return self

    async def __aexit__(self, *how: object) -> None:
        await self._exit.aclose()

    def _opened(self) -> Rooms:
        if self.settings.redis is None:
            return FileStore(self.settings.folder / "rooms.sqlite")
        from .redis_store import RedisStore  # an extra that most servers do without

        return RedisStore(self.settings.redis)

    @property
    def address(self) -> str:
        """Where it is found."""
        scheme = "https" if self.settings.certificate else "http"
        return f"{scheme}://{self.settings.host}:{self.port}/"

    def _listen(self) -> contextlib.AbstractAsyncContextManager[Listening]:
        return serve(
            self._converse,
            self.settings.host,
            self.settings.port,
            ssl=context_of(self.settings.certificate, self.settings.key),
            process_request=self._admit,
            subprotocols=[SUBPROTOCOL],  # pyright: ignore[reportArgumentType] # a NewType of str
            compression=None,  # frames are compressed already, and nobody can send a bomb
            max_size=self.limits.message,
            max_queue=8,
            write_limit=64 << 10,
            open_timeout=5,
            ping_interval=20,
            ping_timeout=20,
            close_timeout=2,
            server_header=None,
            logger=_quiet(logging.getLogger(f"{__name__}.websockets")),
            create_connection=functools.partial(_Counted, self.door),  # pyright: ignore[reportArgumentType] # makes one
        )

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        answer = self.door.answer(request)
        if isinstance(answer, Response):
            return answer
        assert isinstance(socket, _Counted)
        socket.admission = answer
        return None

    # ---- A conversation ----

    async def _converse(self, socket: ServerConnection) -> None:
        assert isinstance(socket, _Counted)
        here, peer = socket.admission, id(socket)
        try:
            live = await self._room(here.room)
        except StoreUnavailable as unavailable:
            await socket.close(_LATER, str(unavailable).encode()[:120].decode(errors="ignore"))
            return
        if live.leaving:
            await socket.close(_LATER, _MOVED)
            return
        if len(live.sockets) >= self.limits.peers_room:
            await socket.close(_LATER, "This room is full: come back later.")
            return
        live.sockets[peer] = socket
        try:
            self._do(live, live.room.join(peer, here.document, here.invite.guest, time.monotonic()))
            async for message in socket:
                self.metrics.received.inc()
                data = message if isinstance(message, bytes) else message.encode()
                self._do(live, live.room.receive(peer, data, time.monotonic(), time.time()))
        except ConnectionClosed:
            pass  # however it ended, it ended
        finally:
            self._forget(live, peer)

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
            live.flush = loop.call_at(max(loop.time(), live.flushed + COALESCE), self._flush, live)

    def _send(self, live: _Live, peers: Iterable[int], data: bytes) -> None:
        reached: list[ServerConnection] = []
        for peer in peers:
            socket = live.sockets.get(peer)
            if socket is None:
                continue
            if socket.transport.get_write_buffer_size() > self.limits.buffer_cut:
                self._abort(live, peer)
            else:
                reached.append(socket)
        broadcast(reached, data)
        self.metrics.delivered.inc(len(reached))

    def _drag(self, live: _Live, peers: Iterable[int], source: int, data: bytes) -> None:
        prompt: list[int] = []
        for peer in peers:
            socket = live.sockets.get(peer)
            if socket is not None and socket.transport.get_write_buffer_size() > self.limits.buffer_frames:
                held = live.held.setdefault(peer, {})
                self.metrics.frames_dropped.inc(source in held)
                held[source] = data
            else:
                prompt.append(peer)
        self._send(live, prompt, data)

    def _flush(self, live: _Live) -> None:
        live.flush, live.flushed = None, asyncio.get_running_loop().time()
        waiting, live.held = live.held, {}
        for peer, frames in waiting.items():
            for source, data in frames.items():
                self._drag(live, (peer,), source, data)
        self._do(live, live.room.flush())

    def _then(self, name: str, send: Send) -> None:
        task = self._rooms.get(name)
        if task is not None and task.done():
            self._do(task.result(), [send])

    def _abort(self, live: _Live, peer: int) -> None:
        """A peer that does not read: closing politely would wait for it."""
        self.metrics.cut.labels("slow").inc()
        live.sockets[peer].transport.abort()
        self._forget(live, peer)

    def _cut(self, live: _Live, peer: int, code: int, reason: str) -> None:
        self.metrics.cut.labels("refused").inc()
        socket = live.sockets.get(peer)
        self._forget(live, peer)
        if socket is not None:
            self._spawn(socket.close(code, reason))

    # ---- Every second, and the end ----

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
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


class _Counted(ServerConnection):
    """A connection that has its place before it may say a word, and what its invitation admitted it to."""

    admission: Admission

    def __init__(self, door: Door, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._door = door
        self._address: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if self._door.enter(address):
            self._address = address
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._address is not None:
            self._door.leave(self._address)
            self._address = None


def _quiet(logger: logging.Logger) -> logging.Logger:
    """Whoever knocks with rubbish would fill the log: a failed handshake is counted, not told."""
    logger.setLevel(logging.WARNING)
    if not logger.filters:
        logger.addFilter(lambda record: "handshake failed" not in record.getMessage())
    return logger
