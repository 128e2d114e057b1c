# SPDX-License-Identifier: GPL-3.0-or-later
"""What a room decides. No sockets, no clock, no disk: events come in, effects go out, and the server carries them out.

A room holds two documents and who is there. Designers write `design`; nobody writes `review` but this room, at the
command of reviewers and designers; presence (awareness) and drag frames pass through and are never kept. All messages
of a room are handled in the order they came, and every update taken is handed out once: merged with its neighbours to
the peers, and to the store.

A state vector sent to a designer (sync step 1) is the acknowledgement: what it covers is on the disk, with every
deletion made before it. Whatever else the designer holds its Yjs client sends again, so neither a lost message nor a
server killed in between loses an edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pycrdt import merge_updates

from . import wire
from .document import Document, OutOfOrder
from .limits import Limits
from .presence import Guest, Presence
from .review import ROOTS as REVIEW_ROOTS
from .review import CommandRefused, Desk, carry_out
from .wire import MessageRefused

DESIGN, REVIEW = "design", "review"
DESIGN_ROOTS = frozenset({"garment", "parameters", "adjustments", "fabrics", "colours", "body", "offer"})
ROOTS = {DESIGN: DESIGN_ROOTS, REVIEW: REVIEW_ROOTS}

_GONE = -1  # stands for an author that is no peer: the room itself, or one that left
IDLE = 15.0  # s without a message after which a peer hears from us: y-websocket reconnects after 30
BROKEN, TOO_FAST = 1007, 1008  # close codes of RFC 6455


@dataclass(frozen=True)
class Send:
    """A message for some peers."""

    peers: tuple[int, ...]
    data: bytes


@dataclass(frozen=True)
class Drag:
    """A drag frame for some peers; of those a slow peer has not read yet, only the newest of each source counts."""

    peers: tuple[int, ...]
    source: int
    data: bytes


@dataclass(frozen=True)
class Store:
    """An update to be kept; `then` is sent once it is on the disk."""

    document: str
    update: bytes
    then: Send | None = None


@dataclass(frozen=True)
class Note:
    """A line for the audit log."""

    invite: str
    what: str


@dataclass(frozen=True)
class Cut:
    """A peer is to be closed, with a code and a reason of at most 123 bytes."""

    peer: int
    code: int
    reason: str


Effect = Send | Drag | Store | Note | Cut


@dataclass(slots=True)
class Bucket:
    """A rate: `allow` takes from what has run in since, at most `burst` seconds' worth."""

    rate: float
    burst: float
    level: float = 0.0
    at: float = 0.0

    def allow(self, amount: float, now: float) -> bool:
        """Whether so much may pass now (seconds, monotonic)."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate) + amount
        self.at = now
        return self.level <= self.burst * self.rate


@dataclass(slots=True)
class Peer:
    """One connection to one document of the room."""

    document: str
    guest: Guest
    messages: Bucket
    bytes: Bucket
    heard: float  # when it was last sent a heartbeat
    told: int = 0  # commits of its document when it was last sent a state vector


@dataclass
class Room:
    """The state of a room; every method but `state` and `saved` returns what is to be done."""

    limits: Limits
    has_asset: Callable[[str], bool]
    sign: Callable[[bytes], str]
    kept: dict[str, list[bytes]]  # document → the updates that the store holds
    paused: bool = False  # the disk takes nothing more: no edit is taken
    peers: dict[int, Peer] = field(default_factory=dict[int, Peer])

    def __post_init__(self) -> None:
        self.documents = {name: Document(ROOTS[name], self.kept.get(name, ())) for name in ROOTS}
        self.kept = {}
        self.durable = {name: document.state for name, document in self.documents.items()}
        self.commits = dict.fromkeys(ROOTS, 0)
        self.presence = Presence(self.limits)
        self._fresh: dict[str, list[bytes]] = {name: [] for name in ROOTS}
        self._authors: dict[str, set[int]] = {name: set() for name in ROOTS}
        self._moved: set[int] = set()

    @property
    def restless(self) -> bool:
        """Whether `flush` has something to send."""
        return bool(self._moved or any(self._fresh.values()))

    def state(self, document: str) -> bytes:
        """The state vector of all that was taken so far."""
        return self.documents[document].state

    def saved(self, document: str, state: bytes) -> None:
        """Everything up to this state vector is on the disk."""
        self.durable[document] = state
        self.commits[document] += 1

    def join(self, peer: int, document: str, guest: Guest, now: float) -> list[Effect]:
        """A guest came to one of the documents. now: seconds, monotonic."""
        limits = self.limits
        rates = Bucket(limits.messages_rate, limits.burst, at=now), Bucket(limits.bytes_rate, limits.burst, at=now)
        self.peers[peer] = Peer(document, guest, *rates, heard=now)
        effects: list[Effect] = [Note(guest.invite, f"joined {document} as {guest.role}")]
        if self._writes(self.peers[peer]):
            effects.append(self._ask(peer))
        if document == DESIGN and (here := self.presence.all()):
            effects.append(Send((peer,), wire.awareness(here)))
        return effects

    def leave(self, peer: int) -> list[Effect]:
        """A connection ended."""
        left = self.peers.pop(peer, None)
        if left is None:
            return []
        for authors in self._authors.values():
            if peer in authors:  # its edits are still to go out, to whoever else has written since as well
                authors.remove(peer)
                authors.add(_GONE)
        self._moved |= self.presence.leave(peer)
        return [Note(left.guest.invite, f"left {left.document}")]

    def receive(self, peer: int, data: bytes, now: float, at: float) -> list[Effect]:
        """A message came. now: seconds, monotonic; at: seconds since 1970, which commands are dated with."""
        here = self.peers.get(peer)
        if here is None:
            return []
        if not (here.messages.allow(1, now) and here.bytes.allow(len(data), now)):
            return self._cut(peer, TOO_FAST, "Too many messages in too short a time.")
        try:
            reader = wire.Reader(data)
            kind = reader.number()
            if kind == wire.SYNC:
                return self._sync(peer, here, reader)
            if kind == wire.AWARENESS:
                said = wire.read_awareness(reader.buffer())
                reader.end()
                if here.document == DESIGN:  # a Yjs client tells its presence on every connection; one is enough
                    self._moved |= self.presence.take(peer, here.guest, said)
                return []
            if kind == wire.QUERY_AWARENESS:
                reader.end()
                return [Send((peer,), wire.awareness(self.presence.all()))] if here.document == DESIGN else []
            if kind == wire.FRAME:
                return self._frame(peer, here, reader)
            if kind == wire.COMMAND:
                return self._command(peer, here, reader, at)
            raise MessageRefused(f"There is no message of kind {kind}.")
        except MessageRefused as error:
            return self._cut(peer, BROKEN, str(error))

    def flush(self) -> list[Effect]:
        """What came in since the last flush, merged, to all whom it concerns."""
        effects: list[Effect] = []
        for document, fresh in self._fresh.items():
            if fresh:
                authors = self._authors[document]
                alone = next(iter(authors)) if len(authors) == 1 else None
                peers = tuple(p for p, here in self.peers.items() if here.document == document and p != alone)
                effects.append(Send(peers, wire.sync(wire.UPDATE, _merged(fresh))))
                self._fresh[document], self._authors[document] = [], set()
        if self._moved:
            told = self.presence.tell(self._moved)
            self._moved = set()
            if told:
                effects.append(Send(tuple(self._at(DESIGN)), wire.awareness(told)))
        return effects

    def heartbeat(self, now: float) -> list[Effect]:
        """Designers are told what is on the disk; whoever heard nothing for a while hears that we are here."""
        effects: list[Effect] = []
        for peer, here in self.peers.items():
            idle = now - here.heard >= IDLE
            if self._writes(here) and (idle or here.told != self.commits[here.document]):
                effects.append(self._ask(peer))
            elif idle:
                effects.append(Send((peer,), wire.awareness(())))
            else:
                continue
            here.heard = now
        return effects

    def _at(self, document: str, *but: int) -> Iterable[int]:
        return (peer for peer, here in self.peers.items() if here.document == document and peer not in but)

    @staticmethod
    def _writes(peer: Peer) -> bool:
        return peer.document == DESIGN and peer.guest.role == "designer"

    def _ask(self, peer: int) -> Effect:
        here = self.peers[peer]
        here.told = self.commits[here.document]
        return Send((peer,), wire.sync(wire.STEP1, self.durable[here.document]))

    def _cut(self, peer: int, code: int, reason: str) -> list[Effect]:
        guest = self.peers[peer].guest
        return [Note(guest.invite, f"cut: {reason}"), Cut(peer, code, reason.encode()[:120].decode(errors="ignore"))]

    def _sync(self, peer: int, here: Peer, reader: wire.Reader) -> list[Effect]:
        step, payload = reader.number(), reader.buffer()
        reader.end()
        document = self.documents[here.document]
        if step == wire.STEP1:
            return [Send((peer,), wire.sync(wire.STEP2, document.since(payload)))]
        if step not in (wire.STEP2, wire.UPDATE):
            raise MessageRefused(f"There is no sync step {step}.")
        if payload == wire.NOTHING:
            return []
        if not self._writes(here):
            whose = "is written by commands" if here.document == REVIEW else f"is not a {here.guest.role}'s to edit"
            return [Send((peer,), wire.denied(f"The {here.document} {whose}."))]
        if self.paused:
            return [Send((peer,), wire.denied("The server cannot save at present: your edits wait with you."))]
        if not document.room_for(len(payload), self.limits.document):
            return [Send((peer,), wire.denied("This design has grown too large: begin another room."))]
        try:
            news = document.take(payload)
        except OutOfOrder:
            return [Send((peer,), wire.sync(wire.STEP1, document.state))]
        return [] if news is None else [self._keep(here.document, news, peer)]

    def _keep(self, document: str, news: bytes, author: int | None, then: Send | None = None) -> Store:
        self._fresh[document].append(news)
        self._authors[document].add(_GONE if author is None else author)
        return Store(document, news, then)

    def _frame(self, peer: int, here: Peer, reader: wire.Reader) -> list[Effect]:
        reader.buffer()
        reader.end()
        if not self._writes(here):
            return [Send((peer,), wire.denied(f"A {here.guest.role} may not drag the cloth."))]
        return [Drag(tuple(self._at(DESIGN, peer)), peer, reader.data)]

    def _command(self, peer: int, here: Peer, reader: wire.Reader, at: float) -> list[Effect]:
        body = wire.read_json(reader.text())
        reader.end()
        name = body.get("id") if isinstance(body.get("id"), str) else None
        desk = Desk(self.limits, self.documents[DESIGN], self.has_asset, self.sign)

        def answer(**what: object) -> Send:
            return Send((peer,), wire.reply({"id": name, **what}))

        try:
            if here.document != REVIEW:
                raise CommandRefused("Commands go to the review.")
            if self.paused:
                raise CommandRefused("The server cannot save at present: try again.")
            news = carry_out(self.documents[REVIEW], body, here.guest, at, desk)
        except CommandRefused as error:
            return [answer(done=False, refused=str(error))]
        if news is None:
            return [answer(done=True)]
        note = Note(here.guest.invite, f"{body['do']} {name}")
        return [self._keep(REVIEW, news, None, answer(done=True)), note]


def _merged(updates: list[bytes]) -> bytes:
    return updates[0] if len(updates) == 1 else merge_updates(*updates)
