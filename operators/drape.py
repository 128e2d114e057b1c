# SPDX-License-Identifier: GPL-3.0-or-later
"""Drape: sew the pieces and let them settle on the body, in a worker process, before everyone's eyes."""

import time
import uuid

import bpy

from ..addon import bridge, draping, engines, job_runner, overlay
from ..addon.moving_cloth import MovingCloth
from ..addon.native_cloth import cloth_modifier
from ..addon.properties import DEVICES
from ..addon.verb import Verb, needs, needs_garment, needs_idle, needs_object_mode
from ..sim.drape import Wishes


def asked_of(context: bpy.types.Context, garment: bpy.types.Object) -> draping.Asked:
    """What the scene and the panel ask of a garment's drape. Raises ObjectGone, ObstacleRefused."""
    scene, wanted = context.scene, garment.toile
    return draping.Asked(
        pattern=bridge.pattern_of(garment),
        body=bridge.body_of(bridge.find(wanted.body_id, "BODY")),
        distance=wanted.particle_distance,
        fabric=wanted.fabric,
        engine=wanted.engine,
        workers=engines.workers(),
        wishes=Wishes(
            gravity=bridge.in_own_axes(garment, scene.gravity) if scene.use_gravity else (0.0, 0.0, 0.0),
            wind=bridge.in_own_axes(garment, bridge.wind(scene)),
            device=DEVICES[wanted.device],
        ),
        obstacles=bridge.obstacles(scene, garment),
        hung=bridge.hung(garment) if wanted.warm or wanted.pins else None,
        recording=bridge.recording_path(garment) if wanted.keep == "TIMELINE" else None,
        samples=scene.frame_end - scene.frame_start + 1,
    )


class DrapeGarment(Verb, bpy.types.Operator):
    """Sew the garment and let it fall on the body; Blender stays free meanwhile"""

    bl_idname = "toile.drape"
    bl_label = "Drape"

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return (
            needs_garment(cls, context)
            and needs_idle(cls)
            and needs(cls, bridge.body_object_of(garment), "This garment's body was deleted: make the garment anew")
            and needs_object_mode(cls, context)
        )

    def act(self, context):
        garment = bridge.active_garment(context)
        toile_id, revision, name = bridge.claim_id(garment), garment.toile.revision, garment.name
        asked, keep = asked_of(context, garment), garment.toile.keep
        notes = [bridge.unfelt_fields(context.scene), bridge.unfelt_garments(context.scene, garment)]
        if cloth_modifier(garment):
            notes.insert(0, "Blender's cloth is off: continue in its physics anew.")
        moving = MovingCloth(toile_id)
        live = job_runner.Live(moving.show, moving.close)
        token = uuid.uuid4().hex  # finds the new mesh again if an undo between two pieces moved it in memory
        start = time.monotonic()

        def work(progress, cancelled):
            return draping.drape(asked, progress, cancelled, meshed=moving.follow, frame=live.frame, orders=live.orders)

        def apply(delivered):
            cloth, result = delivered
            yield
            mesh = bridge.draped_mesh(name, cloth, **result.arrays)
            mesh["toile_drape"] = token
            yield
            garment = bridge.find(toile_id, "GARMENT")
            mesh = next((mesh for mesh in bpy.data.meshes if mesh.get("toile_drape") == token), None)
            if mesh is None or garment.toile.revision != revision or garment.mode != "OBJECT":
                raise bridge.ObjectGone("The pattern was changed while it draped: press Drape again.")
            del mesh["toile_drape"]
            bridge.show_drape(garment, mesh, result.values["report"])
            overlay.keep_fit(mesh, asked.fabric, result.values["fit"])
            if keep == "SHAPE_KEY":
                bridge.add_placed_key(garment, cloth.welded(cloth.vertices))
            if asked.recording:
                bridge.play(garment, asked.recording, bpy.context.scene)
            return " ".join([f"{garment.name} draped in {time.monotonic() - start:.0f} s.", *filter(None, notes)])

        return job_runner.start(f"Drape {name}", "drape", work, apply, live).sentence()
