# SPDX-License-Identifier: GPL-3.0-or-later
"""What the production panel asks for, read from a garment, and the drafts of its sizes, made on any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy

from ..bodies import Body
from ..patterns import Pattern, style
from ..patterns.adjustments import Adjustment, adjust
from ..patterns.grading import Sizes
from ..patterns.marker import Fabric
from ..patterns.techpack import read_prices
from ..worker.client import TaskCancelled
from . import bridge, properties
from .size_run import SizeRun, SizeRunRefused, measures_of_run, size_name
from .techpack import Order

Progress = Callable[[float, str], None]
SAMPLE = size_name(0)


@dataclass(frozen=True)
class Asked:
    """A garment's run of sizes: its own pattern is the sample's, the others are drafted as it was."""

    name: str
    pattern: Pattern
    body: Body | None
    choices: Mapping[str, Any]
    adjustments: Sequence[Adjustment]
    run: SizeRun

    def sizes(self, progress: Progress, cancelled: Callable[[], bool] = lambda: False) -> Sizes:
        """Draft them. Raises TaskCancelled, SizeRunRefused, AvatarRefused, DraftRefused, what adjustments refuse."""
        if not (self.run.smaller or self.run.larger):
            return Sizes({SAMPLE: self.pattern}, SAMPLE)
        if self.body is None:
            raise SizeRunRefused("Other sizes need the garment's body, which was deleted: make the garment anew.")
        progress(0.0, "Measuring the sizes")
        people = measures_of_run(self.body, self.run)
        drafted: dict[str, Pattern] = {}
        for number, (size, measures) in enumerate(people.items()):
            progress(number / len(people), f"Drafting {size}")
            if cancelled():
                raise TaskCancelled("The sizes are no longer wanted.")
            drafted[size] = self.pattern if size == SAMPLE else self.drafted(measures)
        return Sizes(drafted, SAMPLE)

    def drafted(self, measures: Mapping[str, float]) -> Pattern:
        """The garment for other measures (metres, radians). Raises DraftRefused, what adjustments refuse."""
        drafted = adjust(style(self.pattern.style).draft(measures, self.choices), self.adjustments)
        return replace(drafted, inner=self.pattern.inner)


def asked_of(garment: bpy.types.Object) -> Asked:
    """What a garment's production asks for. Raises SizeRunRefused for sizes of an imported pattern, UnknownStyle."""
    wanted, figure = garment.toile.production, bridge.body_object_of(garment)
    run = SizeRun(wanted.smaller, wanted.larger, round(wanted.girth_step, 6), round(wanted.height_step, 6))
    if garment.toile.imported and (run.smaller or run.larger):
        raise SizeRunRefused("An imported pattern is of one size: set Smaller and Larger to 0, or draft a style.")
    choices: Mapping[str, Any] = {}
    if not garment.toile.imported:
        choices = properties.choices_of(properties.sliders_of(garment), style(garment.toile.style))
    return Asked(
        garment.name,
        bridge.pattern_of(garment),
        None if figure is None else bridge.body_of(figure),
        choices,
        properties.adjustments_of(garment),
        run,
    )


def order_of(garment: bpy.types.Object) -> Callable[[Sizes], Order]:
    """A garment's order to a factory, once its sizes are drafted: then SizeRunRefused for a ratio of others.

    Raises MarkerRefused and PricesRefused.
    """
    wanted, name, fabric = garment.toile.production, garment.name, garment.toile.fabric
    numbers = (round(getattr(wanted, name), 6) for name in ("width", "gap", "repeat_along", "repeat_across"))
    width, gap, along, across = numbers
    match = tuple(wanted.match.replace(",", " ").split())
    laid_on = Fabric(width, wanted.nap, gap, 0.0, along, across, match, wanted.face_to_face)
    number, ratio, seconds = wanted.number, wanted.ratio, wanted.seconds
    prices = read_prices(Path(bpy.path.abspath(wanted.prices)) if wanted.prices else None)
    return lambda sizes: Order(name, number, sizes, fabric, laid_on, counts_of(ratio, sizes), seconds, prices)


def counts_of(ratio: str, sizes: Sizes) -> dict[str, int]:
    """How many garments of each size lie on a marker: of "S=1 M=2 L=1"; "" is one of each. Raises SizeRunRefused."""
    counts = dict.fromkeys(sizes.patterns, 0 if ratio.split() else 1)
    for word in ratio.replace(",", " ").split():
        size, _, count = word.partition("=")
        if size not in counts or not (count.isdecimal() and len(count) < 5):
            raise SizeRunRefused(f"{word!r} is no number of a size: write {' '.join(f'{s}=1' for s in counts)}.")
        counts[size] = int(count)
    return counts
