# SPDX-License-Identifier: GPL-3.0-or-later
"""Our copy of one of a room's documents, and its part of the sync protocol: bytes in, bytes out, no sockets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pycrdt import Map, MapEvent

from ...collab_server import wire
from ...collab_server.document import Document, OutOfOrder
from ...collab_server.room import ROOTS
from .ledger import Values


class Replica:
    """A document that is edited here and elsewhere, with and without a connection.

    synced: whether it has been brought up to date since `hello`. waiting: whether the server has yet to say that what
    was written here is on its disk.
    """

    def __init__(self, document: str) -> None:
        self._document = Document(ROOTS[document])
        self._maps: dict[str, Any] = {root: self._document.doc.get(root, type=Map) for root in sorted(ROOTS[document])}
        self._theirs: Values = {}
        self._writing = False
        self._observed = [shared.observe(self._listener(root)) for root, shared in self._maps.items()]
        self.synced = False
        self.waiting = False

    @property
    def client(self) -> int:
        """The number by which this side is known in the document and as a presence."""
        return self._document.doc.client_id

    def hello(self) -> bytes:
        """What opens a conversation, and asks for all that is not here."""
        self.synced = False
        return wire.sync(wire.STEP1, self._document.state)

    def values(self) -> Values:
        """Everything that the document holds."""
        return {(root, key): value for root, shared in self._maps.items() for key, value in shared.to_py().items()}

    def write(self, changed: Mapping[tuple[str, str], Any]) -> bytes | None:
        """Make changes (None takes a value away); the message that tells them, or None where nothing changed."""
        self._writing = True
        try:
            with self._document.doc.transaction():
                for (root, key), value in changed.items():
                    if value is not None:
                        self._maps[root][key] = value
                    elif key in self._maps[root]:
                        del self._maps[root][key]
        finally:
            self._writing = False
        news = self._document.news()
        if news is None:
            return None
        self.waiting = True
        return wire.sync(wire.UPDATE, news)

    def take(self, step: int, payload: bytes) -> tuple[bytes | None, Values]:
        """A sync message of the server's: what to answer, and what others have changed. Raises MessageRefused."""
        if step == wire.STEP1:
            durable = wire.read_state_vector(payload)
            own = wire.read_state_vector(self._document.state).get(self.client, 0)
            self.waiting = durable.get(self.client, 0) < own
            missing = self._document.since(payload)
            return (None if missing == wire.NOTHING else wire.sync(wire.STEP2, missing)), {}
        if step not in (wire.STEP2, wire.UPDATE):
            raise wire.MessageRefused(f"There is no sync step {step}.")
        try:
            self._document.take(payload)
        except OutOfOrder:
            return self.hello(), {}
        self.synced = self.synced or step == wire.STEP2
        theirs, self._theirs = self._theirs, {}
        return None, theirs

    def _listener(self, root: str) -> Any:
        def changed(event: MapEvent) -> None:
            if not self._writing:
                for key, change in event.keys.items():
                    self._theirs[root, key] = change.get("newValue")

        return changed
