# SPDX-License-Identifier: GPL-3.0-or-later
"""Tech pack: what a factory works from, of the garment as it hangs, in English and Chinese."""

import json

import bpy

from ..addon import bridge, engine, job_runner, overlay
from ..addon.jobs import Advanced
from ..addon.production_run import asked_of, order_of
from ..addon.techpack import brief_of, flats_of, lay_markers, photograph, write_pack
from ..addon.verb import IntoFolder
from .export import may_export


class WriteTechPack(IntoFolder, bpy.types.Operator):
    """Write the tech pack: pictures and flats of the draped garment, measures, seams, markers, materials and costs"""

    bl_idname = "toile.write_tech_pack"
    bl_label = "Tech Pack"

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def act(self, context):
        garment, folder = bridge.active_garment(context), self.folder()
        asked, ordered, toile_id = asked_of(garment), order_of(garment), bridge.claim_id(garment)
        worker = engine.engine_worker()

        def work(progress, cancelled):
            order = ordered(asked.sizes(lambda share, text: progress(0.2 * share, text), cancelled))
            return order, lay_markers(order, worker, lambda share, text: progress(0.2 + 0.6 * share, text), cancelled)

        def apply(laid):
            order, cloths = laid
            yield Advanced(0.8, "Photographing the garment")
            garment = bridge.find(toile_id, "GARMENT")
            figure, fit = bridge.body_object_of(garment), overlay.fit_of(garment)
            shots, flats, judged = None, (), {}
            if figure is not None and fit:
                flats, judged = flats_of(garment), json.loads(fit)
                shots = photograph(figure, garment, lambda _share, _text: None)
            yield Advanced(0.9, "Writing the pages")
            files = write_pack(brief_of(order, cloths, shots, flats, judged), folder)
            hint = "" if shots else " Without pictures: drape the garment for them."
            return f"{asked.name}: {len(files)} files in {folder}.{hint}"

        return job_runner.start(f"Tech pack of {asked.name}", "production", work, apply).sentence()
