# SPDX-License-Identifier: GPL-3.0-or-later
"""A tech pack as it comes out of Blender: the draped sample drawn flat and in the colours of its fit, markers laid,
the files. Blender is asked for arrays alone, and its window stays alive while the rest is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..patterns import Pattern
from ..patterns.document import pattern_to_json
from ..patterns.grading import Sizes
from ..patterns.marker import Fabric, Marker
from ..patterns.techpack import (
    LANGUAGES,
    Brief,
    Cloth,
    Drawing,
    Fit,
    Picture,
    Prices,
    Stroke,
    document_to_html,
    document_to_pdf,
    points_of_measure,
    tech_pack,
)
from ..patterns.techpack.sheets import Word
from ..patterns.writing import write_beside, write_json
from ..sim import mechanics
from ..sim.fabric import fabric_row
from ..sim.flats import Side, flat_sketch
from ..sim.maps import MAPS
from ..worker.client import call
from . import bridge, overlay, ramp
from .bridge import FABRIC_OF_ROLE
from .fit_picture import fit_picture
from .i18n import TRANSLATIONS, read_translation
from .photography import SHOTS, WHOLE
from .preview import framing
from .stitching import seam_edges

FIT_MAPS = ("strain_weft", "pressure")
_CLOSE = (0.5, 0.3)  # metres wide and high of a detail
_HEAVY, _LIGHT = 4.5e-4, 2.2e-4  # metres of a flat's outline, and of its seams
_TICKS = 4

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class View:
    """How a picture shows a garment: metres across and high, and the garment's top and foot as shares from above."""

    wide: float
    tall: float
    top: float
    foot: float

    def near(self, share: float) -> tuple[float, float, float, float]:
        """Close to the garment's middle line, that share of the way down it, as a crop."""
        half, deep = _CLOSE[0] / self.wide / 2, _CLOSE[1] / self.tall
        top = min(max(self.top + share * (self.foot - self.top) - deep / 2, 0.0), 1.0 - deep)
        return max(0.5 - half, 0.0), top, min(0.5 + half, 1.0), top + deep


@dataclass(frozen=True)
class Worn:
    """A draped garment and its fit as arrays, so that any thread can draw it.

    positions: (n, 3) metres. faces: (m, 3). seams: (k, 2) ends of the edges where panels meet. maps: of each map of the
    fit (n, 3) sRGB in 0…1, and the lowest and highest value it shows. judged: the fit in numbers.
    """

    positions: NDArray[np.float64]
    faces: NDArray[np.int64]
    seams: NDArray[np.int64]
    maps: Mapping[str, tuple[NDArray[np.float64], float, float]]
    view: View
    judged: Mapping[str, Any]

    @classmethod
    def of(cls, figure: bpy.types.Object, garment: bpy.types.Object, judged: Mapping[str, Any]) -> Worn:
        """Read it off the scene. Raises NothingToMap."""
        before = overlay.shown(garment)
        maps: dict[str, tuple[NDArray[np.float64], float, float]] = {}
        for name in FIT_MAPS:
            overlay.show(garment, name)
            maps[name] = (ramp.encoded(overlay.shown_colours(garment)), *overlay.shown_range(garment))
        overlay.show(garment, before) if before else overlay.hide(garment)
        positions, faces = bridge.triangles_of(garment.data)
        ends = np.empty(2 * len(garment.data.edges), np.int32)
        garment.data.edges.foreach_get("vertices", ends)
        seams = ends.reshape(-1, 2)[seam_edges(garment.data)].astype(np.int64)
        return cls(positions, faces.astype(np.int64), seams, maps, _view(figure, positions), judged)


@dataclass(frozen=True)
class Order:
    """What is to be made: a style's name for people and its number, its sizes, its fabric and how that is laid and
    paid; counts: how many garments of each size lie on a marker.
    """

    title: str
    number: str
    sizes: Sizes
    fabric: str
    laid_on: Fabric
    counts: Mapping[str, int]
    seconds: int
    prices: Prices


def _view(figure: bpy.types.Object, positions: NDArray[np.float64]) -> View:
    """Where the garment is in its picture."""
    body = bridge.triangles_of(figure.data)[0]
    every = np.concatenate([body, positions])
    foot, height = float(every[:, 2].min()), float(np.ptp(every[:, 2]))
    low, high = (float(v) - foot for v in (positions[:, 2].min(), positions[:, 2].max()))
    frame, (bottom, top) = framing(float(np.ptp(every[:, 0])), height, (low, high), WHOLE)
    tall = frame * WHOLE[1] / WHOLE[0]
    middle = (bottom + top) / 2
    return View(frame, tall, 0.5 + (middle - high) / tall, 0.5 + (middle - low) / tall)


def flats_of(worn: Worn) -> tuple[Drawing, Drawing]:
    """The front and the back of a draped garment in lines."""

    def drawn(title: str, side: Side) -> Drawing:
        flat = flat_sketch(worn.positions, worn.faces, worn.seams, side)
        lines = [Stroke(line, width=_HEAVY) for line in flat.outlines]
        lines += [Stroke(line, width=_LIGHT) for line in flat.seams]
        return Drawing(title, tuple(lines), margin=0.02)

    return drawn("Front", "front"), drawn("Back", "back")


def lay_markers(order: Order, worker: Sequence[str], progress: Progress, stop: Callable[[], bool]) -> tuple[Cloth, ...]:
    """A marker for every fabric of the sizes, laid by a worker; from any thread."""
    roles = list(dict.fromkeys(piece.fabric for piece in order.sizes.pattern.pieces))
    cloths: list[Cloth] = []
    for k, role in enumerate(sorted(roles, key=lambda role: role != "main")):
        progress(k / len(roles), f"Laying the marker of {role} fabric")
        name = FABRIC_OF_ROLE.get(role, order.fabric)
        cloth = mechanics(name)
        fabric = replace(order.laid_on, density=cloth.density)
        params = {
            "patterns": {size: pattern_to_json(pattern) for size, pattern in order.sizes.patterns.items()},
            "counts": dict(order.counts),
            "fabric": asdict(fabric),
            "role": role,
            "seconds": order.seconds,
        }
        told = call(worker, "marker", params, {}, cancelled=stop).values["marker"]
        kind = "knit" if "knit" in fabric_row(name) else "woven"
        cloths.append(Cloth(role, name, cloth.label, kind, cloth.density, Marker.from_json(fabric, told)))
    return tuple(cloths)


def brief_of(
    order: Order, cloths: tuple[Cloth, ...], worn: Worn | None = None, shots: Mapping[str, bytes] = MappingProxyType({})
) -> Brief:
    """All that the pack says; from any thread. worn and shots, its photographs as PNG by view: where it is draped."""
    brief = Brief(order.title, order.number, order.sizes, cloths, order.counts, order.prices)
    if worn is None:
        return brief
    front, back = (shots[view] for view in SHOTS)
    whole = (Picture("Front", front), Picture("Back", back))
    details = (
        Picture("Front, upper part", front, worn.view.near(0.12)),
        Picture("Front, lower part", front, worn.view.near(0.85)),
        Picture("Back, upper part", back, worn.view.near(0.12)),
    )
    maps = tuple(
        (Picture(MAPS[name].label, fit_picture(worn.positions, worn.faces, colours)), legend(name, low, high))
        for name, (colours, low, high) in worn.maps.items()
    )
    return replace(brief, pictures=whole, details=details, flats=flats_of(worn), fit=Fit(worn.judged, maps))


def legend(name: str, low: float, high: float) -> Drawing:
    """The colours of a map beside its values."""
    kind, steps = MAPS[name], 48
    colours = ramp.encoded(ramp.colours((np.arange(steps) + 0.5) / steps, kind.signed)).clip(0.0, 1.0)
    strokes = [
        Stroke(
            np.array([[0, y], [1, y], [1, steps], [0, steps]]) * [4.0, 1.0], True, 0.0, fill=tuple(map(float, colour))
        )
        for y, colour in enumerate(colours)
    ]
    values = [(kind.scale * (low + (high - low) * k / _TICKS), steps * k / _TICKS) for k in range(_TICKS + 1)]
    words = [Word((5.0, y), f"{value:.4g} {kind.unit}".strip(), align="left") for value, y in values]
    return Drawing("", tuple(strokes), tuple(words), 3.0)


def write_pack(brief: Brief, folder: Path) -> dict[str, str]:
    """techpack.json, and in every language techpack_….pdf and .html; where each was written, by its name."""
    words = {file.stem: read_translation(file) for file in TRANSLATIONS.glob("*.toml")}
    written = {"techpack.json": write_json(folder / "techpack.json", figures(brief))}
    for language in LANGUAGES:
        said = words.get(language, {})
        cloths = tuple(replace(cloth, label=said.get(cloth.label, cloth.label)) for cloth in brief.cloths)
        document = tech_pack(replace(brief, title=said.get(brief.title, brief.title), cloths=cloths), language)
        stem = f"techpack_{language}"
        written[f"{stem}.pdf"] = write_beside(folder / f"{stem}.pdf", document_to_pdf(document))
        written[f"{stem}.html"] = write_beside(folder / f"{stem}.html", document_to_html(document).encode())
    return {name: str(path) for name, path in written.items()}


def figures(brief: Brief) -> dict[str, Any]:
    """The pack's numbers, in SI."""

    def measures(pattern: Pattern) -> dict[str, float]:
        return {p.code: p.value for p in points_of_measure(pattern)}

    points = points_of_measure(brief.pattern)
    return {
        "style": brief.pattern.style,
        "number": brief.number,
        "sample": brief.sizes.sample,
        "points": {p.code: {"label": p.names["en"], "tolerance": p.tolerance} for p in points},
        "measurements": {size: measures(pattern) for size, pattern in brief.sizes.patterns.items()},
        "fabrics": {
            cloth.role: {
                "name": cloth.name,
                "metres": brief.metres(cloth),
                "mass": brief.metres(cloth) * cloth.marker.fabric.width * cloth.density,
                "utilisation": cloth.marker.utilisation,
            }
            for cloth in brief.cloths
        },
        "interlinings": {
            own.name: {"area": area, "mass": area * own.density} for own, area in brief.interlinings
        },
        "thread": brief.thread,
        "minutes": brief.minutes,
        "operations": [
            {
                "what": o.what, "name": o.name, "count": o.count, "length": o.length, "allowance": o.allowance,
                "seam": o.seam.code, "stitches": [s.code for s in o.stitches], "thread": o.thread, "minutes": o.minutes,
            }
            for o in brief.sewing
        ],
        "costs": [{**asdict(line), "amount": line.amount} for line in brief.costs()],
        "cost": sum(line.amount for line in brief.costs()),
        "currency": brief.prices.currency,
        "max_error": max(pattern.proof().max_error for pattern in brief.sizes.patterns.values()),
    }  # fmt: skip
