# SPDX-License-Identifier: GPL-3.0-or-later
"""Remember a customer who agreed to it, keep how garments felt, and forget one for good."""

import bpy
from bpy.props import EnumProperty, StringProperty

from ..addon import bridge, customers, properties
from ..addon.verb import Verb, needs
from ..models.recommend.events import FITS
from ..models.recommend.live import Store
from ..models.recommend.made_to_measure import ease_above
from ..patterns import style


class _OfCustomer(Verb):
    @classmethod
    def poll(cls, context):
        return needs(cls, context.scene.toile_brief.customer, "Name the customer first")


class RememberCustomer(_OfCustomer, bpy.types.Operator):
    """Keep from now on what this customer chooses, who has agreed to it"""

    bl_idname = "toile.remember_customer"
    bl_label = "Remember"

    consent: StringProperty(name="Agreed to", description="The terms that the customer agreed to, and when")

    def invoke(self, context, event):
        """Ask to what."""
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        customer = context.scene.toile_brief.customer
        if not self.consent.strip():
            raise customers.NoConsent("Say what the customer agreed to, and when: nobody is remembered without.")
        customers.path().parent.mkdir(parents=True, exist_ok=True)
        with Store(customers.path()) as store:
            store.agree(customer, self.consent)
        return f"What {customer} chooses is remembered from now on."


class TellFit(_OfCustomer, bpy.types.Operator):
    """Keep how the active garment felt to this customer when worn: the next ones get their ease by it"""

    bl_idname = "toile.tell_fit"
    bl_label = "Tell Fit"

    felt: EnumProperty(name="Felt", items=[(felt, felt.capitalize(), "") for felt in FITS], default="fit")

    @classmethod
    def poll(cls, context):
        return super().poll(context) and needs(
            cls, bridge.active_garment(context), "Make a garment first: New T-shirt, for example"
        )

    def act(self, context):
        customer, garment = context.scene.toile_brief.customer, bridge.active_garment(context)
        of, own = style(garment.toile.style), garment.toile
        ease = ease_above(of, properties.choices_of(properties.sliders_of(garment), of))
        worn = {"fit": self.felt, "ease": ease}
        if not customers.note(customer, of, "fit", own.fabric, own.colour, fit=worn):
            raise customers.NoConsent(f"{customer} has not agreed to be remembered: press Remember first.")
        return f"What is made for {customer} next has its ease by this."


class ForgetCustomer(_OfCustomer, bpy.types.Operator):
    """Delete all that is kept of this customer, and learn again without it"""

    bl_idname = "toile.forget_customer"
    bl_label = "Forget"

    @classmethod
    def poll(cls, context):
        return super().poll(context) and needs(cls, customers.there(), "Nothing is kept of anyone")

    def invoke(self, context, event):
        """Ask once more."""
        return context.window_manager.invoke_confirm(self, event)

    def act(self, context):
        customer = context.scene.toile_brief.customer
        with Store(customers.path()) as store:
            store.forget(customer)
        return f"Nothing is kept of {customer} any more."
