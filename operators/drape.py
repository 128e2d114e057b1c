# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape: sew the pieces and let them settle on the body, in a worker process."""

import time
import uuid

import bpy

from ..addon import bridge, engine, job_runner
from ..addon.verb import Verb, needs
from ..sim import build_cloth
from ..worker.client import call
from ..worker.records import pack


class DrapeGarment(Verb, bpy.types.Operator):
    """Sew the garment and let it fall on the body; Blender stays free meanwhile"""

    bl_idname = "toile.drape"
    bl_label = "Drape"

    @classmethod
    def poll(cls, context):
        job = job_runner.busy()
        garment = bridge.active_garment(context)
        return (
            needs(cls, garment, "Make a garment first: New T-shirt, for example")
            and needs(cls, not job, f"Wait until {job.title if job else ''} has finished, or cancel it")
            and needs(cls, bridge.body_object_of(garment), "This garment's body was deleted: make the garment anew")
        )

    def act(self, context):
        garment = bridge.active_garment(context)
        toile_id, revision, fabric = bridge.claim_id(garment), garment.toile.revision, garment.toile.fabric
        pattern, distance, name = bridge.pattern_of(garment), garment.toile.particle_distance, garment.name
        body = bridge.body_of(bridge.find(garment.toile.body_id, "BODY"))
        command = engine.blender_worker()
        token = uuid.uuid4().hex  # finds the new mesh again if an undo between two pieces moved it in memory
        start = time.monotonic()

        def work(progress, cancelled):
            progress(0.0, "Meshing the panels")
            cloth = build_cloth(pattern, body, distance)
            values, arrays = pack(cloth, "cloth")
            params = {"cloth": values, "body": body.to_json(), "fabric": fabric}
            progress(0.02, "Starting the worker")
            result = call(command, "drape", params, arrays, progress=progress, cancelled=cancelled)
            return cloth, result

        def apply(delivered):
            cloth, result = delivered
            yield
            mesh = bridge.draped_mesh(name, cloth, **result.arrays)
            mesh["toile_drape"] = token
            yield
            garment = bridge.find(toile_id, "GARMENT")
            mesh = next((mesh for mesh in bpy.data.meshes if mesh.get("toile_drape") == token), None)
            if mesh is None or garment.toile.revision != revision:
                raise bridge.ObjectGone("The pattern was changed while it draped: press Drape again.")
            del mesh["toile_drape"]
            bridge.show_drape(garment, mesh, result.values["report"])
            return f"{garment.name} draped in {time.monotonic() - start:.0f} s."

        return job_runner.start(f"Drape {name}", "drape", work, apply).sentence()
