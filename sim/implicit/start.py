# SPDX-License-Identifier: GPL-3.0-or-later
"""A start in which nothing touches: what crosses itself or the body is parted, smoothed and lifted until it does not.

Once nothing crosses, triangles almost without height are smoothed too: a corner so near to the edge opposite would cut
every step short. Smoothed before, they drew layers into each other that contours alone had parted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloth import Cloth
from ..distance import MeshDistance
from ..drape import DrapeRefused, Watch
from ..finish import HOPE, off_the_skin, smoothed, uncrossed
from ..intersections import intersections, self_intersections
from .membrane import elements, gradients

Points = NDArray[np.float64]

_ROUNDS = 24
_FEWER = 0.9  # times the fewest crossings so far, below which a round has helped
_FLAT = 0.03  # of its height when cut, below which a triangle is smoothed, so many times
_FLAT_ROUNDS = 2


def _crossing(x: Points, cloth: Cloth, body: MeshDistance) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    faces = cloth.welded_faces
    return self_intersections(x, faces), intersections(x, faces, body.vertices, body.faces)


def _flattened(x: Points, cloth: Cloth) -> NDArray[np.intp]:
    """(k,) the triangles that are squeezed to less than _FLAT in some direction."""
    stretch = np.linalg.svd(gradients(elements(cloth.uv[cloth.faces]), x[cloth.welded_faces]), compute_uv=False)
    return np.flatnonzero(stretch[:, 1] < _FLAT)


def untangled(x: Points, cloth: Cloth, body: MeshDistance, watch: Watch | None = None) -> Points:
    """(w, 3) welded positions near x that neither cross themselves nor the body; `watch` is told of every round.

    Raises DrapeRefused, naming the panels, where they cannot be parted.
    """
    faces = cloth.welded_faces
    apart, flattened, smoothings = None, 0, 0
    fewest, before, since = np.inf, np.inf, 0
    itself, with_body = _crossing(x, cloth, body)
    for k in range(_ROUNDS + 1):
        found = len(itself) + len(with_body)
        if watch is not None:
            watch.step(0.0, f"Parting the panels, {found} places left")
        if not found:
            flat = _flattened(x, cloth)
            if apart is not None and len(flat) >= flattened:
                return apart
            if not len(flat) or smoothings == _FLAT_ROUNDS:
                return x
            apart, flattened, smoothings = x, len(flat), smoothings + 1
            x = smoothed(x, faces, flat)
            itself, with_body = _crossing(x, cloth, body)
            fewest, before, since = np.inf, np.inf, 0
            continue
        lifting = found < _FEWER * before
        fewest, since = (found, 0) if found < _FEWER * fewest else (fewest, since + 1)
        if since == HOPE or k == _ROUNDS:
            break
        if len(with_body):
            x = off_the_skin(x, faces, body)
            cut = np.unique(faces[with_body[:, 0]])
            near = body.query(x[cut])
            x[cut] += 0.002 * near.normal
        if len(itself) or not lifting:  # what crosses the body alone seldom takes more than being lifted
            x = uncrossed(x, faces, body)
        itself, with_body, before = *_crossing(x, cloth, body), found
    if apart is not None:
        return apart  # with the triangles that are almost without height
    tangled = np.unique(cloth.panel[cloth.faces[np.concatenate([itself.ravel(), with_body[:, 0]]), 0]])
    names = ", ".join(cloth.panel_names[k] for k in tangled)
    raise DrapeRefused(
        f"The panels cannot be parted before sewing: {names} cross themselves or the body. "
        "Give more ease there, or a finer particle distance."
    )
