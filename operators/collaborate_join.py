# SPDX-License-Identifier: GPL-3.0-or-later
"""Host a review, join one by its link, invite others to one's own, and leave."""

import getpass
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..addon import bridge, engine
from ..addon.collaborate import session
from ..addon.collaborate.host import PORT, Host, room_name
from ..addon.verb import Verb, needs, needs_garment, needs_object_mode

ROLES = (
    ("designer", "Designer", "Edits the garment with you"),
    ("reviewer", "Reviewer", "Comments, proposes, chooses and approves, in a browser or in Blender"),
    ("viewer", "Viewer", "Looks on"),
)


def _folder() -> Path:
    try:
        return Path(bpy.utils.extension_path_user(engine.PACKAGE, path="review", create=True))
    except ValueError:  # from a development folder
        return Path(bpy.app.tempdir) / "review"


class HostReview(Verb, bpy.types.Operator):
    """Open a review of this garment on this machine; others come by the links you give them"""

    bl_idname = "toile.host_review"
    bl_label = "Host Here"

    name: StringProperty(name="Your Name", description="As the others will read it")
    network: BoolProperty(
        name="For the Network",
        description="Other machines of this network can join, in the clear; else only this one",
    )
    port: IntProperty(name="Port", description="Its neighbour is used as well; 0: any", default=PORT, min=0, max=65534)
    folder: StringProperty(description="Where its rooms are kept", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context) and needs(
            cls, session.current() is None, "Leave the review that you are in first"
        )

    def invoke(self, context, _event):
        """Ask under which name."""
        self.name = self.name or getpass.getuser()
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        if self.network and not bpy.app.online_access:
            raise session.ReviewRefused("Allow Online Access in Preferences ▸ System ▸ Network to host for others.")
        session.refuse_missing()
        garment = bridge.active_garment(context)
        toile_id = bridge.claim_id(garment)
        host = Host(Path(self.folder) if self.folder else _folder(), self.network, self.port)
        try:
            session.join(host.invite(room_name(garment.name, toile_id), "designer", self.name), toile_id, host)
        except BaseException:
            host.stop()
            raise
        return f"{garment.name} is in review at {host.address}. Invite the others."


class JoinReview(Verb, bpy.types.Operator):
    """Join a review by the link that you were sent"""

    bl_idname = "toile.join_review"
    bl_label = "Join by Link"

    link: StringProperty(name="Link", description="https://host/#room/token", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context) and needs(
            cls, session.current() is None, "Leave the review that you are in first"
        )

    def invoke(self, context, _event):
        """Ask for the link, which may have just been copied."""
        copied = context.window_manager.clipboard.strip()
        self.link = copied if copied.startswith("http") and "/#" in copied else ""
        return context.window_manager.invoke_props_dialog(self, width=400)

    def act(self, context):
        garment = bridge.active_garment(context)
        here = session.join_by(self.link, bridge.claim_id(garment) if garment else "")
        return f"Joining {here.invitation.room}."


class LeaveReview(Verb, bpy.types.Operator):
    """Leave the review; the garment stays as it is, and edits made apart are merged when you join again"""

    bl_idname = "toile.leave_review"
    bl_label = "Leave"

    @classmethod
    def poll(cls, _context):
        return needs(cls, session.current(), "Join a review first")

    def act(self, _context):
        session.leave()
        return "You have left the review."


class Invite(Verb, bpy.types.Operator):
    """Make an invitation to this review and copy its link; whoever has the link is let in"""

    bl_idname = "toile.invite"
    bl_label = "Copy a Link"

    role: EnumProperty(name="Role", items=ROLES)
    name: StringProperty(name="Name", description="Whom it is for, as the others will read it", options={"SKIP_SAVE"})
    days: FloatProperty(name="Days", description="How long it holds", default=14, min=0.05, max=3650, precision=0)

    @classmethod
    def poll(cls, _context):
        here = session.current()
        return needs(cls, here and here.host, "Only who hosts a review invites to it")

    def invoke(self, context, _event):
        """Ask for whom."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        here = session.current()
        invitation = here.host.invite(here.invitation.room, self.role, self.name, self.days)
        context.window_manager.clipboard = invitation.link
        return f"The link for {self.name} is copied: send it as you would a key."
