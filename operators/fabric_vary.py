# SPDX-License-Identifier: GPL-3.0-or-later
"""Vary a fabric: twelve cloths akin to the garment's to choose from, and the one that is taken."""

import shutil
import tempfile

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, FloatVectorProperty, IntProperty

from ..addon import bridge, customers, engine, job_runner, shelf
from ..addon.fabrics import library, variations
from ..addon.material import forget_fabric
from ..addon.verb import Verb, needs, needs_garment, needs_idle
from ..models.colour import hexadecimal
from ..models.design import face_colour, keep_design, kin
from ..models.recipes import woven_recipe
from ..patterns import styles
from ..worker.client import call

PIXELS = 128
NONE = "NONE"
_LOOMS = {"learnt": "woven by the learnt loom", "simulated": "woven by the simulator, for there is no torch here"}
_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


def _towards(operator, context):
    listed = [(NONE, "No Other", "Vary this fabric alone"), *library.woven(operator, context)]
    if listed != _items:
        _items[:] = listed
    return _items


def _dye(number, default):
    return FloatVectorProperty(
        name=f"Colour {number}", subtype="COLOR_GAMMA", size=3, min=0, max=1, default=default, options={"SKIP_SAVE"}
    )


class VaryFabric(Verb, bpy.types.Operator):
    """Weave twelve variations of the garment's fabric to choose from"""

    bl_idname = "toile.vary_fabric"
    bl_label = "Vary"
    bl_options = {"REGISTER"}

    towards: EnumProperty(name="Towards", description="Lay them evenly between it and this fabric", items=_towards)
    strength: FloatProperty(
        name="By Chance", description="How much is left to chance", subtype="FACTOR", default=0.3, min=0, max=1
    )
    recolour: BoolProperty(name="In These Colours", description="Dye them in these colours and no others")
    colour_1: _dye(1, (0.13, 0.20, 0.33))
    colour_2: _dye(2, (0.85, 0.82, 0.74))
    colour_3: _dye(3, (0.60, 0.22, 0.18))
    seed: IntProperty(name="Seed", description="Another one makes other variations", min=0)

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context) and needs_idle(cls)

    def invoke(self, context, event):
        """Ask which way."""
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, _context):
        """The three ways: towards another cloth, by chance, in other colours."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        for name in ("towards", "strength", "seed", "recolour"):
            layout.prop(self, name)
        if self.recolour:
            for number in (1, 2, 3):
                layout.prop(self, f"colour_{number}")

    def act(self, context):
        fabric = bridge.active_garment(context).toile.fabric
        woven_recipe(fabric)  # a knit, a pile or a photograph is refused before the work
        palette = [list(getattr(self, f"colour_{n}")) for n in (1, 2, 3)] if self.recolour else []
        towards = "" if self.towards == NONE else self.towards
        asked = {
            "recipe": fabric, "wish": {"towards": towards, "palette": palette, "strength": self.strength},
            "pixels": PIXELS, "seed": self.seed, "weights": None,
        }  # fmt: skip
        try:
            worker = engine.engine_worker()
        except engine.EngineMissing:
            worker = engine.blender_worker()

        def work(progress, cancelled):
            folder = tempfile.mkdtemp(prefix="toile-variations-")
            try:
                answer = call(
                    worker, "vary_fabric", asked | {"out": folder}, {}, progress=progress, cancelled=cancelled
                )
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return folder, answer.values

        def apply(delivered):
            folder, report = delivered
            try:
                yield
                variations.show(fabric, report["variations"])
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return f"{len(report['variations'])} variations of {shelf.label(fabric)}, {_LOOMS[report['loom']]}."

        return job_runner.start(f"Vary {shelf.label(fabric)}", "variations", work, apply).sentence()


class TakeVariation(Verb, bpy.types.Operator):
    """Make the garment of this variation, and keep it as a fabric of your own"""

    bl_idname = "toile.take_variation"
    bl_label = "Take"
    bl_options = {"REGISTER", "UNDO"}

    number: IntProperty(name="Variation", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context) and needs(cls, variations.sheet(), "Press Vary first")

    def act(self, context):
        garment, recipe = bridge.active_garment(context), variations.recipe(self.number)
        of = variations.sheet().of
        kept = keep_design(library.free_label(shelf.label(of)), recipe, kin(of))
        forget_fabric(kept.name)
        bridge.wear(garment, kept.name)
        if garment.toile.style in styles():
            style, colour = styles()[garment.toile.style], hexadecimal(face_colour(recipe))
            customers.note(context.scene.toile_brief.customer, style, "chosen", kin(of), colour)
        return f"{kept.label}: {1000 * kept.density:.0f} g/m² by its yarns."
