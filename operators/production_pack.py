# SPDX-License-Identifier: GPL-3.0-or-later
"""Tech pack: what a factory works from, of the garment as it hangs, in English and Chinese."""

import json
import tempfile
from pathlib import Path

import bpy

from ..addon import bridge, engine, job_runner, overlay
from ..addon.export import export_blend
from ..addon.photography import photographed_apart
from ..addon.production_run import asked_of, order_of
from ..addon.techpack import Worn, brief_of, lay_markers, write_pack
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
        asked, ordered = asked_of(garment), order_of(garment)
        figure, fit, name = bridge.body_object_of(garment), overlay.fit_of(garment), garment.name
        worn = Worn.of(figure, garment, json.loads(fit)) if figure is not None and fit else None
        worker, place = engine.engine_worker(), tempfile.TemporaryDirectory()
        if worn:
            export_blend(Path(place.name) / "worn.blend")

        def work(progress, cancelled):
            with place as aside:
                order = ordered(asked.sizes(lambda share, text: progress(0.2 * share, text), cancelled))
                cloths = lay_markers(order, worker, lambda share, text: progress(0.2 + 0.4 * share, text), cancelled)
                shots = {}
                if worn:
                    progress(0.6, "Photographing the garment")
                    shots = photographed_apart(Path(aside) / "worn.blend", name, cancelled)
                progress(0.9, "Writing the pages")
                return write_pack(brief_of(order, cloths, worn, shots), folder)

        def apply(files):
            yield
            hint = "" if worn else " Without pictures: drape the garment for them."
            return f"{asked.name}: {len(files)} files in {folder}.{hint}"

        return job_runner.start(f"Tech pack of {asked.name}", "production", work, apply).sentence()
