# SPDX-License-Identifier: GPL-3.0-or-later
"""Pause and step: hold a drape where it hangs, let it go on, or let it go on by one frame."""

import bpy

from ..addon import job_runner, jobs
from ..addon.verb import Verb, needs


def _can_pause(operator):
    job = job_runner.busy()
    return needs(operator, job is not None and job.pausable, "Nothing is draping")


class PauseDrape(Verb, bpy.types.Operator):
    """Hold the drape where it hangs, or let it go on"""

    bl_idname = "toile.pause_drape"
    bl_label = "Pause"

    @classmethod
    def poll(cls, _context):
        return _can_pause(cls)

    def act(self, _context):
        paused = job_runner.busy().phase is jobs.Phase.PAUSED
        job_runner.press(jobs.ResumePressed() if paused else jobs.PausePressed())
        return ""


class StepDrape(Verb, bpy.types.Operator):
    """Let the drape go on by one frame, then hold it"""

    bl_idname = "toile.step_drape"
    bl_label = "Step"

    @classmethod
    def poll(cls, _context):
        return _can_pause(cls)

    def act(self, _context):
        job_runner.press(jobs.StepPressed())
        return ""
