# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty Blender file with one body in one garment: what the command line exports, saves and photographs."""

from __future__ import annotations

import bpy

from ..bodies import Body
from ..patterns import Pattern, styles
from ..patterns.studio import by_hand
from ..sim import Drape
from . import bridge, properties


def empty_file() -> None:
    """Start from nothing, so that only what we make is saved."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    from .registration import ensure_registered

    ensure_registered()
    bpy.ops.toile.reload_styles()  # of the folders that the command line names


def show_body(body: Body) -> bpy.types.Object:
    """The body as Toile's own object."""
    figure = bridge.new_object(bpy.context, "Body", "BODY")
    bridge.write_body(figure, body)
    return figure


def show_garment(figure: bpy.types.Object, body: Body, pattern: Pattern, drape: Drape, fabric: str) -> bpy.types.Object:
    """The draped garment on its body, in its fabrics, editable in Blender as if made there."""
    garment = bridge.new_object(bpy.context, pattern.name, "GARMENT")
    garment.toile.style = pattern.style
    garment.toile.body_id = figure.toile.toile_id
    if own := styles().get(pattern.style):
        properties.fill(properties.sliders_of(garment), dict(pattern.parameters))
        properties.add_adjustments(garment, by_hand(pattern, own))
    bridge.write_pieces(garment, pattern, body)
    mesh = bridge.draped_mesh(pattern.name, drape.cloth, drape.positions, drape.faces, drape.strain, drape.pressure)
    bridge.show_drape(garment, mesh, drape.report.to_json())
    bridge.wear(garment, fabric)
    return garment
