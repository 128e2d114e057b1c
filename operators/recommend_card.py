# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with a card: make the garment, ask for more like it, never again, let one of its choices stand."""

import json

import bpy
from bpy.props import EnumProperty, IntProperty, StringProperty

from ..addon import bridge, brief, customers, recommending
from ..addon.verb import Verb, needs, needs_idle, needs_object_mode
from ..patterns import styles
from .new_garment import body_to_dress, make_garment

_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


class _OfCard(Verb):
    card: IntProperty(name="Card", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return (
            needs_object_mode(cls, context)
            and needs(cls, recommending.cards(), "Press Recommend first")
            and needs_idle(cls)
        )

    def note(self, context, kind):
        """Tell the store, and return the card."""
        card = recommending.card(self.card)
        customers.note(context.scene.toile_brief.customer, styles()[card.style], kind, card.fabric, card.colour)
        return card


class ApplyCard(_OfCard, bpy.types.Operator):
    """Make this design for the body, ready to drape"""

    bl_idname = "toile.apply_card"
    bl_label = "Apply"
    bl_options = {"UNDO"}

    def act(self, context):
        card = self.note(context, "chosen")
        style = styles()[card.style]
        garment = make_garment(context, style, style.resolve(card.choices), (), card.fabric)
        if card.colour:
            garment.toile.colour = card.colour
            bridge.wear(garment, card.fabric)
        return f"{style.label}, made to measure: press Drape to sew it."


class MoreLikeCard(_OfCard, bpy.types.Operator):
    """Show more designs of this style, nearer to this one"""

    bl_idname = "toile.more_like_card"
    bl_label = "More like This"

    def act(self, context):
        self.note(context, "like")
        asked = context.scene.toile_brief
        style = recommending.liked(asked, self.card)
        recommending.show(asked, bridge.body_of(body_to_dress(context)), only=style)
        return ""


class NeverCard(_OfCard, bpy.types.Operator):
    """Never show this style to this customer again"""

    bl_idname = "toile.never_card"
    bl_label = "Never"
    bl_options = {"UNDO"}

    def act(self, context):
        card = self.note(context, "never")
        asked = context.scene.toile_brief
        asked.never = json.dumps(sorted({*brief.never(asked), card.style}))
        recommending.show(asked, bridge.body_of(body_to_dress(context)))
        return ""


def _choices(operator, _context):
    found = []
    if 0 <= operator.card < len(recommending.cards()):
        card = recommending.card(operator.card)
        found = [(p.name, p.label, p.help) for p in styles()[card.style].parameters if p.name in card.choices]
    if found != _items:
        _items[:] = found
    return _items


class LockChoice(_OfCard, bpy.types.Operator):
    """Let one of this design's choices stand in all that is shown from now on"""

    bl_idname = "toile.lock_choice"
    bl_label = "Lock"
    bl_options = {"UNDO"}

    choice: EnumProperty(name="Choice", items=_choices)

    def invoke(self, context, event):
        """Ask which."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        card, asked = recommending.card(self.card), context.scene.toile_brief
        asked.locked = json.dumps({**brief.locked(asked), self.choice: card.choices[self.choice]})
        return ""


class AllowAgain(Verb, bpy.types.Operator):
    """Take back that a choice stands, or that a style is never shown"""

    bl_idname = "toile.allow_again"
    bl_label = "Allow Again"
    bl_options = {"UNDO"}

    name: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def act(self, context):
        asked = context.scene.toile_brief
        asked.never = json.dumps([style for style in brief.never(asked) if style != self.name])
        asked.locked = json.dumps({key: value for key, value in brief.locked(asked).items() if key != self.name})
        return ""
