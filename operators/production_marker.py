# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay marker: the sizes' pieces on the width of their fabric, laid by a worker and shown on the floor."""

import json

import bpy

from ..addon import bridge, engine, job_runner, production_scene
from ..addon.production_run import asked_of, order_of
from ..addon.techpack import lay_markers
from ..addon.verb import Verb
from .export import may_export


class LayMarkers(Verb, bpy.types.Operator):
    """Lay the garments of the ratio on each of their fabrics, as short as they go, and show it on the floor"""

    bl_idname = "toile.lay_markers"
    bl_label = "Lay Markers"

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def act(self, context):
        garment = bridge.active_garment(context)
        asked, ordered, toile_id = asked_of(garment), order_of(garment), bridge.claim_id(garment)
        worker = engine.engine_worker()

        def work(progress, cancelled):
            order = ordered(asked.sizes(lambda share, text: progress(0.3 * share, text), cancelled))
            return lay_markers(order, worker, lambda share, text: progress(0.3 + 0.7 * share, text), cancelled)

        def apply(cloths):
            yield from production_scene.draw_markers(bpy.context.scene, bridge.find(toile_id, "GARMENT"), cloths)
            told = {cloth.label: {k: v for k, v in cloth.marker.to_json().items() if k != "laid"} for cloth in cloths}
            bridge.find(toile_id, "GARMENT").toile.production.markers = json.dumps(told)
            first = cloths[0].marker
            return f"{asked.name}: {first.length:.2f} m of {cloths[0].label}, {100 * first.utilisation:.1f} % used."

        return job_runner.start(f"Markers of {asked.name}", "production", work, apply).sentence()
