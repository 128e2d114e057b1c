# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a pose: shape keys on the body, from standing to a pose and back. What is measured and draped stays standing."""

import bpy
import numpy as np
from bpy.props import EnumProperty

from ..addon import bridge
from ..bodies.posing import WALK, arms_at, posed
from .body_change import ChangeBody

POSES = {
    "STEP": ("Long Step", "Its left foot ahead, arms swinging", lambda _body: WALK),
    "ARMS_DOWN": ("Arms Down", "Arms that nearly hang", lambda body: arms_at(body, 0.2)),
    "T": ("T-Pose", "Arms straight out", lambda body: arms_at(body, np.pi / 2)),
}


class ShowPose(ChangeBody, bpy.types.Operator):
    """Show the body in a pose, as a shape key that can be turned back; it is measured and draped standing"""

    bl_idname = "toile.show_pose"
    bl_label = "Pose"
    pose: EnumProperty(name="Pose", items=[(key, label, help) for key, (label, help, _) in POSES.items()])

    def act(self, context):
        obj = bridge.active_body(context)
        label, _, turns = POSES[self.pose]
        body = bridge.body_of(obj)
        shown = posed(body, turns(body))
        if obj.data.shape_keys is None:
            obj.shape_key_add(name="Standing")
        keys = obj.data.shape_keys.key_blocks
        key = keys.get(label) or obj.shape_key_add(name=label, from_mix=False)
        key.data.foreach_set("co", np.ascontiguousarray(shown.vertices, np.float32).ravel())
        for other in keys[1:]:
            other.value = float(other == key)
        return ""
