# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment out of a pattern that another program drew: from its file, or from a review that it is shared in."""

from __future__ import annotations

import json
from collections.abc import Sequence

import bpy

from ..patterns import Pattern
from ..patterns.document import pattern_to_json
from . import bridge


def bring_in(
    context: bpy.types.Context, pattern: Pattern, notes: Sequence[str], body_object: bpy.types.Object
) -> bpy.types.Object:
    """The garment, its pieces placed about a body; it keeps the pattern as it came. Raises what `write_pieces` does."""
    garment = bridge.new_object(context, pattern.name, "GARMENT")
    garment.toile.style = pattern.style
    garment.toile.imported = json.dumps(pattern_to_json(pattern))
    garment.toile.notes = json.dumps(list(notes))
    garment.toile.body_id = bridge.claim_id(body_object)
    garment.matrix_world = body_object.matrix_world
    try:
        bridge.write_pieces(garment, pattern, bridge.body_of(body_object))
    except BaseException:
        bpy.data.objects.remove(garment)
        raise
    return garment
