# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is here: the awareness states of a room, each owned by the peer that brought it and stamped with its invitation.

Yjs clients repeat to the server what they heard of others, and remove states they believe outdated. Here only its
owner moves a state; what others say of it is passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .limits import Limits
from .wire import MessageRefused, read_json

_GONE = "null"
_CLOCK = 1 << 31


@dataclass(frozen=True)
class Guest:
    """Whom an invitation admits: its id, role (designer, reviewer, viewer) and the name its writer gave."""

    invite: str
    role: str
    name: str


@dataclass
class Presence:
    """Awareness states by client. A peer that comes back takes its client over: they share an invitation."""

    limits: Limits
    states: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])
    owners: dict[int, tuple[int, str]] = field(default_factory=dict[int, tuple[int, str]])  # client → (peer, invite)

    def take(self, peer: int, guest: Guest, said: list[tuple[int, int, str]]) -> set[int]:
        """The clients that a peer's message changed. Raises MessageRefused for a state too large or no object."""
        changed: set[int] = set()
        for client, clock, text in said:
            known = self.states.get(client)
            owner = self.owners.get(client)
            if owner is not None and guest.invite != owner[1]:
                continue
            if known is not None and (clock < known[0] or (clock == known[0] and text != _GONE)):
                continue
            if text == _GONE:
                if owner is not None and owner[0] == peer:
                    self.states[client] = (clock, _GONE)
                    del self.owners[client]
                    changed.add(client)
                continue
            if clock >= _CLOCK:  # or the clock it leaves with might be a number no client can read
                raise MessageRefused("A presence's clock is out of range.")
            if len(text.encode()) > self.limits.presence:
                raise MessageRefused(f"A presence state takes more than {self.limits.presence} bytes.")
            state = read_json(text)
            mine = sum(held == peer for held, _ in self.owners.values())
            if (owner is None or owner[0] != peer) and mine >= self.limits.presence_ids:
                raise MessageRefused(f"One connection brings more than {self.limits.presence_ids} presences.")
            state["invited"] = {"name": guest.name, "role": guest.role}
            self.states[client] = (clock, json.dumps(state, separators=(",", ":")))
            self.owners[client] = (peer, guest.invite)
            changed.add(client)
        return changed

    def leave(self, peer: int) -> set[int]:
        """The clients that go with a peer."""
        gone = {client for client, (owner, _) in self.owners.items() if owner == peer}
        for client in gone:
            self.states[client] = (self.states[client][0] + 1, _GONE)
            del self.owners[client]
        return gone

    def tell(self, clients: set[int]) -> list[tuple[int, int, str]]:
        """(client, clock, JSON) of these; one that is gone is told once and then forgotten."""
        told = [(client, *self.states[client]) for client in sorted(clients & self.states.keys())]
        for client, _, text in told:
            if text == _GONE:
                del self.states[client]
        return told

    def all(self) -> list[tuple[int, int, str]]:
        """(client, clock, JSON) of all who are here."""
        return [(client, *self.states[client]) for client in sorted(self.owners)]
