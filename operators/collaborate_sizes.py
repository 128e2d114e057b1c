# SPDX-License-Identifier: GPL-3.0-or-later
"""Offer sizes: customers choose among the garment's run, and designers take over what a size measures."""

import bpy

from ..addon import bridge, production_run
from ..addon.collaborate import garment as shared
from ..addon.collaborate import session
from ..addon.size_run import measures_of_run
from .collaborate_decide import Designing


class OfferSizes(Designing, bpy.types.Operator):
    """Let customers choose among the garment's run of sizes, as the Production panel sets it"""

    bl_idname = "toile.offer_sizes"
    bl_label = "Offer Sizes"

    def act(self, _context):
        here = session.current()
        garment = here.object()
        body = bridge.body_object_of(garment)
        if body is None or not shared.measures(body):
            raise session.ReviewRefused("Sizes tell the body's measures: allow Share Measures on this scan first.")
        asked = production_run.asked_of(garment)
        people = measures_of_run(asked.body, asked.run)
        offer = {key: None for key in here.design if key[0] == "offer" and key[1].startswith(("size/", "body/"))}
        for number, (size, person) in enumerate(people.items()):
            offer["offer", f"size/{size}"] = number
            offer["offer", f"body/{size}"] = {name: round(person[name], 6) for name in shared.MEASURES}
        here.offer(offer)
        return f"On offer: {', '.join(people)}."
