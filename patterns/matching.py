# SPDX-License-Identifier: GPL-3.0-or-later
"""Stripes and checks that meet in the seams: where each panel is to lie on the cloth, from the seams alone.

Along a seam both panels should show the same place of the cloth, as if it had never been cut. No curved seam can have
that all along; so panels are laid one after the other, the best seam first, each by its mean along that seam. So a
garment looks best; a marker (`stripes`) is laid as a cutter lays it, by notches, and joins its panels the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .pattern import Pattern
from .pieces import Panel
from .seams import sewn_runs
from .stripes import on_marker, placed

Points = NDArray[np.float64]
Match = Literal["bars", "checks"]

_SAMPLES = 24  # points a run of a seam is looked at
_STRAIGHT = 0.002  # metres that a seam may stray from the grain for stripes along it to be matched
_SHORT = 1e-3  # metres of spread by which a seam of a metre is preferred to one of half a metre


@dataclass(frozen=True)
class Matching:
    """Where panels lie on the cloth, and how well they meet.

    shifts: panel → (2,) metres, along weft and warp, of its own origin on the cloth · apart: seam between panels →
    metres, root mean square along it, by which bars miss each other there
    """

    shifts: Mapping[str, Points]
    apart: Mapping[str, float]


@dataclass(frozen=True)
class _Joint:
    """A seam between two panels: (n, 2) by how much a's place on the cloth is beyond b's, and its length."""

    seam: str
    a: str
    b: str
    beyond: Points
    length: float


def on_cloth(panel: Panel, points: Points) -> Points:
    """Points (n, 2) of a panel as (along weft, along warp) from its own origin, metres."""
    return on_marker(points, panel.grain)[:, ::-1] * (-1.0, 1.0)


def matched(pattern: Pattern, match: Match) -> Matching:
    """Lay a pattern's panels so that bars (stripes along the weft) run on round the garment; "checks": both ways.

    Along the weft, only seams that follow the grain can be matched, such as a centre back's; all other panels keep
    their own origin at the cloth's, which is the fold's or the centre line's place. Raises SeamMismatch.
    """
    panels = {panel.name: panel for panel in pattern.panels()}
    joints = _joints(pattern, panels)
    shifts = {name: np.zeros(2) for name in panels}
    for way in (1, 0) if match == "checks" else (1,):
        usable = [j for j in joints if way == 1 or np.ptp(j.beyond[:, way]) < _STRAIGHT]
        best = sorted(usable, key=lambda j: float(j.beyond[:, way].std()) - _SHORT * j.length)
        largest = sorted(panels, key=lambda name: -panels[name].area)
        for name, shift in placed(largest, [(j.a, j.b, float(j.beyond[:, way].mean())) for j in best]).items():
            shifts[name][way] = shift
    apart: dict[str, list[Points]] = {}
    for joint in joints:
        apart.setdefault(joint.seam, []).append(joint.beyond + shifts[joint.a] - shifts[joint.b])
    missed = {seam: float(np.sqrt((np.concatenate(rows)[:, 1] ** 2).mean())) for seam, rows in apart.items()}
    return Matching(shifts, missed)


def _joints(pattern: Pattern, panels: Mapping[str, Panel]) -> list[_Joint]:
    gathered: dict[tuple[str, str, str], list[tuple[Points, float]]] = {}
    for run in sewn_runs(pattern):
        if run.a.panel != run.b.panel:
            sides = [
                on_cloth(panels[ref.panel], panels[ref.panel].line(ref.edge).at(np.linspace(*span, _SAMPLES)))
                for ref, span in ((run.a, run.a_span), (run.b, run.b_span))
            ]
            length = abs(run.a_span[1] - run.a_span[0])
            gathered.setdefault((run.seam, run.a.panel, run.b.panel), []).append((sides[0] - sides[1], length))
    return [
        _Joint(seam, a, b, np.concatenate([beyond for beyond, _ in runs]), sum(length for _, length in runs))
        for (seam, a, b), runs in gathered.items()
    ]
