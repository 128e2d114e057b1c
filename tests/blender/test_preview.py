# SPDX-License-Identifier: GPL-3.0-or-later
"""The studio photograph: every figure in the frame, and the scene as it was before."""

import dataclasses
import struct

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from toile.addon import preview
from toile.addon.export import ExportRefused
from toile.addon.material import fabric_material, packed
from toile.addon.preview import VIEWS, render_preview
from toile.addon.stitching import seam_edges
from toile.models.making import fabric_maps
from toile.models.recipes import recipe

SIZE = (180, 80)
DATA = ("scenes", "objects", "meshes", "cameras", "lights", "materials", "worlds", "collections")


@pytest.fixture(autouse=True)
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def painted(name, colour):
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    surface = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = (*colour, 1)
    surface.inputs["Roughness"].default_value = 1
    return material


@pytest.fixture
def figure():
    """A box 0.5 × 0.3 × 1.7 m, away from the origin, red in front (−Y) and blue behind."""
    x, y, z = (3.0, 3.5), (-2.0, -1.7), (0.0, 1.7)
    corners = [(a, b, c) for c in z for b in y for a in x]
    faces = [(0, 1, 5, 4), (3, 2, 6, 7), (0, 2, 3, 1), (4, 5, 7, 6), (1, 3, 7, 5), (2, 0, 4, 6)]
    mesh = bpy.data.meshes.new("figure")
    mesh.from_pydata(corners, [], faces)
    for material in (painted("red", (0.8, 0.02, 0.02)), painted("blue", (0.02, 0.02, 0.8))):
        mesh.materials.append(material)
    mesh.polygons[1].material_index = 1
    obj = bpy.data.objects.new("figure", mesh)
    bpy.context.collection.objects.link(obj)
    return obj


def pixels_of(path):
    image = bpy.data.images.load(str(path))
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    width, height = image.size
    bpy.data.images.remove(image)
    return flat.reshape(height, width, -1)[::-1, :, :3]


def test_front_and_back_stand_side_by_side_whole_and_centred(figure, tmp_path):
    said = []
    render_preview(
        [figure],
        tmp_path / "preview.png",
        views=("front", "back"),
        size=SIZE,
        samples=4,
        progress=lambda fraction, text: said.append((fraction, text)),
    )
    header = (tmp_path / "preview.png").read_bytes()[:24]
    assert struct.unpack(">II", header[16:24]) == SIZE
    picture = pixels_of(tmp_path / "preview.png")
    red = picture[..., 0] > 2 * picture[..., 2]
    blue = picture[..., 2] > 2 * picture[..., 0]
    assert red[:, : SIZE[0] // 2].sum() > 0.9 * red.sum() > 300
    assert blue[:, SIZE[0] // 2 :].sum() > 0.9 * blue.sum() > 300
    seen = np.argwhere(red | blue)
    top_left, bottom_right = seen.min(axis=0), seen.max(axis=0)
    assert (top_left > 0).all()
    assert (bottom_right < (SIZE[1] - 1, SIZE[0] - 1)).all()
    assert bottom_right[0] - top_left[0] > 0.75 * SIZE[1]  # the figures fill the picture
    assert abs((top_left[1] + bottom_right[1]) / 2 - SIZE[0] / 2) < 0.05 * SIZE[0]
    fractions = [fraction for fraction, _ in said]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_scene_is_left_as_it_was(figure, tmp_path):
    before = {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in DATA}
    engine, current = bpy.context.scene.render.engine, bpy.context.scene
    render_preview([figure], tmp_path / "a.png", views=["side"], size=(32, 48), samples=1)
    assert {kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in DATA} == before
    assert bpy.context.scene == current
    assert bpy.context.scene.render.engine == engine
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_modifiers_are_seen_as_they_are_now(figure, tmp_path):
    figure.modifiers.new("twice", "ARRAY").relative_offset_displace = (0, 0, 1)
    render_preview([figure], tmp_path / "a.png", views=["front"], size=(60, 120), samples=1)
    picture = pixels_of(tmp_path / "a.png")
    rows, columns = np.nonzero(picture[..., 0] > 2 * picture[..., 2])
    assert np.ptp(rows) / np.ptp(columns) == pytest.approx(3.4 / 0.5, rel=0.2)


def test_yarns_far_below_a_pixel_show_their_mean_light_and_the_fabric_keeps_its_maps(figure, tmp_path):
    # Half black, half white threads reflect half the light, which is code 188 in sRGB, not 128.
    threads = np.zeros((256, 256, 3), np.uint8)
    threads[:, ::2] = 255
    maps = dataclasses.replace(fabric_maps(recipe("linen"), 64, np.random.default_rng(0)), albedo=threads)
    maps = dataclasses.replace(maps, size_m=(0.02, 0.02))
    material = fabric_material("linen", maps)
    figure.data.uv_layers.new(name="UVMap")
    figure.data.materials.clear()
    figure.data.materials.append(material)
    texture = next(n for n in material.node_tree.nodes if n.type == "TEX_IMAGE" and n.image.size[0] == 256)
    fabric = texture.image
    small = preview._averaged(fabric, 64)
    assert tuple(small.size) == (4, 4)
    assert list(small.pixels)[:3] == pytest.approx([188 / 255] * 3, abs=0.02)
    bpy.data.images.remove(small)
    images = len(bpy.data.images)
    render_preview([figure], tmp_path / "a.png", views=["front"], size=(32, 48), samples=1)
    assert texture.image == fabric
    assert len(bpy.data.images) == images


@pytest.mark.parametrize("axis", [0, 1])
def test_slopes_far_below_a_pixel_make_cloth_matt_and_flat_cloth_shines_as_before(axis):
    smooth = packed("smooth", np.full((64, 64), 0.4, np.float32), "Non-Color")
    flat, ribs = (np.tile(np.array([0.0, 0.0, 1.0], np.float32), (64, 64, 1)) for _ in range(2))
    ribs[..., axis] = np.where(np.indices((64, 64))[axis] % 2, 0.6, -0.6)
    ribs[..., 2] = 0.8
    plain, matt = (
        np.array(preview._averaged(smooth, 16, packed("relief", n / 2 + 0.5, "Non-Color")).pixels)[0]
        for n in (flat, ribs)
    )
    assert plain == pytest.approx(0.4, abs=0.01)
    assert matt == pytest.approx((0.4**4 + 0.6**2) ** 0.25, abs=0.01)  # twice the mean of both axes' variance


def test_what_cannot_be_photographed_is_refused(figure, tmp_path):
    with pytest.raises(ExportRefused, match="nothing to show"):
        render_preview([], tmp_path / "a.png")
    with pytest.raises(ExportRefused, match="front"):
        render_preview([figure], tmp_path / "a.png", views=["from above"])
    empty = bpy.data.objects.new("empty", bpy.data.meshes.new("empty"))
    bpy.context.collection.objects.link(empty)
    with pytest.raises(ExportRefused, match="no vertices"):
        render_preview([empty], tmp_path / "a.png", size=(16, 16), samples=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportRefused, match="another folder"):
        render_preview([figure], tmp_path / "file" / "a.png", size=(16, 16), samples=1)
    assert set(VIEWS) >= {"front", "three_quarter", "back"}
    assert len(bpy.data.scenes) == 1


def cloth_of(width, cut):
    """A sheet of 2 × 3 squares in triangles, its flat pattern cut open along x = 1 by `cut` metres."""
    x, y = np.meshgrid(np.arange(3.0), np.arange(4.0))
    corners = np.stack([x.ravel(), 0 * x.ravel(), y.ravel()], axis=1) * width
    quads = np.array([[3 * j + i, 3 * j + i + 1, 3 * j + i + 4, 3 * j + i + 3] for j in range(3) for i in range(2)])
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    mesh = bpy.data.meshes.new("cloth")
    mesh.from_pydata(corners.tolist(), [], faces.tolist())
    right = corners[faces].mean(axis=1)[:, 0] > width
    flat = corners[faces][..., [0, 2]] + np.array([cut, 0.0]) * right[:, None, None]
    layer = mesh.uv_layers.new(name="UVMap")
    layer.uv.foreach_set("vector", flat.astype(np.float32).ravel())
    mesh.attributes.new("panel", "INT", "FACE").data.foreach_set("value", right.astype(np.int32))
    return mesh


def test_a_seam_is_where_the_cloth_goes_on_and_its_pattern_does_not():
    mesh = cloth_of(0.2, 0.1)
    ends = np.array([[mesh.vertices[v].co.x for v in mesh.edges[e].vertices] for e in seam_edges(mesh)])
    assert ends.shape == (3, 2)
    assert np.allclose(ends, 0.2)
    assert not len(seam_edges(cloth_of(0.2, 0.0)))


def test_a_seam_is_seen_in_the_photograph(tmp_path):
    shot = {}
    for name, cut in (("whole", 0.0), ("sewn", 0.1)):
        cloth = bpy.data.objects.new(name, cloth_of(0.2, cut))
        cloth.data.materials.append(painted(name, (0.8, 0.8, 0.8)))
        render_preview([cloth], tmp_path / f"{name}.png", views=["front"], size=(60, 80), samples=16)
        shot[name] = pixels_of(tmp_path / f"{name}.png").mean(axis=2)
    darker = (shot["whole"] - shot["sewn"])[30:50].mean(axis=0)  # column by column
    assert darker[28:32].max() > 0.02
    assert np.abs(darker[[20, 22, 38, 40]]).max() < 0.01


def test_white_cloth_is_not_blown_out(figure, tmp_path):
    figure.data.materials.clear()
    figure.data.materials.append(painted("white", (0.85, 0.85, 0.85)))
    render_preview([figure], tmp_path / "a.png", views=["front"], size=(30, 60), samples=8)
    cloth = pixels_of(tmp_path / "a.png")[20:40, 13:17]
    assert 0.5 < cloth.mean() < 0.93
