# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests inside Blender share."""

import pickle

import pytest


@pytest.fixture(scope="session", autouse=True)
def woven_once():
    """A fabric is woven at its first use, as in an installed Toile: in a clone, Blender has no folder to keep it in."""
    pytest.importorskip("bpy")
    from toile.addon import material

    weave, kept = material.fabric_maps, {}

    def fabric_maps(recipe, pixels, rng):
        made_of = pickle.dumps((recipe, pixels, rng.bit_generator.state))
        if made_of not in kept:
            kept[made_of] = weave(recipe, pixels, rng)
        return kept[made_of]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(material, "fabric_maps", fabric_maps)
        yield
