# SPDX-License-Identifier: GPL-3.0-or-later
"""Dart manipulation: rotate, divide, close, move the apex."""

import bpy
from bpy.props import EnumProperty, FloatProperty

from ..addon import bridge, flat_pattern
from ..addon.verb import needs
from ..patterns.adjustments import AdjustmentRefused, CloseDart, MoveApex, Place, RotateDart, darts, piece_named
from .adjust import AtPoints, OnPiece, sliding, title

_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


def _darts(_owner: object, context: bpy.types.Context) -> list[tuple[str, str, str]]:
    _items[:] = [(name, name.replace("_", " ").capitalize(), "") for name in _darts_of(context)]
    return _items or [("", "None", "The piece has no dart")]


def _darts_of(context: bpy.types.Context) -> tuple[str, ...]:
    drawn = context.object if context is not None else None
    if drawn is None or drawn.toile.kind != "PIECE":
        return ()
    return darts(piece_named(bridge.pattern_of(flat_pattern.garment_of(drawn)), drawn.toile.piece))


class _OnDart(OnPiece):
    """A verb on one of the piece's darts."""

    @classmethod
    def poll(cls, context):
        return super().poll(context) and needs(cls, _darts_of(context), "Select a piece with a dart first")


class RotateDartHere(_OnDart, AtPoints, bpy.types.Operator):
    """Rotate a dart about its apex to the selected point of the outline, all of it or a share"""

    bl_idname = "toile.rotate_dart"
    bl_label = "Rotate Dart"

    dart: EnumProperty(name="Dart", items=_darts)
    slide: sliding()
    share: FloatProperty(
        name="Share", description="Below 1 divides the dart", default=1.0, min=0.05, max=1.0, subtype="FACTOR"
    )
    back: FloatProperty(
        name="Apex Back",
        description="How far divided darts stop before the point that they would share",
        default=0.015,
        min=0.002,
        max=0.2,
        subtype="DISTANCE",
        precision=3,
    )
    into: EnumProperty(
        name="Becomes",
        items=[
            ("dart", "A Dart", "Sewn, at the selected point"),
            ("flare", "Flare", "Width in the edge of the selected point"),
            ("other", "Part of Another Dart", "Added to the dart at whose mouth the selected point lies"),
        ],
    )

    def adjustment(self, context, pattern, piece):
        (place,) = self.places(context, piece)
        into = self.into if self.into != "other" else self._other(piece, place)
        name = title(pattern, f"{piece.name}: {self.dart} to {place.edge}")
        return RotateDart(name, piece.name, self.dart, place, round(self.share, 6), into, round(self.back, 6))

    def _other(self, piece, place: Place) -> str:
        here = piece.edge(place.edge).at([place.at * piece.edge(place.edge).length])[0]
        for dart in darts(piece):
            mouth = (piece.edge(f"{dart}_in").start, piece.edge(f"{dart}_out").end)
            if dart != self.dart and min(abs(here - end).max() for end in mouth) < 1e-4:
                return dart
        raise AdjustmentRefused("Select a point at the mouth of the other dart.")


class CloseDartHere(_OnDart, bpy.types.Operator):
    """Take a dart out and ease its width into the seam"""

    bl_idname = "toile.close_dart"
    bl_label = "Dart to Ease"

    dart: EnumProperty(name="Dart", items=_darts)

    def adjustment(self, context, pattern, piece):
        return CloseDart(title(pattern, f"{piece.name}: {self.dart} eased in"), piece.name, self.dart)


class MoveApexHere(_OnDart, bpy.types.Operator):
    """Make a dart deeper or shallower, or turn it aside; its legs stay of one length"""

    bl_idname = "toile.move_apex"
    bl_label = "Move Apex"

    dart: EnumProperty(name="Dart", items=_darts)
    deeper: FloatProperty(name="Deeper", default=0.01, min=-0.5, max=0.5, subtype="DISTANCE", precision=3)
    aside: FloatProperty(
        name="Aside", description="To the left, seen from its mouth", min=-0.5, max=0.5, subtype="DISTANCE", precision=3
    )

    def adjustment(self, context, pattern, piece):
        name = title(pattern, f"{piece.name}: apex of {self.dart}")
        return MoveApex(name, piece.name, self.dart, round(self.deeper, 6), round(self.aside, 6))
