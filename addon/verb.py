# SPDX-License-Identifier: GPL-3.0-or-later
"""What every operator of Toile shares: a refusal becomes a sentence for the user, and its traceback goes to the log."""

import logging
from pathlib import Path
from typing import Any

import bpy
from bpy.app.translations import pgettext_tip
from bpy.props import BoolProperty, StringProperty

from . import bridge, job_runner
from .refusals import sentence_of

log = logging.getLogger(__name__)


class Verb:
    """A mixin: `act` does the work and returns the sentence to report; refusals are reported, faults rise."""

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Blender's entry."""
        try:
            sentence = self.act(context)
        except (ValueError, RuntimeError, OSError) as error:
            refusal = sentence_of(error)
            if refusal is None:
                raise
            log.info("refused", exc_info=error)
            self.report({"ERROR"}, refusal)
            return {"CANCELLED"}
        if sentence:
            self.report({"INFO"}, sentence)
        return {"FINISHED"}

    def act(self, context: bpy.types.Context) -> str:
        """Read the context, call one kernel function, write back, say it in one sentence."""
        raise NotImplementedError


class FolderRefused(RuntimeError):
    """There is no folder to write into."""


class IntoFolder(Verb):
    """A verb that writes files into a folder, which it asks for."""

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask where to."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def folder(self) -> Path:
        """The folder, made where it is not yet. Raises FolderRefused."""
        if not self.directory:
            raise FolderRefused("Choose the folder to write into.")
        folder = Path(bpy.path.abspath(self.directory))
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderRefused(f"{folder} cannot be made: {error.strerror}. Choose another folder.") from error
        return folder


def needs(operator: Any, condition: object, instruction: str) -> bool:
    """For polls: True if the condition holds, else the instruction becomes the button's tooltip."""
    if not condition:
        operator.poll_message_set(pgettext_tip(instruction))
    return bool(condition)


def needs_garment(operator: Any, context: bpy.types.Context) -> bool:
    """For polls: a garment is active, or is worn by the body that is."""
    return needs(operator, bridge.active_garment(context), "Make a garment first: New T-shirt, for example")


def needs_object_mode(operator: Any, context: bpy.types.Context) -> bool:
    """For polls: nothing is being edited."""
    return needs(operator, context.mode == "OBJECT", "Switch to Object Mode first")


def needs_idle(operator: Any) -> bool:
    """For polls: no job of Toile's is running."""
    return needs(operator, not job_runner.busy(), "Wait until the job under way has finished, or cancel it")
