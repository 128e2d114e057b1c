# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Blender with the zip installed runs: a review of a skirt is hosted in it, joined and left."""

HOST_REVIEW = """
import importlib
import time
import bpy

session = importlib.import_module("bl_ext.user_default.toile.addon.collaborate.session")
assert bpy.ops.toile.new_body() == bpy.ops.toile.new_pencil_skirt() == {"FINISHED"}
assert bpy.ops.toile.host_review(name="Ada", port=0) == {"FINISHED"}
for _ in range(600):
    here = session.current()
    here.tick()
    if here.joined and here.design:
        break
    time.sleep(0.1)
assert here.joined and here.design, here.sentence
assert bpy.ops.toile.leave_review() == {"FINISHED"}
"""
