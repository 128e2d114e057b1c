# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand's verbs share: an adjustment is tried, kept with the garment, and the garment redrafted."""

from collections.abc import Sequence
from typing import Any, ClassVar

import bpy
from bpy.props import FloatProperty

from ..addon import bridge, flat_pattern, properties
from ..addon.verb import Verb, needs
from ..patterns import Pattern, Piece
from ..patterns.adjustments import Adjustment, AdjustmentRefused, Place, adjust, free, piece_named, report, slid
from .redraft import redraft


def make(context: bpy.types.Context, garment: bpy.types.Object, adjustments: Sequence[Adjustment]) -> str:
    """Make adjustments on a garment's pattern, all or none; what to say about it. Raises AdjustmentRefused.

    Leaves Edit Mode: only so does Blender undo what is done to the garment in one step with what was drawn.
    """
    pattern = bridge.pattern_of(garment)
    told = report(adjust(pattern, adjustments))
    for adjustment in adjustments:
        if adjustment.name in told.skipped:
            raise AdjustmentRefused(f"This cannot be done: {told.skipped[adjustment.name]}.")
    if context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    before, shown = len(garment.toile.adjustments), set(flat_pattern.objects_of(garment))
    properties.add_adjustments(garment, adjustments)
    try:
        redraft(garment)
    except BaseException:
        while len(garment.toile.adjustments) > before:
            garment.toile.adjustments.remove(before)
        raise
    parts = [obj for name, obj in flat_pattern.objects_of(garment).items() if name not in shown]
    if parts:  # the piece that was active is no more
        bridge.select(context, parts[0])
    off = [f"{name} by {1000 * error:.1f} mm" for name, error in told.seams.items()]
    return f"{', '.join(a.name for a in adjustments)}." + (f" No longer true: {', '.join(off)}." if off else "")


def piece_chosen(context: bpy.types.Context) -> tuple[bpy.types.Object, Pattern, Piece]:
    """The garment, its pattern, and the piece whose drawing is active. Raises ObjectGone, AdjustmentRefused."""
    garment = flat_pattern.garment_of(context.object)
    pattern = bridge.pattern_of(garment)
    return garment, pattern, piece_named(pattern, context.object.toile.piece)


class OnPiece(Verb):
    """A verb on the piece whose drawing is active; subclasses say what is adjusted."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return needs(
            cls,
            context.object is not None and context.object.toile.kind == "PIECE",
            "Show the pattern and select a piece of it first",
        )

    def act(self, context):
        garment, pattern, piece = piece_chosen(context)
        return make(context, garment, [self.adjustment(context, pattern, piece)])

    def adjustment(self, context: bpy.types.Context, pattern: Pattern, piece: Piece) -> Adjustment:
        """What the designer asks for."""
        raise NotImplementedError


class AtPoints(OnPiece):
    """A verb at selected points of the piece's outline, each of which may be slid along it."""

    points: ClassVar[int] = 1

    def places(self, context: bpy.types.Context, piece: Piece) -> list[Place]:
        """As many places as the verb needs, slid as asked. Raises AdjustmentRefused."""
        chosen = flat_pattern.chosen(context.object, piece)
        if len(chosen) != self.points:
            wanted = "one point" if self.points == 1 else f"{self.points} points"
            raise AdjustmentRefused(f"Select {wanted} of the outline in Edit Mode; {len(chosen)} are.")
        slides = (self.slide, getattr(self, "slide_second", 0.0))
        return [slid(piece, place, by) for place, by in zip(chosen, slides, strict=False)]


def title(pattern: Pattern, words: str) -> str:
    """A name that none of the pattern's adjustments has."""
    return free(words, (entry["adjustment"]["name"] for entry in pattern.adjustments))


def sliding(name: str = "Slide") -> Any:
    """How far from the selected point along the outline."""
    return FloatProperty(
        name=name,
        description="From the selected point along the outline, anticlockwise",
        soft_min=-0.5,
        soft_max=0.5,
        min=-10.0,
        max=10.0,
        subtype="DISTANCE",
        precision=3,
    )
