# SPDX-License-Identifier: GPL-3.0-or-later
"""How a folded garment is shaded in Blender: each side of a fold by itself."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from people import WOMAN
from toile.addon import bridge
from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import build_cloth


def test_both_sides_of_a_collars_fold_are_shaded_as_they_lie_and_a_seam_is_smooth():
    cloth = build_cloth(draft("polo", WOMAN), avatar({"stature": 1.68}), 0.03, untangle=False)
    mesh = bridge.draped_mesh("polo", cloth, cloth.welded(cloth.vertices), cloth.welded_faces)
    ends, sharp = np.empty(2 * len(mesh.edges), np.int32), np.empty(len(mesh.edges), bool)
    mesh.edges.foreach_get("vertices", ends)
    mesh.attributes["sharp_edge"].data.foreach_get("value", sharp)
    found = {tuple(sorted(pair)) for pair in ends.reshape(-1, 2)[sharp].tolist()}
    assert found == {tuple(sorted(pair)) for pair in cloth.weld[cloth.creases].tolist()}

    corner, flat = np.empty(3 * len(mesh.loops), np.float32), np.empty(3 * len(mesh.polygons), np.float32)
    mesh.corner_normals.foreach_get("vector", corner)
    mesh.polygon_normals.foreach_get("vector", flat)
    with_face = np.einsum("mkd,md->mk", corner.reshape(-1, 3, 3), flat.reshape(-1, 3))
    turned = np.isin(cloth.welded_faces, cloth.weld[cloth.pressed])
    assert turned.sum() > 20
    assert np.median(with_face[turned]) > 0.9  # smoothed over the fold, they would stand square to both sides
    side = cloth.weld[cloth.sewing[cloth.seam_of == cloth.seam_names.index("side_left"), 0]]
    assert not found & {tuple(sorted(pair)) for pair in zip(side[:-1].tolist(), side[1:].tolist(), strict=True)}
