# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a fabric: what scale, ruler and weights say becomes a fabric of the designer's own, worn by the garment."""

import math
from typing import Any

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..addon import bridge, shelf
from ..addon.verb import Verb, needs_garment
from ..sim import mechanics
from ..sim.fabric import fabric_name, keep_fabric
from ..sim.fabric_measure import ANGLE, ANGLES, Hung, Readings, measure, numbers, pairs


def _length(name: str, default: float, description: str) -> Any:
    return FloatProperty(
        name=name, description=description, default=default, min=0.001, max=10.0, subtype="DISTANCE", precision=4
    )


class MeasureFabric(Verb, bpy.types.Operator):
    """Make a fabric of your own with a scale, a ruler and a few weights, and wear it"""

    bl_idname = "toile.measure_fabric"
    bl_label = "Measure Your Fabric"
    bl_options = {"REGISTER", "UNDO"}

    label: StringProperty(name="Name", default="My fabric")
    like: EnumProperty(
        name="Looks Like", description="Its yarns and look, and whatever is not measured", items=shelf.own_menu
    )
    mass: FloatProperty(name="Mass (g)", description="Of a piece cut out square", min=0.0, max=1e4, precision=3)
    width: _length("Width", 0.20, "Of the piece on the scale")
    length: _length("Length", 0.20, "Of the piece on the scale")
    overhang_warp: StringProperty(
        name="Warp (mm)", description="Overhangs of strips cut along the warp, such as 51 50.5 52"
    )
    overhang_weft: StringProperty(
        name="Weft (mm)", description="Overhangs of strips cut along the weft, such as 47 46 46.5"
    )
    angle: FloatProperty(
        name="Slope",
        description="From the edge to the tip",
        default=ANGLE,
        min=ANGLES[0],
        max=ANGLES[1],
        precision=3,
        subtype="ANGLE",
    )
    strip_width: _length("Strip Width", 0.05, "Of the strips that carry weights")
    strip_length: _length("Strip Length", 0.20, "Between the clamps")
    hung_warp: StringProperty(
        name="Warp (g:mm)", description="Each weight with the extension under it, such as 100:0.5 500:3; may stay empty"
    )
    hung_weft: StringProperty(name="Weft (g:mm)", description="The same along the weft; may stay empty")
    division: FloatProperty(name="Ruler (mm)", description="Its smallest division", default=1.0, min=0.01, max=10)
    scale: FloatProperty(name="Scale (g)", description="Its smallest division", default=0.01, min=1e-4, max=10)

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context)

    def invoke(self, context, event):
        """Ask for the readings."""
        return context.window_manager.invoke_props_dialog(self, width=440)

    def draw(self, _context):
        """The steps, in the order of the work."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        for title, fields in (
            ("", ("label", "like")),
            ("Weigh a piece", ("mass", "width", "length")),
            ("Push strips over an edge until the tip sinks to the slope", ("angle", "overhang_warp", "overhang_weft")),
            ("Hang weights on strips, if you can", ("strip_width", "strip_length", "hung_warp", "hung_weft")),
            ("Smallest divisions", ("division", "scale")),
        ):
            column = layout.column(align=True)
            if title:
                column.label(text=title)
            for field in fields:
                column.prop(self, field)

    def act(self, context):
        garment = bridge.active_garment(context)
        measured = measure(self._readings())
        name = fabric_name(self.label)
        fabric = measured.fabric(name, self.label, mechanics(self.like))
        keep_fabric(fabric, self.like)
        bridge.wear(garment, fabric.name)
        bends = f"{measured.bend_warp.written(1e6, 'and')} {measured.bend_weft.written(1e6, 'µN·m')}"
        return " ".join((f"{fabric.label}: {measured.density.written(1e3, 'g/m²')}, bends {bends}.", *measured.notes))

    def _readings(self) -> Readings:
        overhangs = [
            tuple(value / 1000 for value in numbers(text, f"Overhangs along the {way}"))
            for way, text in (("warp", self.overhang_warp), ("weft", self.overhang_weft))
        ]
        hung = [
            Hung(
                self.strip_width,
                self.strip_length,
                tuple((grams / 1000, mm / 1000) for grams, mm in pairs(text, f"Weights along the {way}")),
            )
            if text.strip()
            else None
            for way, text in (("warp", self.hung_warp), ("weft", self.hung_weft))
        ]
        return Readings(
            mass=self.mass / 1000,
            width=self.width,
            length=self.length,
            overhang_warp=overhangs[0],
            overhang_weft=overhangs[1],
            angle=min(max(self.angle, ANGLES[0]), ANGLES[1]),  # Blender's float32 steps over the limits by a hair
            warp=hung[0],
            weft=hung[1],
            ruler=self.division / 1000,
            scale=self.scale / 1000,
            protractor=math.radians(1),
        )
