# SPDX-License-Identifier: GPL-3.0-or-later
"""What designers decide in a review: proposals and choices, each one step of undo; what is on offer; versions."""

import tempfile
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..addon import bridge, shelf
from ..addon.collaborate import garment as shared
from ..addon.collaborate import session
from ..addon.review_glb import export_review_glb
from ..addon.verb import Verb, needs


class _Designing(Verb):
    @classmethod
    def poll(cls, context):
        here = session.current()
        return (
            needs(cls, here and here.joined and not here.ended, "Join a review first")
            and needs(cls, here.role == "designer", "Only designers decide in a review")
            and needs(cls, here.object(), "The shared garment is not here: undo what took it away")
            and needs(cls, context.mode == "OBJECT", "Switch to Object Mode first")
        )


def take_over(key: tuple[str, str], value: object) -> None:
    """Write one value to the shared garment as if its slider had been moved. Raises ValueRefused and kin."""
    garment = session.current().object()
    due, refused = shared.write(garment, {key: value})
    if refused:
        raise shared.ValueRefused(refused[0])
    if due:
        bpy.ops.toile.redraft("EXEC_DEFAULT", False, target=due)


class Decide(_Designing, bpy.types.Operator):
    """Accept a proposal, so that the garment follows it, or decline it"""

    bl_idname = "toile.decide"
    bl_label = "Accept"
    bl_options = {"REGISTER", "UNDO"}

    proposal: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    accepted: BoolProperty(options={"HIDDEN", "SKIP_SAVE"})

    def act(self, _context):
        here = session.current()
        proposal = here.review.get("proposals", {}).get(self.proposal)
        if not isinstance(proposal, dict):
            raise session.ReviewRefused("That proposal is no longer there.")
        if self.accepted:
            take_over(("parameters", str(proposal.get("parameter"))), proposal.get("value"))
        here.ask("decide", proposal=self.proposal, accepted=self.accepted)
        return f"{shared.shown(proposal.get('parameter'))} {'as proposed' if self.accepted else 'stays as it is'}."


class TakeChoice(_Designing, bpy.types.Operator):
    """Give the garment the fabric or the colour that was chosen"""

    bl_idname = "toile.take_choice"
    bl_label = "Take Over"
    bl_options = {"REGISTER", "UNDO"}

    choice: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def act(self, _context):
        choice = session.current().review.get("choices", {}).get(self.choice)
        if not isinstance(choice, dict) or choice.get("what") not in ("fabric", "colour"):
            raise session.ReviewRefused("That choice is no longer there.")
        key, value = (
            (shared.FABRIC, shelf.named(choice.get("value")))
            if choice["what"] == "fabric"
            else (shared.COLOUR, choice.get("value"))
        )
        take_over(key, value)
        return f"{choice['what'].capitalize()}: {shared.shown(choice.get('value'))}."


class OfferLook(_Designing, bpy.types.Operator):
    """Let customers choose the fabric and the colour that the garment has now"""

    bl_idname = "toile.offer_look"
    bl_label = "Offer This Look"

    name: StringProperty(name="Colour's Name", description="As customers read it", options={"SKIP_SAVE"})

    def invoke(self, context, _event):
        """Ask what the colour is called, if the fabric is dyed."""
        if not session.current().object().toile.colour:
            return self.execute(context)
        return context.window_manager.invoke_props_dialog(self)

    def act(self, _context):
        here = session.current()
        own = here.object().toile
        looks = {("offer", f"fabric/{shelf.label(own.fabric)}"): True}
        if own.colour:
            looks["offer", f"colour/{self.name.strip() or own.colour}"] = {"main": own.colour}
        here.offer(looks)
        return f"On offer: {', '.join(key.partition('/')[2] for _, key in looks)}."


class WithdrawOffers(_Designing, bpy.types.Operator):
    """Offer customers no fabrics and colours any more"""

    bl_idname = "toile.withdraw_offers"
    bl_label = "Withdraw Offers"

    def act(self, _context):
        here = session.current()
        here.offer(
            {key: None for key in here.design if key[0] == "offer" and key[1].startswith(("fabric/", "colour/"))}
        )
        return ""


class PublishVersion(_Designing, bpy.types.Operator):
    """Show the garment, as it hangs now, to everyone in the review as a version that can be approved"""

    bl_idname = "toile.publish_version"
    bl_label = "Publish Version"

    label: StringProperty(name="Name", description="What the version is called", options={"SKIP_SAVE"})

    def invoke(self, context, _event):
        """Ask for its name."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, _context):
        here = session.current()
        garment = here.object()
        body = bridge.body_object_of(garment)
        shown = [body] if body is not None and body.toile.source == "avatar" else []  # a scan is its owner's
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "version.glb"
            export_review_glb(path, garment, shown)
            here.publish(path.read_bytes(), self.label)
        return f"{self.label or garment.name} is on its way to the review."
