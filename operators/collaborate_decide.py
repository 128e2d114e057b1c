# SPDX-License-Identifier: GPL-3.0-or-later
"""What designers decide in a review: proposals and choices, each taken over as one step of undo; and versions."""

import tempfile
from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ..addon import bridge, customers, job_runner, production_run, shelf, worn_sizes
from ..addon.collaborate import garment as shared
from ..addon.collaborate import session
from ..addon.collaborate.ledger import Values
from ..addon.review_glb import export_review_glb
from ..addon.verb import Verb, needs, needs_object_mode
from ..patterns import style
from .drape import asked_of as drape_asked

_SAME = 5e-4  # m within which two measures are one size's


class Designing(Verb):
    """A verb of a designer in a review that has been joined."""

    @classmethod
    def poll(cls, context):
        here = session.current()
        return (
            needs(cls, here and here.joined and not here.ended, "Join a review first")
            and needs(cls, here.role == "designer", "Only designers decide in a review")
            and needs(cls, here.object(), "The shared garment is not here: undo what took it away")
            and needs_object_mode(cls, context)
        )


def take_over(values: Values) -> None:
    """Write values to the shared garment as if its sliders had been moved. Raises ValueRefused and kin."""
    garment = session.current().object()
    due, refused = shared.write(garment, values)
    if refused:
        raise shared.ValueRefused(refused[0])
    if due:
        bpy.ops.toile.redraft("EXEC_DEFAULT", False, target=due)


class Decide(Designing, bpy.types.Operator):
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
            take_over({("parameters", str(proposal.get("parameter"))): proposal.get("value")})
        here.ask("decide", proposal=self.proposal, accepted=self.accepted)
        return f"{shared.shown(proposal.get('parameter'))} {'as proposed' if self.accepted else 'stays as it is'}."


class TakeChoice(Designing, bpy.types.Operator):
    """Give the garment the fabric, the colour or the size that was chosen"""

    bl_idname = "toile.take_choice"
    bl_label = "Take Over"
    bl_options = {"REGISTER", "UNDO"}

    choice: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    def act(self, _context):
        here = session.current()
        choice = here.review.get("choices", {}).get(self.choice)
        if not isinstance(choice, dict) or choice.get("what") not in ("fabric", "colour", "size"):
            raise session.ReviewRefused("That choice is no longer there.")
        what, value = choice["what"], choice.get("value")
        if what == "fabric":
            take_over({shared.FABRIC: shelf.named(value)})
        elif what == "colour":
            take_over({shared.COLOUR: value})
        else:
            take_over(shared.measures_of_size(here.object(), here.design, value))
        own = here.object().toile
        if choice.get("role") == "reviewer" and not own.imported:  # one who agreed to be remembered chose this look
            customers.note(str(choice.get("by")), style(own.style), "chosen", own.fabric, own.colour)
        return f"{what.capitalize()}: {shared.shown(value)}."


class PublishVersion(Designing, bpy.types.Operator):
    """Show the garment, as it hangs now, to everyone in the review as a version that can be approved"""

    bl_idname = "toile.publish_version"
    bl_label = "Publish Version"

    label: StringProperty(name="Name", description="What the version is called", options={"SKIP_SAVE"})
    sizes: BoolProperty(
        name="In Every Size",
        description="Drape it in each size on offer too, so that whoever chooses a size sees how that one hangs",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context, _event):
        """Ask for its name, and whether in every size, where any is on offer."""
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, _context):
        """The sizes only where they are on offer."""
        self.layout.prop(self, "label")
        if shared.offered(session.current().design, "size/"):
            self.layout.prop(self, "sizes")

    def act(self, context):
        here = session.current()
        garment = here.object()
        name, label, body = garment.name, self.label, bridge.body_object_of(garment)
        on_its_way = f"{label or name} is on its way to the review."
        shown = [body] if body is not None and body.toile.source == "avatar" else []  # a scan is its owner's
        glb = _glb_of(here, garment, shown)
        if not self.sizes:
            here.publish(glb, label)
            return on_its_way
        people = shared.sizes_offered(here.design)
        if body is None or garment.toile.imported or not people:
            raise session.ReviewRefused("There is no other size to show: offer sizes of a style on a body first.")
        asked, drafted = drape_asked(context, garment), production_run.asked_of(garment).drafted
        own, published = shared.measures(body), shared.read(garment)
        others = {size: measures for size, measures in people.items() if not _same(measures, own)}

        def work(progress, cancelled):
            return worn_sizes.drape_sizes(asked, drafted, others, progress, cancelled)

        def apply(worn):
            glbs = dict.fromkeys(people.keys() - others.keys(), glb)
            for size, one in worn.items():
                yield
                garment = here.object() if session.current() is here else None
                if garment is None or shared.read(garment) != published:
                    raise session.ReviewRefused("The garment was changed while its sizes draped: publish it again.")
                with worn_sizes.shown(garment, one) as (other, figure):
                    glbs[size] = _glb_of(here, other, [figure])
            here.publish(glb, label, glbs)
            return on_its_way

        return job_runner.start(f"Sizes of {name}", "collaborate", work, apply).sentence()


def _glb_of(here, garment, beside):
    offered = shared.fabrics_offered(here.design)
    fabrics = dict.fromkeys((garment.toile.fabric, *offered)) if offered else ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "version.glb"
        export_review_glb(path, garment, beside, tuple(fabrics))
        return path.read_bytes()


def _same(measures, own):
    return all(abs(value - own.get(name, 0.0)) < _SAME for name, value in measures.items())
