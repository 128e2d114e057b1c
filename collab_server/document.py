# SPDX-License-Identifier: GPL-3.0-or-later
"""A shared document and its one order: updates are taken whole and in sequence, or not at all.

pycrdt sets aside an update whose predecessors are missing, and can lose it there. So nothing is handed to it that does
not follow from what is held: the sender is asked for the rest by a state vector instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from pycrdt import Doc, TransactionEvent

from .update import contents
from .wire import NOTHING, read_state_vector


class OutOfOrder(ValueError):
    """An update stands on edits that are not held; its sender is to be asked for them (sync step 1)."""


class Document:
    """A Yjs document with known roots. `state` is its state vector, `size` the bytes of the updates it was made of."""

    def __init__(self, roots: Set[str], updates: Iterable[bytes] = ()) -> None:
        self.roots = roots
        self.doc: Doc = Doc()
        self.size = 0
        for update in updates:
            self.doc.apply_update(update)
            self.size += len(update)
        self._have = read_state_vector(self.doc.get_state())
        self._news: list[bytes] = []
        self._observed = self.doc.observe(self._heard)

    @property
    def state(self) -> bytes:
        """The state vector, encoded."""
        return self.doc.get_state()

    def room_for(self, count: int, limit: int) -> bool:
        """Whether so many bytes more stay within a limit, once what was overwritten is no longer counted."""
        if self.size + count > limit:
            self.size = len(self.doc.get_update())
        return self.size + count <= limit

    def since(self, state: bytes) -> bytes:
        """The update that brings a peer with this state vector up to date. Raises MessageRefused."""
        read_state_vector(state)
        return self.doc.get_update(state)

    def take(self, update: bytes) -> bytes | None:
        """Apply a peer's update; returns what was new in it, or None. Raises MessageRefused, OutOfOrder."""
        if update == NOTHING:
            return None
        found = contents(update, self.roots)
        if not found.follows(self._have):
            raise OutOfOrder("This update stands on edits that are not here.")
        self.doc.apply_update(update)
        return self.news()

    def news(self) -> bytes | None:
        """What the transaction just made changed, as one update, or None."""
        news, self._news = self._news, []
        if not news:
            return None
        (update,) = news
        self.size += len(update)
        self._have = read_state_vector(self.doc.get_state())
        return update

    def _heard(self, event: TransactionEvent) -> None:
        if event.update != NOTHING:
            self._news.append(event.update)
