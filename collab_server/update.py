# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Yjs update holds, read structure by structure before pycrdt may see it.

An update comes from a peer, so it is read to its end: every number in its range, every kind of content one that is
shared here (plain values, by key, in maps), every root a known one. What it stands on (the edits it names) is listed,
so that a document can refuse one that came out of order rather than lose it. Source: Yjs' update format V1.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from .wire import MessageRefused, Reader

_GC, _DELETED, _ANY = 0, 1, 8
_LEFT, _RIGHT, _KEYED, _KIND = 0x80, 0x40, 0x20, 0x1F
_CLOCK = 1 << 31  # clocks are 32 bits wide in Yrs
_DEPTH = 16
_BYTES_OF = {124: 4, 123: 8, 122: 8}  # float32, float64, int64
_BARE = {127, 126, 121, 120}  # undefined, null, false, true


@dataclass
class Contents:
    """The clocks that an update brings, [start, end) of each client, and those it stands on, (client, clock)."""

    brings: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    stands_on: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def follows(self, have: Mapping[int, int]) -> bool:
        """Whether everything that this update stands on is held, or comes with it."""

        def known(client: int) -> int:
            return max(have.get(client, 0), self.brings.get(client, (0, 0))[1])

        return all(start <= have.get(client, 0) for client, (start, _) in self.brings.items()) and all(
            clock < known(client) for client, clock in self.stands_on
        )


def contents(update: bytes, roots: Set[str]) -> Contents:
    """What an update (format V1) brings and stands on. roots: the names of the shared types that it may write to.

    Raises MessageRefused for one that is broken, or that holds what is not shared here.
    """
    reader = Reader(update)
    found = Contents()
    for _ in range(_few(reader)):
        structs, client, clock = _few(reader), reader.number(), _clock(reader)
        if client in found.brings:
            raise MessageRefused("The update names a client twice.")
        start = clock
        for _ in range(structs):
            clock += _struct(reader, roots, found)
            if clock >= _CLOCK:
                raise MessageRefused("A clock is out of range.")
        found.brings[client] = (start, clock)
    for _ in range(_few(reader)):
        client = reader.number()
        for _ in range(_few(reader)):
            first, length = _clock(reader), reader.number()
            if not 0 < length < _CLOCK - first:
                raise MessageRefused("A deletion is out of range.")
            found.stands_on.append((client, first + length - 1))
    reader.end()
    return found


def _struct(reader: Reader, roots: Set[str], found: Contents) -> int:
    info = reader.byte()
    kind = info & _KIND
    if kind == _GC:
        return _length(reader)
    for flag in (_LEFT, _RIGHT):
        if info & flag:
            found.stands_on.append((reader.number(), _clock(reader)))
    if not info & (_LEFT | _RIGHT):
        if reader.number() != 1:
            raise MessageRefused("An edit belongs to no root: only maps of plain values are shared here.")
        name = reader.text()
        if name not in roots:
            raise MessageRefused(f"There is no shared {name[:40]!r} here; there are {', '.join(sorted(roots))}.")
        if not info & _KEYED:
            raise MessageRefused("An edit of a map has no key.")
        reader.text()
    if kind == _DELETED:
        return _length(reader)
    if kind == _ANY:
        count = _some(_few(reader))
        for _ in range(count):
            _any(reader, 0)
        return count
    raise MessageRefused(f"Content of kind {kind} is not shared here: only maps of plain values are.")


def _any(reader: Reader, depth: int) -> None:
    if depth > _DEPTH:
        raise MessageRefused(f"A value is nested more than {_DEPTH} deep.")
    kind = reader.byte()
    if kind in _BARE:
        return
    if kind in _BYTES_OF:
        reader.take(_BYTES_OF[kind])
    elif kind == 125:  # signed: six bits in its first byte
        if reader.byte() & 128:
            reader.number()
    elif kind == 119:
        reader.text()
    elif kind == 118:
        for _ in range(_few(reader)):
            reader.text()
            _any(reader, depth + 1)
    elif kind == 117:
        for _ in range(_few(reader)):
            _any(reader, depth + 1)
    elif kind == 116:
        reader.buffer()
    else:
        raise MessageRefused(f"There is no value of kind {kind}.")


def _few(reader: Reader) -> int:
    count = reader.number()
    if count > reader.left:  # each takes a byte at least, so a short update cannot ask for long work
        raise MessageRefused("The update announces more than it holds.")
    return count


def _clock(reader: Reader) -> int:
    clock = reader.number()
    if clock >= _CLOCK:
        raise MessageRefused("A clock is out of range.")
    return clock


def _length(reader: Reader) -> int:
    return _some(_clock(reader))


def _some(length: int) -> int:
    if length == 0:
        raise MessageRefused("An edit is empty.")
    return length
