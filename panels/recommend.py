# SPDX-License-Identifier: GPL-3.0-or-later
"""Recommend: the brief, and the cards made to it."""

import bpy

from ..addon import brief, recommending, shelf
from ..addon.i18n import CONTEXT, translated
from .common import ToilePanel, draw_job, draw_sentence, under_way

PICTURE_SCALE = 5.0


class RecommendPanel(ToilePanel, bpy.types.Panel):
    """Who it is for and what for; the best designs; what to do with each."""

    bl_idname = "TOILE_PT_recommend"
    bl_label = "Recommend"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, asked = self.layout, context.scene.toile_brief
        _draw_brief(layout, asked)
        _draw_ruled(layout, asked)
        if not under_way("recommend"):
            row = layout.row()
            row.scale_y = 1.3
            row.operator("toile.recommend", icon="SHADERFX")
        draw_job(layout, context, "recommend")
        for number in range(len(recommending.cards())):
            _draw_card(layout, context, number)


def _draw_brief(layout: bpy.types.UILayout, asked: bpy.types.PropertyGroup) -> None:
    row = layout.row(align=True)
    row.prop(asked, "customer", icon="USER")
    row.operator("toile.remember_customer", text="", icon="CHECKMARK")
    row.operator("toile.forget_customer", text="", icon="TRASH")
    if asked.customer:
        layout.operator_menu_enum("toile.tell_fit", "felt", icon="MOD_CLOTH")
    column = layout.column()
    column.use_property_split, column.use_property_decorate = True, False
    column.prop(asked, "occasion")
    column.prop(asked, "season")
    column.prop(asked, "fabric")
    column.prop(asked, "budget")
    if asked.budget:
        column.prop(asked, "price")
    column.prop(asked, "sizes")
    column.prop(asked, "popularity")
    column.prop(asked, "count")


def _draw_ruled(layout: bpy.types.UILayout, asked: bpy.types.PropertyGroup) -> None:
    """What stands and what is never shown, each with a button to take it back."""
    rows = [(style, recommending.label(style), "CANCEL") for style in brief.never(asked)]
    rows += [(name, name.replace("_", " ").capitalize(), "LOCKED") for name in brief.locked(asked)]
    for name, label, icon in rows:
        row = layout.row(align=True)
        row.label(text=label, text_ctxt=CONTEXT, icon=icon)
        row.operator("toile.allow_again", text="", icon="X").name = name


def _draw_card(layout: bpy.types.UILayout, context: bpy.types.Context, number: int) -> None:
    card = recommending.card(number)
    box = layout.box()
    row = box.row()
    row.template_icon(recommending.picture(number), scale=PICTURE_SCALE)
    column = row.column(align=True)
    column.label(text=recommending.label(card.style), text_ctxt=CONTEXT)
    column.label(text=f"{translated(shelf.label(card.fabric))} {card.colour}", translate=False)
    size = f"{translated('Size')} {card.size}" if card.size else translated("Made to Measure")
    column.label(text=f"{size} · {card.cloth:.2f} m²", translate=False)
    small, large = card.risk["small"], card.risk["large"]
    fits = 1.0 - small - large
    column.progress(factor=fits, text=f"{translated('Fits')} {fits:.0%}", translate=False)
    column.label(text=f"{translated('Small')} {small:.0%} · {translated('Large')} {large:.0%}", translate=False)
    column = box.column(align=True)
    for reason in recommending.reasons(card):
        draw_sentence(column, context, translated(reason), "CHECKMARK")
    row = box.row(align=True)
    row.operator("toile.apply_card", icon="MOD_CLOTH").card = number
    row.operator("toile.more_like_card", text="", icon="ADD").card = number
    row.operator("toile.lock_choice", text="", icon="LOCKED").card = number
    row.operator("toile.never_card", text="", icon="CANCEL").card = number
