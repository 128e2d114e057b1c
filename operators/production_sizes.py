# SPDX-License-Identifier: GPL-3.0-or-later
"""Show sizes: the garment's run of sizes, drafted and laid on each other beside the body."""

import bpy

from ..addon import bridge, job_runner, production_scene
from ..addon.production_run import asked_of
from ..addon.verb import Verb, needs
from .export import may_export


class ShowSizes(Verb, bpy.types.Operator):
    """Draft the garment in every size of its run and show the pieces nested, a collection for each size"""

    bl_idname = "toile.show_sizes"
    bl_label = "Show Sizes"

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def act(self, context):
        garment = bridge.active_garment(context)
        asked, toile_id = asked_of(garment), bridge.claim_id(garment)

        def work(progress, cancelled):
            return asked.sizes(progress, cancelled)

        def apply(sizes):
            yield from production_scene.draw_sizes(bpy.context.scene, bridge.find(toile_id, "GARMENT"), sizes)
            return f"{asked.name} in {', '.join(sizes.patterns)}, drafted and nested beside the body."

        return job_runner.start(f"Sizes of {asked.name}", "production", work, apply).sentence()


class HideProduction(Verb, bpy.types.Operator):
    """Take the nested sizes and the markers out of the scene"""

    bl_idname = "toile.hide_production"
    bl_label = "Hide Sizes and Markers"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context) if context.mode == "OBJECT" else None
        shown = garment and (
            production_scene.view_of(garment, production_scene.SIZES)
            or production_scene.view_of(garment, production_scene.MARKERS)
        )
        return needs(cls, shown, "Show sizes or lay a marker first, in Object Mode")

    def act(self, context):
        garment = bridge.active_garment(context)
        for kind in (production_scene.SIZES, production_scene.MARKERS):
            production_scene.clear(garment, kind)
        bridge.select(context, garment)
        return ""
