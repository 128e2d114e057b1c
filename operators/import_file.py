# SPDX-License-Identifier: GPL-3.0-or-later
"""What every import shares: a file is asked for, unless it is known already because it was dropped or a script says it.

No `from __future__ import annotations` here: Blender reads properties from evaluated annotations.
"""

from bpy.props import StringProperty
from bpy_extras.io_utils import ImportHelper

from ..addon.verb import Verb


class ImportFile(Verb, ImportHelper):
    """A mixin for operators that read one file; `act` finds it in `filepath`."""

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self, context, event):
        """A file that was dropped is known already; otherwise ask for one."""
        return self.execute(context) if self.filepath else ImportHelper.invoke(self, context, event)


class DroppedIntoViewport:
    """A mixin for Blender's file handlers: what is dropped into a 3D viewport, and nowhere else, is ours."""

    @classmethod
    def poll_drop(cls, context):
        """Blender's question."""
        return context.area is not None and context.area.type == "VIEW_3D"
