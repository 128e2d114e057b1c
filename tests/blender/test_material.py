# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric materials: native nodes, right scale, right colour spaces, kept with what a designer changed in them."""

import numpy as np
import pytest

bpy = pytest.importorskip("bpy")

from toile.addon.material import UV_MAP, avatar_material, fabric_material
from toile.models.making import fabric_maps
from toile.models.maps import decode_srgb
from toile.models.recipes import look, recipe
from toile.models.swatch import fabric_swatch, read_swatch
from toile.sim.fabric import FabricRefused, mechanics


@pytest.fixture(autouse=True)
def scene():
    bpy.ops.wm.read_factory_settings(use_empty=True)


def maps_of(name, pixels=64):
    return fabric_maps(recipe(name), pixels, np.random.default_rng(0))


def node(material, kind):
    return next(each for each in material.node_tree.nodes if each.type == kind)


def feeding(material, socket):
    return node(material, "BSDF_PRINCIPLED").inputs[socket].links[0].from_node


def test_a_tile_covers_its_size_in_metres_on_the_garments_uv():
    maps = maps_of("denim")
    material = fabric_material("denim", maps)
    assert node(material, "UVMAP").uv_map == UV_MAP
    scale = node(material, "MAPPING").inputs["Scale"].default_value
    assert tuple(scale)[:2] == pytest.approx((1 / maps.size_m[0], 1 / maps.size_m[1]))
    for texture in (each for each in material.node_tree.nodes if each.type == "TEX_IMAGE"):
        assert texture.inputs["Vector"].links[0].from_node.type == "MAPPING"


def test_maps_go_where_they_belong_in_their_colour_spaces():
    material = fabric_material("linen", maps_of("linen"))
    assert feeding(material, "Base Color").image.colorspace_settings.name == "sRGB"
    assert feeding(material, "Roughness").image.colorspace_settings.name == "Non-Color"
    relief = feeding(material, "Normal")
    assert relief.type == "NORMAL_MAP"
    assert relief.uv_map == UV_MAP
    assert relief.inputs["Color"].links[0].from_node.image.colorspace_settings.name == "Non-Color"


def test_pixels_arrive_upright_and_unchanged():
    maps = maps_of("chambray")
    image = feeding(fabric_material("chambray", maps), "Base Color").image
    assert image.packed_file is not None
    pixels = np.empty(64 * 64 * 4, np.float32)
    image.pixels.foreach_get(pixels)
    shown = np.round(np.flipud(pixels.reshape(64, 64, 4)[..., :3]) * 255)
    np.testing.assert_array_equal(shown, maps.albedo)


def test_the_look_is_the_fabrics():
    surface = node(fabric_material("silk_satin", maps_of("silk_satin")), "BSDF_PRINCIPLED")
    appearance = look("silk_satin")
    assert surface.inputs["Sheen Weight"].default_value == pytest.approx(appearance.sheen_weight)
    assert surface.inputs["Sheen Roughness"].default_value == pytest.approx(appearance.sheen_roughness)
    assert tuple(surface.inputs["Sheen Tint"].default_value)[:3] == pytest.approx(decode_srgb(appearance.sheen_tint))
    assert surface.inputs["Anisotropic"].default_value == pytest.approx(appearance.anisotropy)
    assert surface.inputs["Tangent"].links[0].from_node.type == "TANGENT"
    assert not node(fabric_material("linen", maps_of("linen")), "BSDF_PRINCIPLED").inputs["Tangent"].links


def test_a_fabric_keeps_its_material_and_the_designers_changes():
    first = fabric_material("wool_twill")
    node(first, "BSDF_PRINCIPLED").inputs["Sheen Weight"].default_value = 0.9
    images = len(bpy.data.images)
    again = fabric_material("wool_twill")
    assert again == first
    assert node(again, "BSDF_PRINCIPLED").inputs["Sheen Weight"].default_value == pytest.approx(0.9)
    assert len(bpy.data.images) == images
    assert first.name == mechanics("wool_twill").label


def test_a_swatch_folder_makes_the_same_material(tmp_path):
    fabric_swatch("cotton_twill", tmp_path, pixels=64)
    material = fabric_material("cotton_twill", tmp_path)
    size = read_swatch(tmp_path).size_m
    assert node(material, "MAPPING").inputs["Scale"].default_value[0] == pytest.approx(1 / size[0])
    assert feeding(material, "Base Color").image.packed_file is not None


def test_solid_shading_shows_the_fabrics_mean_colour():
    r, g, b, _ = fabric_material("denim", maps_of("denim")).diffuse_color
    assert r < g < b


def test_what_is_no_fabric_is_refused(tmp_path):
    with pytest.raises(FabricRefused, match="no fabric"):
        fabric_material("tin")
    with pytest.raises(FabricRefused, match="no swatch"):
        fabric_material("denim", tmp_path)
    assert not bpy.data.materials


def test_the_mannequin_is_made_once():
    assert avatar_material() == avatar_material()
    assert len(bpy.data.materials) == 1


@pytest.mark.parametrize("name", ["silk_chiffon", "denim"])
def test_an_open_cloth_is_seen_through_and_a_close_one_is_not(name, tmp_path):
    fabric_swatch(name, tmp_path, pixels=128)
    for maps in (tmp_path, fabric_maps(recipe(name), 128, np.random.default_rng(0))):
        material = fabric_material(name, maps)
        alpha = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED").inputs["Alpha"]
        assert alpha.is_linked == (name == "silk_chiffon")


@pytest.mark.parametrize(("name", "pixels"), [("denim", 512), ("tartan", 2048)])
def test_threads_of_a_wide_repeat_are_told_apart(name, pixels):
    image = feeding(fabric_material(name), "Base Color").image
    assert tuple(image.size) == (pixels, pixels)
    assert pixels >= 4 * max(recipe(name).counts)
