# SPDX-License-Identifier: GPL-3.0-or-later
"""What customers may choose from in a review: the look that the garment has, and fabrics off the shelf."""

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty

from ..addon import shelf
from ..addon.collaborate import garment as shared
from ..addon.collaborate import session
from .collaborate_decide import Designing

_COLUMNS = 3
OFFERS = ("fabric/", "colour/", "size/", "body/")


class OfferLook(Designing, bpy.types.Operator):
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


class OfferedFabric(bpy.types.PropertyGroup):
    """A fabric of the shelf, and whether customers may choose it."""

    offered: BoolProperty()


class OfferFabrics(Designing, bpy.types.Operator):
    """Pick the fabrics that customers may choose; the next version that you publish shows each of them"""

    bl_idname = "toile.offer_fabrics"
    bl_label = "Offer Fabrics"

    fabrics: CollectionProperty(type=OfferedFabric, options={"SKIP_SAVE"})

    def invoke(self, context, _event):
        """Show the shelf."""
        offered = shared.fabrics_offered(session.current().design)
        for name, *_ in shelf.menu(None, None):
            row = self.fabrics.add()
            row.name, row.offered = name, name in offered
        return context.window_manager.invoke_props_dialog(self, width=480)

    def draw(self, _context):
        """A tick for each."""
        grid = self.layout.grid_flow(columns=_COLUMNS, row_major=True)
        for row in self.fabrics:
            grid.prop(row, "offered", text=shelf.label(row.name))

    def act(self, _context):
        here = session.current()
        picked = [shelf.label(row.name) for row in self.fabrics if row.offered]
        if not all(picked):
            raise session.ReviewRefused("One of these fabrics is not on this Blender's shelf.")
        withdrawn = {("offer", f"fabric/{label}"): None for label in shared.offered(here.design, "fabric/")}
        here.offer({**withdrawn, **{("offer", f"fabric/{label}"): True for label in picked}})
        return f"On offer: {', '.join(picked)}." if picked else ""


class WithdrawOffers(Designing, bpy.types.Operator):
    """Offer customers no fabrics, colours and sizes any more"""

    bl_idname = "toile.withdraw_offers"
    bl_label = "Withdraw Offers"

    def act(self, _context):
        here = session.current()
        here.offer({key: None for key in here.design if key[0] == "offer" and key[1].startswith(OFFERS)})
        return ""
