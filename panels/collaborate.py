# SPDX-License-Identifier: GPL-3.0-or-later
"""Collaborate: a review with other designers and with customers."""

import bpy

from ..addon import bridge
from ..addon.collaborate import session, view
from ..addon.i18n import translated
from .common import ToilePanel, draw_job, draw_sentence, under_way

_ROLE_ICONS = {"designer": "MOD_CLOTH", "reviewer": "COMMUNITY", "viewer": "HIDE_OFF"}


class CollaboratePanel(ToilePanel, bpy.types.Panel):
    """Two ways in; then how it stands, who is here, and what was just told."""

    bl_idname = "TOILE_PT_collaborate"
    bl_label = "Collaborate"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context):
        layout, here = self.layout, session.current()
        if absent := session.missing():
            draw_sentence(layout, context, f"{translated('Toile was installed without:')} {', '.join(absent)}", "ERROR")
            return
        if here is None:
            _draw_ways_in(layout, context)
            return
        row = layout.row()
        row.label(text=here.invitation.room, icon=view.state_icon(here), translate=False)
        row.operator("toile.leave_review", icon="X")
        if here.sentence:
            draw_sentence(layout, context, here.sentence, "ERROR" if here.ended else "INFO")
        for note in here.notes:
            draw_sentence(layout, context, note, "ERROR")
        if here.host is not None:
            _draw_invitations(layout)
        if here.joined:
            _draw_people(layout, here)
            if not under_way("collaborate"):
                layout.operator("toile.publish_version", icon="EXPORT")
            draw_job(layout, context, "collaborate")


def _draw_ways_in(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    layout.operator("toile.host_review", icon="HOME")
    layout.operator("toile.join_review", icon="LINKED")
    body = bridge.active_body(context)
    if body is not None and body.toile.source != "avatar":
        layout.prop(body.toile, "share_scan")
    if not bpy.app.online_access:
        layout.label(text="Offline: reviews on this machine only", icon="INTERNET_OFFLINE")


def _draw_invitations(layout: bpy.types.UILayout) -> None:
    row = layout.row(align=True)
    row.label(text="Copy a Link")
    for role, icon in _ROLE_ICONS.items():
        row.operator("toile.invite", text="", icon=icon).role = role


def _draw_people(layout: bpy.types.UILayout, here: session.Session) -> None:
    column = layout.column(align=True)
    for person in here.others:
        row = column.row(align=True)
        row.label(
            text=" · ".join(filter(None, (person.name, view.held(person.holds)))),
            icon=_ROLE_ICONS.get(person.role, "USER"),
            translate=False,
        )
        if person.looks:
            follows = here.following == person.client
            row.operator("toile.follow", text="", icon="VIEW_CAMERA", depress=follows).client = str(person.client)
    if not here.others:
        column.label(text="Nobody else is here", icon="USER")


class CommentsPanel(ToilePanel, bpy.types.Panel):
    """What was said, the open first: go there, answer, resolve."""

    bl_idname = "TOILE_PT_comments"
    bl_label = "Comments"
    bl_parent_id = "TOILE_PT_collaborate"

    @classmethod
    def poll(cls, _context):
        here = session.current()
        return here is not None and here.joined

    def draw(self, context):
        for comment in view.comments(session.current()):
            box = self.layout.box()
            _draw_comment(box, context, comment)
        self.layout.operator("toile.comment", icon="ADD")


def _draw_comment(box: bpy.types.UILayout, context: bpy.types.Context, comment: view.Said) -> None:
    row = box.row(align=True)
    row.label(text=comment.by, icon="CHECKMARK" if comment.resolved else "INFO", translate=False)
    if comment.pinned:
        row.operator("toile.go_to_comment", text="", icon="PINNED").comment = comment.key
    row.operator("toile.comment", text="", icon="ADD").reply_to = comment.key
    mark = row.operator("toile.mark_comment", text="", icon="LOOP_BACK" if comment.resolved else "CHECKMARK")
    mark.comment, mark.status = comment.key, "open" if comment.resolved else "resolved"
    if not comment.resolved:
        draw_sentence(box, context, comment.text)
        for answer in comment.answers:
            draw_sentence(box, context, f"{answer.by}: {answer.text}", "BLANK1")


class DecisionsPanel(ToilePanel, bpy.types.Panel):
    """What is proposed and chosen, to be taken over or not; what is on offer; the versions."""

    bl_idname = "TOILE_PT_decisions"
    bl_label = "Decisions"
    bl_parent_id = "TOILE_PT_collaborate"

    @classmethod
    def poll(cls, _context):
        here = session.current()
        return here is not None and here.joined

    def draw(self, context):
        here = session.current()
        for proposal in view.proposals(here):
            row = _draw_said(self.layout, context, proposal)
            for accepted, icon in ((True, "CHECKMARK"), (False, "X")):
                button = row.operator("toile.decide", text="", icon=icon)
                button.proposal, button.accepted = proposal.key, accepted
        for choice in view.choices(here):
            row = _draw_said(self.layout, context, choice)
            row.operator("toile.take_choice", text="", icon="IMPORT").choice = choice.key
        for version in view.versions(here):
            self.layout.label(text=version.text, icon="CHECKMARK" if version.resolved else "FILE_3D", translate=False)
        row = self.layout.row(align=True)
        row.operator("toile.offer_look", icon="ADD")
        row.operator("toile.withdraw_offers", text="", icon="TRASH")
        row = self.layout.row(align=True)
        row.operator("toile.offer_fabrics", icon="MATERIAL")
        row.operator("toile.offer_sizes", icon="MOD_CLOTH")
        self.layout.operator("toile.export_minutes", icon="TEXT")


def _draw_said(layout: bpy.types.UILayout, context: bpy.types.Context, said: view.Said) -> bpy.types.UILayout:
    """Who says what, in a box; the row for its buttons."""
    box = layout.box()
    row = box.row(align=True)
    row.label(text=said.by, icon="QUESTION", translate=False)
    draw_sentence(box, context, said.text)
    return row
