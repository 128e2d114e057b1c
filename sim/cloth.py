# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloth: a pattern meshed, its seams paired, its panels placed about a body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from ..patterns import Pattern
from .meshing import mesh_pattern, run_vertices
from .placing import place_panels

_GAP_IN_UV = 0.02  # metres between panels laid out side by side


@dataclass(frozen=True)
class Cloth:
    """What an engine drapes.

    vertices (n, 3): placed, with every seam all but closed, so that `welded` is the garment where it starts. uv (n, 2):
    rest position in metres, panels side by side, the warp along +v. faces (m, 3). panel (n,): index into panel_names.
    sewing (s, 2): vertex pairs to be closed; seam_of (s,): index into seam_names. weld (n,): index of the vertex that
    each becomes when the seams are welded, 0 … w − 1. apart (n, 3): the panels before sewing, for an engine that pulls
    seams together; None where they start as `vertices`.
    """

    vertices: NDArray[np.float64]
    uv: NDArray[np.float64]
    faces: NDArray[np.int32]
    panel: NDArray[np.int16]
    panel_names: tuple[str, ...]
    fabric_of_panel: tuple[str, ...]
    sewing: NDArray[np.int32]
    seam_of: NDArray[np.int16]
    seam_names: tuple[str, ...]
    weld: NDArray[np.int32]
    apart: NDArray[np.float64] | None = None

    @property
    def unsewn(self) -> NDArray[np.float64]:
        """(n, 3) the panels before sewing."""
        return self.vertices if self.apart is None else self.apart

    @property
    def welded_count(self) -> int:
        return int(self.weld.max()) + 1 if len(self.weld) else 0

    def welded(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """(w, 3) means of the positions (n, 3) of the vertices that are welded together."""
        n = np.bincount(self.weld, minlength=self.welded_count)
        return np.stack([np.bincount(self.weld, positions[:, k]) / n for k in range(3)], axis=1)

    @property
    def welded_faces(self) -> NDArray[np.int32]:
        """(m, 3) faces over the welded vertices."""
        return self.weld[self.faces]


def _weld_map(n: int, pairs: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) label of each vertex's connected component under the pairs, numbered in order of first appearance."""
    root = np.arange(n)
    while True:
        low = root.copy()
        np.minimum.at(low, pairs[:, 0], root[pairs[:, 1]])
        np.minimum.at(low, pairs[:, 1], root[pairs[:, 0]])
        low = low[low]
        if (low == root).all():
            return np.unique(root, return_inverse=True)[1].astype(np.int32)
        root = low


def build_cloth(pattern: Pattern, body: Body, particle_distance: float = 0.012) -> Cloth:
    """Mesh a pattern, pair its seams and wrap its panels about a body.

    particle_distance in metres. Raises ParticleDistanceRefused or PlacingRefused.
    """
    pattern = pattern.draped()
    meshes, runs = mesh_pattern(pattern, particle_distance)
    panels = pattern.panels()
    offset = dict(zip(meshes, np.cumsum([0, *(len(m.points) for m in meshes.values())])[:-1], strict=True))

    pairs: list[NDArray[np.intp]] = []
    seam_of: list[NDArray[np.intp]] = []
    seam_names = tuple(s.name for s in pattern.seams)
    for run in runs:
        a = run_vertices(meshes[run.a.panel], run.a.edge, run.a_span) + offset[run.a.panel]
        b = run_vertices(meshes[run.b.panel], run.b.edge, run.b_span) + offset[run.b.panel]
        pairs.append(np.stack([a, b], axis=1))
        seam_of.append(np.full(len(a), seam_names.index(run.seam)))
    sewing = np.concatenate([*pairs, np.empty((0, 2), np.intp)]).astype(np.int32)
    seam_index = np.concatenate([*seam_of, np.empty(0, np.intp)]).astype(np.int16)
    apart = sewing[:, 0] != sewing[:, 1]  # a dart's apex meets itself
    sewing, seam_index = sewing[apart], seam_index[apart]
    _, first = np.unique(np.sort(sewing, axis=1), axis=0, return_index=True)
    first.sort()
    sewing, seam_index = sewing[first], seam_index[first]

    uv: list[NDArray[np.float64]] = []
    right = 0.0
    for panel in panels:
        g = panel.grain
        laid = meshes[panel.name].points @ np.array([[g[1], g[0]], [-g[0], g[1]]])  # the grain becomes +v
        laid = laid - [laid[:, 0].min() - right, 0.0]
        right = float(laid[:, 0].max()) + _GAP_IN_UV
        uv.append(laid)
    faces = np.concatenate([meshes[p.name].faces + offset[p.name] for p in panels]).astype(np.int32)
    weld = _weld_map(sum(len(m.points) for m in meshes.values()), sewing)
    flat = {p.name: meshes[p.name].points for p in panels}
    apart, vertices = place_panels(panels, flat, faces, sewing, weld, body)
    return Cloth(
        vertices=vertices,
        uv=np.concatenate(uv),
        faces=faces,
        panel=np.repeat(np.arange(len(panels)), [len(flat[p.name]) for p in panels]).astype(np.int16),
        panel_names=tuple(p.name for p in panels),
        fabric_of_panel=tuple(p.fabric for p in panels),
        sewing=sewing,
        seam_of=seam_index,
        seam_names=seam_names,
        weld=weld,
        apart=apart,
    )
