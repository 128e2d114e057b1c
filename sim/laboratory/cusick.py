# SPDX-License-Identifier: GPL-3.0-or-later
"""The Cusick drape test (ISO 9073-9): a disc on a smaller round support, and how much of a shadow it casts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..fabric import Mechanics
from ..sheet import Sheet, SheetEngine
from .meshes import Cut, SpecimenRefused, disc, rest_areas
from .outcome import LaboratoryRefused, Outcome, facts

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

SUPPORT = 0.18  # metres across
DISCS = (0.24, 0.30, 0.36)  # metres across: the standard's for limp, medium and stiff cloth
_LIMP, _STIFF = 0.30, 0.85  # drape coefficients of the medium disc from which on the standard takes the other two
_LINES = 3000  # light rays across a shadow
_UNEVEN = 5e-5  # metres, each wave's: no cloth lies perfectly flat, and one that did could not choose its folds
_WAVES = np.arange(2, 13)  # round the rim; the same on every mesh, so that it is not the mesh that chooses them
_SEED = 1968
MOST_SPECIMENS = 20
_BEARINGS = 720  # directions in which an outline is looked at
_SHALLOW = 0.7
_NO_FOLDS = 0.01  # of the outline's mean radius: waves lower than this are none


@dataclass(frozen=True, kw_only=True)
class Cusick(Outcome):
    """How a disc drapes.

    drape_coefficient: the shadow of the cloth outside the support over that cloth's area, 0 … 1, in the mean of so
    many specimens; deviation: the standard deviation among them, 0 of one. band: what the class of fabrics is known
    for, (0, 1) where it is not. diameter: the disc's, metres; diameter_advised: the one that the standard would take
    for a cloth so limp or stiff. Of the last specimen nodes: folds round the shadow's outline; amplitude: of the sine
    whose waves are as high as the outline's, metres; radius: the outline's mean, metres.
    """

    test: ClassVar[str] = "cusick"

    diameter: float
    drape_coefficient: float
    specimens: int
    deviation: float
    band: tuple[float, float]
    in_band: bool
    diameter_advised: float
    nodes: int
    amplitude: float
    radius: float


def cusick(
    engine: SheetEngine,
    fabric: Mechanics,
    cut: Cut,
    diameter: float = 0.30,
    residual: float = 1e-4,
    specimens: int = 1,
) -> Cusick:
    """A disc of `diameter` metres laid on the support and let go, or several, one after the other.

    All that lies on the support is held. The direction turns the threads under the mesh, so it should change nothing
    but the shadow's own bearing. One cloth drapes now in seven folds and now in nine, as little more than chance has
    it, so the standard takes the mean of several specimens; each of these lies unevenly in its own way.
    Raises SpecimenRefused, also for particles farther apart than the cloth's bending length, LaboratoryRefused for a
    disc that the standard has not and for fewer specimens than one or more than MOST_SPECIMENS.
    """
    if not 1 <= specimens <= MOST_SPECIMENS:
        raise LaboratoryRefused(f"Give 1 to {MOST_SPECIMENS} specimens, not {specimens}.")
    if not any(math.isclose(diameter, known) for known in DISCS):
        raise LaboratoryRefused(f"The standard has discs of {', '.join(f'{d:g}' for d in DISCS)} m, not {diameter:g}.")
    if cut.particle_distance > (limit := max(fabric.bending_length)):
        raise SpecimenRefused(
            f"A particle distance of {1e3 * cut.particle_distance:g} mm is too coarse for folds of “{fabric.name}”: "
            f"give at most its bending length, {1e3 * limit:.3g} mm."
        )
    flat = disc(cut, diameter / 2, SUPPORT / 2)
    r = np.hypot(*flat.points.T)
    held = np.flatnonzero(r < SUPPORT / 2 + 1e-9).astype(np.int32)
    sheets: list[Sheet] = []
    for specimen in range(specimens):
        start = flat.lifted
        start[:, 2] = _unevenness(flat.points, diameter, specimen)
        sheets.append(Sheet(start, cut.uv(flat.points), flat.faces, held))
    rests = [engine.settle(sheet, fabric, residual) for sheet in sheets]
    told = facts(engine, fabric, cut, sheets[-1], rests)
    under = math.pi * SUPPORT**2 / 4
    whole = float(rest_areas(sheets[-1].uv, flat.faces).sum())
    each = [(shadow_area(rest.positions, flat.faces) - under) / (whole - under) for rest in rests]
    coefficient = float(np.mean(each))
    low, high = fabric.drape
    rim = rests[-1].positions[r > diameter / 2 - 1e-9]  # in order round the disc
    nodes, amplitude, radius = folds(outline(rim))
    return Cusick(
        **told,
        diameter=diameter,
        drape_coefficient=coefficient,
        specimens=specimens,
        deviation=float(np.std(each, ddof=1)) if specimens > 1 else 0.0,
        band=(low, high),
        in_band=low <= coefficient <= high,
        diameter_advised=DISCS[0] if coefficient < _LIMP else DISCS[2] if coefficient > _STIFF else DISCS[1],
        nodes=nodes,
        amplitude=amplitude,
        radius=radius,
    )


def _unevenness(points: Points, diameter: float, specimen: int) -> Points:
    """(n,) metres by which points (n, 2) of a disc lie above the table: not at all on the support, and level there."""
    x, y = points.T
    out = np.maximum(np.hypot(x, y) - SUPPORT / 2, 0.0) / (diameter / 2 - SUPPORT / 2)
    phase = np.random.default_rng(_SEED + specimen).uniform(0.0, 2 * math.pi, len(_WAVES))
    return _UNEVEN * out**2 * np.cos(np.arctan2(y, x)[:, None] * _WAVES + phase).sum(axis=1)


def shadow_area(positions: Points, faces: Ints, lines: int = _LINES) -> float:
    """m² that the triangles shade together with the light straight above: positions (n, 2 or 3), faces (m, 3).

    Along each of `lines` rays in x the shaded length is exact, however the cloth overlaps: the triangles' sections,
    sorted, joined and summed. Across the rays it is the midpoint rule.
    """
    corner = positions[faces][:, :, :2]
    low, high = float(corner[:, :, 1].min()), float(corner[:, :, 1].max())
    step = (high - low) / lines
    if not step > 0:
        return 0.0
    corner = np.take_along_axis(corner, np.argsort(corner[:, :, 1], axis=1)[:, :, None], axis=1)
    a, b, c = corner.transpose(1, 0, 2)  # from low to high y
    first = np.ceil((a[:, 1] - low) / step - 0.5).astype(np.int64)
    count = np.ceil((c[:, 1] - low) / step - 0.5).astype(np.int64) - first
    face = np.repeat(np.arange(len(faces)), count)
    line = np.arange(len(face)) - np.repeat(np.cumsum(count) - count, count) + first[face]
    y = low + (line + 0.5) * step

    def crossing(p: Points, q: Points) -> Points:
        rise = np.maximum(q[face, 1] - p[face, 1], 1e-300)
        return p[face, 0] + np.clip((y - p[face, 1]) / rise, 0.0, 1.0) * (q[face, 0] - p[face, 0])

    ends = np.stack([crossing(a, c), np.where(y < b[face, 1], crossing(a, b), crossing(b, c))])
    # All rays one after another on a single long line, far enough apart not to touch.
    ends = ends - ends.min(initial=0.0) + line * (np.ptp(corner[:, :, 0]) + 1.0)
    start, end = np.sort(ends, axis=0)
    order = np.argsort(start)
    start, end = start[order], end[order]
    shaded = np.concatenate([[-np.inf], np.maximum.accumulate(end)[:-1]])
    return float(np.maximum(end - np.maximum(start, shaded), 0.0).sum() * step)


def outline(rim: Points) -> Points:
    """(_BEARINGS,) how far, from above, the closed curve through `rim` (k, 2 or 3) reaches from the origin each way."""
    ends = np.roll(rim, -1, axis=0)
    t = np.linspace(0.0, 1.0, 16, endpoint=False)[:, None, None]
    x, y = (rim[:, :2] + t * (ends - rim)[:, :2]).reshape(-1, 2).T
    bearing = np.arctan2(y, x) % (2 * math.pi)
    bins = np.minimum((bearing / (2 * math.pi) * _BEARINGS).astype(np.intp), _BEARINGS - 1)
    reach = np.zeros(_BEARINGS)
    np.maximum.at(reach, bins, np.hypot(x, y))
    seen = np.flatnonzero(reach)
    return np.interp(np.arange(_BEARINGS), seen, reach[seen], period=_BEARINGS)


def folds(reach: Points) -> tuple[int, float, float]:
    """(how many waves, their amplitude, the mean) of a closed outline (b,), metres.

    A fold is counted where the outline comes in again by more than _SHALLOW of its mean deviation, having gone out by
    as much: the low ones among high ones count, a ripple on a fold does not.
    """
    mean, spread = float(reach.mean()), float(reach.std())
    amplitude = math.sqrt(2) * spread
    if amplitude < _NO_FOLDS * mean:
        return 0, amplitude, mean
    rising, turn, nodes = False, float(reach.max()), 1
    for at in np.roll(reach, -int(reach.argmax())).tolist():  # from the farthest fold all round to it again
        turn = max(turn, at) if rising else min(turn, at)
        if abs(at - turn) > _SHALLOW * spread:
            nodes += rising
            rising, turn = not rising, at
    return nodes, amplitude, mean
