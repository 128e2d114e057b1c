# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said in a review: comment, answer, mark as resolved, go to where a comment is pinned, follow a camera."""

import bpy
from bpy.props import EnumProperty, StringProperty
from mathutils import Vector

from ..addon import bridge
from ..addon.collaborate import camera, pins, session
from ..addon.verb import IntoFolder, Verb, needs


class InReview(Verb):
    """A verb that needs a review that has been joined."""

    @classmethod
    def poll(cls, _context):
        here = session.current()
        return needs(cls, here and here.joined and not here.ended, "Join a review first")


class Comment(InReview, bpy.types.Operator):
    """Say something in the review"""

    bl_idname = "toile.comment"
    bl_label = "Comment"

    text: StringProperty(name="Comment", options={"SKIP_SAVE"})
    reply_to: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="The comment that this answers")

    def invoke(self, context, _event):
        """Ask for the words."""
        return context.window_manager.invoke_props_dialog(self, width=400)

    def act(self, _context):
        if not self.text.strip():
            raise session.ReviewRefused("Write something first.")
        session.current().ask("comment", text=self.text, **({"reply_to": self.reply_to} if self.reply_to else {}))
        return ""


class MarkComment(InReview, bpy.types.Operator):
    """Mark a comment as resolved, or open it again"""

    bl_idname = "toile.mark_comment"
    bl_label = "Resolve"

    comment: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    status: EnumProperty(items=[("resolved", "Resolved", ""), ("open", "Open", "")])

    def act(self, _context):
        session.current().ask("mark", comment=self.comment, status=self.status)
        return ""


class GoToComment(InReview, bpy.types.Operator):
    """Look at the point that a comment is pinned to, and set the 3D cursor there"""

    bl_idname = "toile.go_to_comment"
    bl_label = "Go There"

    comment: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def act(self, context):
        here = session.current()
        garment, pin = here.object(), here.review.get("comments", {}).get(self.comment, {})
        if garment is None:
            raise bridge.ObjectGone("The shared garment is not here: undo what took it away.")
        point = pins.point_of(garment, pin.get("piece"), pin.get("uv"))
        context.scene.cursor.location = garment.matrix_world @ Vector(point)
        camera.look_at(context.scene.cursor.location)
        return ""


class Follow(InReview, bpy.types.Operator):
    """Look from where this person looks, until pressed again"""

    bl_idname = "toile.follow"
    bl_label = "Follow"

    client: StringProperty(options={"HIDDEN", "SKIP_SAVE"}, description="Their presence's number")

    def act(self, _context):
        here = session.current()
        client = int(self.client) if self.client.isdecimal() else None
        here.following = None if here.following == client else client
        return ""


class ExportMinutes(InReview, IntoFolder, bpy.types.Operator):
    """Write what the review came to into a folder: a PDF to file, JSON, and BCF topics for an issue tracker"""

    bl_idname = "toile.export_minutes"
    bl_label = "Export Minutes"

    def act(self, _context):
        from ..addon.collaborate.paper import write_minutes  # what it stands on may be missing

        here = session.current()
        try:
            files = write_minutes(here.documents(), here.invitation.room, self.folder())
        except OSError as error:
            raise session.ReviewRefused(f"{self.directory} cannot be written: {error.strerror}.") from error
        return f"Wrote {', '.join(file.name for file in files)}."
