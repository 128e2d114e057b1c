# SPDX-License-Identifier: GPL-3.0-or-later
"""A start in which nothing touches: what crosses itself or the body is smoothed and lifted until it does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..cloth import Cloth
from ..distance import MeshDistance
from ..drape import DrapeRefused
from ..finish import off_the_skin, uncrossed
from ..intersections import intersections, self_intersections

Points = NDArray[np.float64]

_ROUNDS = 24


def _crossing(x: Points, cloth: Cloth, body: MeshDistance) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    faces = cloth.welded_faces
    return self_intersections(x, faces), intersections(x, faces, body.vertices, body.faces)


def untangled(x: Points, cloth: Cloth, body: MeshDistance) -> Points:
    """(w, 3) welded positions near x that neither cross themselves nor the body.

    Raises DrapeRefused, naming the panels, where smoothing does not part them.
    """
    faces = cloth.welded_faces
    itself, with_body = _crossing(x, cloth, body)
    for _ in range(_ROUNDS):
        if not len(itself) and not len(with_body):
            return x
        if len(with_body):
            x = off_the_skin(x, faces, body)
            cut = np.unique(faces[with_body[:, 0]])
            near = body.query(x[cut])
            x[cut] += 0.002 * near.normal
        x = uncrossed(x, faces, body)
        itself, with_body = _crossing(x, cloth, body)
    if not len(itself) and not len(with_body):
        return x
    tangled = np.unique(cloth.panel[cloth.faces[np.concatenate([itself.ravel(), with_body[:, 0]]), 0]])
    names = ", ".join(cloth.panel_names[k] for k in tangled)
    raise DrapeRefused(
        f"The panels cannot be parted before sewing: {names} cross themselves or the body. "
        "Give more ease there, or a finer particle distance."
    )
