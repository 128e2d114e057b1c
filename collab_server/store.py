# SPDX-License-Identifier: GPL-3.0-or-later
"""The log on the disk: every update of every room in its order, what they add up to, and who did what.

SQLite with a write-ahead log, synced at each commit: what `append` has returned from survives a kill and a power cut.
The ids of the log never come again (AUTOINCREMENT), or a snapshot would hide what was written after it under the id of
an update that it had replaced.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from pycrdt import Doc

COMPACT_AFTER = 1_000  # updates of a document
_SCHEMA = """
create table if not exists log(
  id integer primary key autoincrement, room text not null, document text not null, change blob not null) strict;
create index if not exists log_of on log(room, document, id);
create table if not exists snapshot(
  room text, document text, through integer not null, state blob not null, primary key(room, document)) strict;
create table if not exists audit(at real not null, room text not null, invite text not null, what text not null) strict;
"""


class StoreRefused(ValueError):
    """The file cannot be used; the text says why."""


class NotSaved(OSError):
    """The disk did not take a commit: nothing of it is kept, and it may be tried again."""


class StoreUnavailable(OSError):
    """A room cannot be had at present; the text says why, to whoever wanted to join it."""


class Rooms(Protocol):
    """What keeps rooms: this `Store`, or `redis_store.RedisStore` for several servers. See there what each does."""

    def load(self, room: str) -> dict[str, list[bytes]]: ...
    def append(
        self, updates: Iterable[tuple[str, str, bytes]], notes: Iterable[tuple[float, str, str, str]] = ()
    ) -> set[str]: ...
    def compact(self, room: str) -> None: ...
    def renew(self, rooms: Iterable[str]) -> tuple[set[str], set[str]]: ...
    def release(self, room: str) -> None: ...
    def audit(self, room: str) -> list[tuple[float, str, str]]: ...
    def close(self) -> None: ...


class Store:
    """One server's store; a second server is refused it. To be used from one thread at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=0)
        try:
            self._base.execute("pragma locking_mode=exclusive")
            self._base.execute("pragma journal_mode=wal")
            self._base.execute("pragma synchronous=full")
            self._base.executescript(_SCHEMA)
            self._base.execute("begin immediate")
            self._base.execute("commit")
        except sqlite3.DatabaseError as error:
            self._base.close()
            if "locked" in str(error):
                raise StoreRefused(f"Another server holds {path.name}: stop it, or name another folder.") from error
            raise StoreRefused(f"{path.name} is no store of this server, or is damaged ({error}).") from error

    def load(self, room: str) -> dict[str, list[bytes]]:
        """Document → the updates that it is made of, in their order. Raises StoreUnavailable."""
        found: dict[str, list[bytes]] = {}
        try:
            for document, state in self._base.execute("select document, state from snapshot where room = ?", (room,)):
                found[document] = [state]
            for document, update in self._base.execute(
                "select log.document, log.change from log left join snapshot using (room, document)"
                " where room = ? and log.id > coalesce(through, 0) order by log.id",
                (room,),
            ):
                found.setdefault(document, []).append(update)
        except sqlite3.DatabaseError as error:
            raise StoreUnavailable(f"The server cannot read this review at present ({error}).") from error
        return found

    def append(
        self, updates: Iterable[tuple[str, str, bytes]], notes: Iterable[tuple[float, str, str, str]] = ()
    ) -> set[str]:
        """Keep (room, document, update)s and audit (at, room, invite, what)s, all or none. Raises NotSaved.

        The rooms of which nothing was kept, because they are another server's: none, for this store is one server's.
        """
        try:
            self._base.execute("begin immediate")
            self._base.executemany("insert into log(room, document, change) values (?, ?, ?)", updates)
            self._base.executemany("insert into audit values (?, ?, ?, ?)", notes)
            self._base.execute("commit")
        except sqlite3.OperationalError as error:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise NotSaved(str(error)) from error
        return set()

    def renew(self, rooms: Iterable[str]) -> tuple[set[str], set[str]]:
        """The rooms that are another server's now, and those that another waits for: none."""
        return set(), set()

    def release(self, room: str) -> None:
        """Nobody waits for it."""

    def compact(self, room: str) -> None:
        """Put one snapshot in the place of each document's log, where that has grown long. Raises NotSaved."""
        counts = self._base.execute(
            "select document, count(*), max(id) from log where room = ? group by document", (room,)
        ).fetchall()
        for document, count, through in counts:
            if count >= COMPACT_AFTER:
                self._compact(room, document, through)

    def audit(self, room: str) -> list[tuple[float, str, str]]:
        """(at, invite, what) of all that happened in a room."""
        return self._base.execute(
            "select at, invite, what from audit where room = ? order by rowid", (room,)
        ).fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def _compact(self, room: str, document: str, through: int) -> None:
        state = added_up(self.load(room)[document])
        try:
            self._base.execute("begin immediate")
            self._base.execute("insert or replace into snapshot values (?, ?, ?, ?)", (room, document, through, state))
            self._base.execute("delete from log where room = ? and document = ? and id <= ?", (room, document, through))
            self._base.execute("commit")
        except sqlite3.OperationalError as error:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise NotSaved(str(error)) from error


def opened(folder: Path, redis: str | None) -> Rooms:
    """What keeps the rooms of a folder, or of a Redis. Raises StoreRefused."""
    if redis is None:
        return Store(folder / "rooms.sqlite")
    from .redis_store import RedisStore  # an extra that most servers do without

    return RedisStore(redis)


def added_up(updates: Iterable[bytes]) -> bytes:
    """A document's updates as one, without what was overwritten."""
    doc: Doc = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update()
