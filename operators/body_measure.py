# SPDX-License-Identifier: GPL-3.0-or-later
"""Change a measure: the body's own surface moves until the tape reads it."""

import bpy
from bpy.props import FloatProperty, StringProperty

from ..addon import bridge, job_runner
from ..addon.verb import needs_idle
from ..bodies.definitions import DEFINITIONS
from ..bodies.resizing import ResizeRefused, resized
from .body_change import ChangeBody, show_changed
from .redraft import redraft


def spoken(name: str) -> str:
    """A measurement's name in words."""
    return name.replace("_", " ").capitalize()


class SetMeasure(ChangeBody, bpy.types.Operator):
    """Change this measure: the body moves where the tape lies, and stays as it was elsewhere"""

    bl_idname = "toile.set_measure"
    bl_label = "Change Measure"
    bl_options = {"REGISTER"}  # the job makes the step of undo

    name: StringProperty(options={"HIDDEN"})
    length: FloatProperty(
        name="Length", subtype="DISTANCE", unit="LENGTH", precision=4, step=0.1, options={"SKIP_SAVE"}
    )
    angle: FloatProperty(name="Angle", subtype="ANGLE", unit="ROTATION", precision=2, step=10, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, _context, properties):
        """The measurement's definition, as the tooltip."""
        return DEFINITIONS.get(properties.name, cls.__doc__)

    @classmethod
    def poll(cls, context):
        return super().poll(context) and needs_idle(cls)

    @property
    def _field(self) -> str:
        return "angle" if self.name == "shoulder_slope" else "length"

    def invoke(self, context, _event):
        """Show the tape, and ask for the number, which starts at what it reads now."""
        obj = bridge.active_body(context)
        measured = bridge.body_of(obj).measurements.get(self.name)
        if measured is None:
            return self.execute(context)
        obj.toile.tape = self.name
        setattr(self, self._field, measured.value)
        return context.window_manager.invoke_props_dialog(self, title=spoken(self.name))

    def draw(self, _context):
        """The one field that this measure has."""
        self.layout.prop(self, self._field)

    def act(self, context):
        obj = bridge.active_body(context)
        body, name, value = bridge.body_of(obj), self.name, round(getattr(self, self._field), 6)
        if name not in body.measurements:
            raise ResizeRefused(f"This body has no measurement {name!r}: choose one of its list.")
        identity, revision = obj.toile.toile_id, obj.toile.revision
        obj.toile.tape = name

        def work(progress, _cancelled):
            progress(0.0, "Moving the skin about the tape")
            return resized(body, {name: value})

        def apply(found):
            yield
            obj = bridge.find(identity, "BODY")
            if obj.toile.revision != revision:
                raise ResizeRefused("The body was changed meanwhile: change the measure again.")
            for garment in show_changed(obj, found):
                redraft(garment)
            return ""

        return job_runner.start(f"Change {spoken(name)}", "body", work, apply).sentence()
