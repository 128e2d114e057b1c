# SPDX-License-Identifier: GPL-3.0-or-later
"""Going on from the last drape: a cloth that was cut a little differently takes the place of the one that hung there.

A panel's flat shape is its own map: each new point, brought from the new panel's extent into the old one's, lies in (or
a hair beside) an old triangle, and hangs where that triangle hangs. Seams meet in the mean of what their panels say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .cloth import Cloth
from .distance import MeshDistance
from .drape import DrapeRefused, Wishes
from .finish import off_the_skin
from .intersections import intersections, self_intersections

Points = NDArray[np.float64]
Ints = NDArray[np.int32]

MOST_RESIZED = 0.25  # of a panel's width or height; beyond, the old drape says little about the new cloth
_BESIDE = 0.015  # metres that a new point may lie off the old panel and still follow the triangle at its rim
_LIFTS = 8  # rounds of lifting what cuts through the body, at most
_LIFT = 0.002  # metres


class PinsLost(DrapeRefused):
    """Pinned points have no place in a pattern that has changed too much."""


@dataclass(frozen=True)
class Hung:
    """A garment as it hangs.

    vertices (w, 3), faces (m, 3), uv (m, 3, 2): each face's corners in the flat pattern, in metres. panel (m,): index
    into panel_names. pinned (k,): vertices that are to stay where they are.
    """

    vertices: Points
    faces: Ints
    uv: Points
    panel: Ints
    panel_names: tuple[str, ...]
    pinned: Ints = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def of(cls, cloth: Cloth, positions: Points) -> Hung:
        """A cloth as it hangs with its welded vertices at (w, 3)."""
        panel = cloth.panel[cloth.faces[:, 0]].astype(np.int32)
        return cls(positions, cloth.welded_faces, cloth.uv[cloth.faces], panel, cloth.panel_names)


def warm_start(cloth: Cloth, body: Body, hung: Hung, wishes: Wishes) -> Wishes:
    """The wishes with a start (w, 3) from the last drape, and its pins as vertices of this cloth.

    Without a start, so that the engine begins with the placed panels, where a panel is new or more than MOST_RESIZED
    larger or smaller, or where the start would cross itself or the body. Raises PinsLost where that leaves pins behind.
    """
    start = _start(cloth, body, hung)
    if start is None:
        if len(hung.pinned):
            raise PinsLost("The pattern has changed too much for its pins: clear them, then drape.")
        return wishes
    pins = [int(((start - at) ** 2).sum(axis=1).argmin()) for at in hung.vertices[hung.pinned]]
    return replace(wishes, start=start, pinned=np.unique(np.array(pins, np.int32)))


def carried(cloth: Cloth, hung: Hung) -> Points | None:
    """(w, 3) where the old drape puts the welded vertices, crossings and all; None where they differ too much."""
    carry = carrier(cloth, hung)
    return None if carry is None else carry(hung.vertices)


def carrier(cloth: Cloth, hung: Hung) -> Callable[[Points], Points] | None:
    """What takes positions of the old garment's vertices to (w, 3) of the cloth's welded ones; None as above.

    Each vertex is a mean of the corners of an old face, so it can be asked for frame after frame.
    """
    if not set(cloth.panel_names) <= set(hung.panel_names):
        return None
    corners, shares = np.empty((len(cloth.uv), 3), np.int64), np.empty((len(cloth.uv), 3))
    for number, name in enumerate(cloth.panel_names):
        mine, theirs = cloth.panel == number, np.flatnonzero(hung.panel == hung.panel_names.index(name))
        found = _places(cloth.uv[mine], hung.uv[theirs])
        if found is None:
            return None
        corners[mine], shares[mine] = hung.faces[theirs[found[0]]], found[1]
    return lambda vertices: cloth.welded(np.einsum("nk,nkc->nc", shares, vertices[corners]))


def _start(cloth: Cloth, body: Body, hung: Hung) -> Points | None:
    x, faces = carried(cloth, hung), cloth.welded_faces
    if x is None:
        return None
    surface = MeshDistance(body.vertices, body.faces)
    for _ in range(_LIFTS):
        crossing = intersections(x, faces, body.vertices, body.faces)
        if not len(crossing):
            break
        x = off_the_skin(x, faces, surface)
        touching = np.unique(faces[crossing[:, 0]])
        x[touching] += _LIFT * surface.query(x[touching]).normal
    else:
        return None
    return None if len(self_intersections(x, faces)) else x


def _places(points: Points, uv: Points) -> tuple[NDArray[np.int64], Points] | None:
    """In which old triangle (n,) of uv (m, 3, 2) a panel's flat points (n, 2) are, and its corners' shares (n, 3)."""
    sides = uv[:, 1:] - uv[:, :1]
    sound = np.flatnonzero(np.abs(np.linalg.det(sides)) > 1e-6 * (sides**2).sum(axis=2).max(axis=1))
    if not len(sound):
        return None
    old = uv[sound].reshape(-1, 2)
    low, extent = points.min(axis=0), np.ptp(points, axis=0)
    old_low, old_extent = old.min(axis=0), np.ptp(old, axis=0)
    if (np.abs(extent / old_extent - 1) > MOST_RESIZED).any():
        return None
    at = (points - low) * (old_extent / extent) + old_low
    flat = np.pad(old, ((0, 0), (0, 1)))
    near = MeshDistance(flat, np.arange(len(flat)).reshape(-1, 3)).query(np.pad(at, ((0, 0), (0, 1))), _BESIDE)
    if (near.face < 0).any():
        return None
    face = sound[near.face]
    shares = np.linalg.solve(np.swapaxes(sides[face], 1, 2), (at - uv[face, 0])[..., None])[..., 0]
    return face, np.column_stack([1 - shares.sum(axis=1), shares])
