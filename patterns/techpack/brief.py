# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tech pack is made of, and what follows from it: sewing, thread, minutes, cloth and costs of one garment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..grading import Sizes
from ..interlinings import Interlining, interlinings
from ..marker import Marker
from ..pattern import Pattern
from .costing import CostLine, Prices
from .sheets import Drawing, Picture
from .stitches import ClothKind, Operation, TrimCount, elastics, operations, time, trim_counts


class TechPackRefused(ValueError):
    """A tech pack that cannot be made of what is given."""


@dataclass(frozen=True)
class Cloth:
    """A fabric of the garment: the role of its pieces, its name and label, how it is made, kg/m², and its marker."""

    role: str
    name: str
    label: str
    kind: ClothKind
    density: float
    marker: Marker


@dataclass(frozen=True)
class Fit:
    """How the sample fits: data as `sim.verdict.judged` gives it, and pictures of its maps with their legends."""

    judged: Mapping[str, Any]
    maps: tuple[tuple[Picture, Drawing], ...] = ()


@dataclass(frozen=True)
class Brief:
    """What a tech pack is made of.

    title and number: of the style. cloths: the garment's own first. counts: how many of each size lie on the markers.
    pictures: whole views, then details. flats: front and back as drawings.
    """

    title: str
    number: str
    sizes: Sizes
    cloths: tuple[Cloth, ...]
    counts: Mapping[str, int]
    prices: Prices
    pictures: tuple[Picture, ...] = ()
    details: tuple[Picture, ...] = ()
    flats: tuple[Drawing, ...] = ()
    fit: Fit | None = None

    def __post_init__(self) -> None:
        roles = {piece.fabric for piece in self.sizes.pattern.pieces}
        if missing := sorted(roles - {cloth.role for cloth in self.cloths}):
            raise TechPackRefused(f"There is no fabric for the pieces of {', '.join(missing)}: name one.")
        if sum(self.counts.values()) < 1:
            raise TechPackRefused("A marker of no garment says nothing of its fabric: lay at least one.")

    @property
    def pattern(self) -> Pattern:
        """The sample size's."""
        return self.sizes.pattern

    @cached_property
    def sewing(self) -> tuple[Operation, ...]:
        """All its sewing."""
        return operations(self.pattern, self.cloths[0].kind)

    @cached_property
    def trims(self) -> tuple[TrimCount, ...]:
        """Its trims."""
        return trim_counts(self.pattern)

    @property
    def thread(self) -> float:
        """Metres of thread a garment."""
        return sum(o.thread for o in self.sewing) + sum(t.thread for t in self.trims)

    @property
    def minutes(self) -> float:
        """Standard minutes a garment, rest and all."""
        sewing = sum(o.minutes for o in self.sewing) + sum(t.minutes for t in self.trims)
        cutting = time("cutting") * sum(piece.quantity for piece in self.pattern.pieces)
        return (sewing + cutting + time("pressing")) * (1.0 + time("allowance"))

    @cached_property
    def interlinings(self) -> tuple[tuple[Interlining, float], ...]:
        """What is fused, and the m² of it that a garment takes: up to the sew line, laid as closely as its fabric."""
        used = {cloth.role: cloth.marker.utilisation for cloth in self.cloths}
        area: dict[str, float] = {}
        for piece in (piece for piece in self.pattern.pieces if piece.interlining):
            fused = sum(panel.area for panel in piece.panels()) / used[piece.fabric]
            area[piece.interlining] = area.get(piece.interlining, 0.0) + fused
        return tuple((interlinings()[name], m2) for name, m2 in area.items())

    def metres(self, cloth: Cloth) -> float:
        """Of a fabric, a garment's share of its marker."""
        return cloth.marker.length * cloth.marker.plies / sum(self.counts.values())

    def costs(self) -> tuple[CostLine, ...]:
        """The cost sheet of one garment."""
        prices = self.prices
        lines: list[CostLine] = []
        for cloth in self.cloths:
            mass = self.metres(cloth) * cloth.marker.fabric.width * cloth.density
            lines.append(CostLine(cloth.label, mass, "kg", prices.fabric(cloth.name)))
        for _, area in self.interlinings:
            lines.append(CostLine("Interlining", area, "m²", prices.rates["interlining"]))
        lines.append(CostLine("Sewing thread", self.thread, "m", prices.rates["thread"]))
        for zip_length in zips(self.sewing):
            price = prices.rates["zip"] + prices.rates["zip_metre"] * zip_length
            lines.append(CostLine("Zip", 1.0, "pc", price))
        for kind, count in by_kind(self.trims).items():
            if kind in prices.trims:
                lines.append(CostLine(kind.capitalize(), float(count), "pc", prices.trims[kind]))
        if tape := sum(o.length for o in self.sewing if o.binding):
            lines.append(CostLine("Bias binding", tape, "m", prices.rates["binding"]))
        if band := sum(length for _, length in elastics(self.pattern)):
            lines.append(CostLine("Elastic", band, "m", prices.rates["elastic"]))
        lines += [CostLine(name, 1.0, "pc", price) for name, price in prices.extras.items()]
        lines.append(CostLine("Cutting, sewing and finishing", self.minutes, "min", prices.rates["minute"]))
        lines.append(
            CostLine("Overhead", self.minutes * prices.rates["minute"], prices.currency, prices.rates["overhead"])
        )
        return tuple(lines)


def zips(sewing: Sequence[Operation]) -> tuple[float, ...]:
    """The length of every zip, in metres."""
    return tuple(o.length / o.count for o in sewing if o.what == "zip" for _ in range(o.count))


def by_kind(trims: Sequence[TrimCount]) -> dict[str, int]:
    """How many there are of each kind, whatever their size."""
    found: dict[str, int] = {}
    for trim in trims:
        found[trim.kind] = found.get(trim.kind, 0) + trim.count
    return found
