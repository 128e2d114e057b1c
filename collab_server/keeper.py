# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what the rooms decide: commits in groups on a thread of its own, and acknowledges nothing before.

While the disk takes nothing (full, gone) edits wait in memory and go on reaching the peers; nothing is acknowledged,
`/healthz` says so, and past a limit no further edit is taken. The commit is tried again until it holds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .metrics import Metrics
from .room import Room, Send
from .room import Store as Kept
from .store import COMPACT_AFTER, NotSaved, Rooms

_RETRY = 1.0  # s
_NOTES = 10_000  # lines of the audit that wait, at most, while the disk takes nothing
T = TypeVar("T")
log = logging.getLogger(__name__)


class Keeper:
    """What waits for the store. then: sends what was to be said once an update is on the disk.

    Made within a running loop, of the store that `opened` opens; raises StoreRefused. lost: rooms that turned out to be
    another server's, of which nothing is kept or acknowledged any more.
    """

    def __init__(self, opened: Callable[[], Rooms], metrics: Metrics, then: Callable[[str, Send], None]) -> None:
        self.failing = False
        self.waiting = 0  # bytes
        self.lost: set[str] = set()
        self._store = opened()
        self._thread = ThreadPoolExecutor(1, "store")  # the only one that touches the store
        self._metrics, self._then = metrics, then
        self._updates: list[tuple[str, Room, Kept]] = []
        self._notes: list[tuple[float, str, str, str]] = []
        self._dirty = asyncio.Event()
        self._since_compacted: Counter[str] = Counter()
        self._closing = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def load(self, room: str) -> dict[str, list[bytes]]:
        """Document → its updates, of a room that is not in memory; a long log is shortened. Raises StoreUnavailable."""
        found = await self._in_thread(self._store.load, room)
        with contextlib.suppress(NotSaved):  # a long log is whole all the same
            await self._in_thread(self._store.compact, room)
        self.lost.discard(room)
        return found

    async def renew(self, rooms: Iterable[str]) -> set[str]:
        """Go on having these rooms; those that another server waits for. What it has taken joins the `lost`."""
        try:
            lost, wanted = await self._in_thread(self._store.renew, list(rooms))
        except NotSaved:  # the next commit says whose they are
            return set()
        self.lost |= lost
        return wanted

    async def release(self, room: str) -> None:
        """Have a room no longer: another server may take it on at once."""
        with contextlib.suppress(NotSaved):  # its lease ends by itself
            await self._in_thread(self._store.release, room)

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def keep(self, name: str, room: Room, kept: Kept) -> None:
        """Have an update committed."""
        self._updates.append((name, room, kept))
        self.waiting += len(kept.update)
        self._dirty.set()

    def note(self, room: str, invite: str, what: str) -> None:
        """Have a line of the audit committed."""
        self._notes.append((time.time(), room, invite, what))
        self._dirty.set()

    def busy_with(self, room: Room) -> bool:
        """Whether something of a room still waits."""
        return any(waits is room for _, waits, _ in self._updates)

    async def close(self) -> None:
        """Commit what waits and let go of the store."""
        self._closing = True
        self._dirty.set()
        await self._task
        await self._in_thread(self._store.close)
        self._thread.shutdown()

    async def _run(self) -> None:
        while not self._closing:
            await self._dirty.wait()
            self._dirty.clear()
            if not await self._commit() and not self._closing:
                await asyncio.sleep(_RETRY)
                self._dirty.set()
        if (self._updates or self._notes) and not await self._commit():
            log.error("%d updates could not be saved before the end", len(self._updates))

    async def _commit(self) -> bool:
        """Commit all that waits and tell what it acknowledges; False where the disk does not take it."""
        batch, notes = list(self._updates), list(self._notes)
        states = {(id(room), kept.document): room.state(kept.document) for _, room, kept in batch}
        began = time.monotonic()
        rows = [(name, kept.document, kept.update) for name, _, kept in batch]
        try:
            lost = await self._in_thread(self._store.append, rows, notes)
        except NotSaved as error:
            if not self.failing:
                log.error("the disk takes no edits (%s): nothing is acknowledged until it does", error)
            self.failing = True
            self._metrics.not_saved.inc()
            self._metrics.unsaved.set(self.waiting)
            del self._notes[:-_NOTES]
            return False
        if self.failing:
            log.warning("the disk takes edits again")
        self.failing = False
        self.lost |= lost
        del self._updates[: len(batch)], self._notes[: len(notes)]
        self.waiting -= sum(len(kept.update) for _, _, kept in batch)
        self._metrics.unsaved.set(self.waiting)
        self._metrics.commit.observe(time.monotonic() - began)
        for name, room, kept in batch:
            if name in lost:
                continue
            if (state := states.pop((id(room), kept.document), None)) is not None:
                room.saved(kept.document, state)
            if kept.then is not None:
                self._then(name, kept.then)
        await self._compact(Counter(name for name, _, _ in batch if name not in lost))
        return True

    async def _compact(self, committed: Counter[str]) -> None:
        self._since_compacted += committed
        for name in committed:
            if self._since_compacted[name] >= COMPACT_AFTER:
                del self._since_compacted[name]
                with contextlib.suppress(NotSaved):
                    await self._in_thread(self._store.compact, name)
