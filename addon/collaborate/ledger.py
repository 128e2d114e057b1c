# SPDX-License-Identifier: GPL-3.0-or-later
"""What is whose: the shared values as they were last looked at here, and for each who wrote it, so that nothing echoes.

A flag around "someone else's change is being applied" stops no echo, for Blender tells of changes later. So what the
scene holds is compared with what it held when it was last looked at: whatever differs, this user changed.

Blender's undo goes back to a whole earlier scene, and takes with it what others wrote meanwhile. So each value keeps
the run of what this user made of it since another wrote it. An undo may move along that run, down to what the other had
written, and never behind; whatever else it changed is put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]  # the name of a map of the document, and a key of it
Values = dict[Key, Any]  # plain values; None: there is none

_LONGEST = 256  # values of a run: as many steps as Blender's undo can go back


@dataclass
class Run:
    """What a value has been: `values[0]` as another wrote it (or as it was at first), then as this user had it."""

    values: list[Any]
    at: int = 0

    @property
    def now(self) -> Any:
        """What it is."""
        return self.values[self.at]

    def write(self, value: Any) -> None:
        """A change of this user's."""
        self.values[self.at + 1 :] = [value]
        if len(self.values) > _LONGEST:
            del self.values[1]
        self.at = len(self.values) - 1

    def back(self, value: Any) -> bool:
        """Go to where this user had this value, the nearest first; False where that was never so."""
        places = [place for place, had in enumerate(self.values) if had == value]
        if not places:
            return False
        self.at = min(places, key=lambda place: abs(place - self.at))
        return True


@dataclass
class Ledger:
    """The shared values of one garment as they stand here."""

    runs: dict[Key, Run] = field(default_factory=dict[Key, Run])
    seen: Values = field(default_factory=dict[Key, Any])

    def look(self, now: Values) -> None:
        """So the scene stands, and it is nobody's change: others' values have just been written to it."""
        self.seen = dict(now)

    def mine(self, now: Values) -> Values:
        """What this user changed since the last look: to be told to the others."""
        changed = self._differing(now)
        for key, value in changed.items():
            self.runs.setdefault(key, Run([self.seen.get(key)])).write(value)
        self.seen = dict(now)
        return changed

    def theirs(self, changed: Mapping[Key, Any]) -> Values:
        """What others changed: returns what is to be written to the scene."""
        for key, value in changed.items():
            self.runs[key] = Run([value])
        return {key: value for key, value in changed.items() if self.seen.get(key) != value}

    def undone(self, now: Values, back: bool) -> tuple[Values, Values]:
        """After an undo (back) or a redo: what to tell the others, and what to write back to the scene."""
        told: Values = {}
        restored: Values = {}
        for key, value in self._differing(now).items():
            run = self.runs.setdefault(key, Run([self.seen.get(key)]))
            before = run.now
            if not run.back(value):
                run.at = 0 if back else run.at
                restored[key] = run.now
            if run.now != before:
                told[key] = run.now
        self.seen = dict(now)
        return told, restored

    def _differing(self, now: Values) -> Values:
        keys = dict.fromkeys((*now, *self.seen))  # in order
        return {key: now.get(key) for key in keys if now.get(key) != self.seen.get(key)}
