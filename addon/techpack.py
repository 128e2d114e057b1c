# SPDX-License-Identifier: GPL-3.0-or-later
"""A tech pack as it comes out of Blender: the draped sample photographed and drawn flat, markers laid, the files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np

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
from .preview import render_preview
from .stitching import seam_edges

WHOLE, MAPPED = (1000, 1300), (1100, 800)  # pixels of a picture of the garment, and of a map of its fit
FIT_MAPS = ("strain_weft", "pressure")
DETAILS = {  # what is shown closer: of which picture, and which part of it
    "Front, upper part": (0, (0.20, 0.10, 0.80, 0.42)),
    "Front, lower part": (0, (0.20, 0.58, 0.80, 0.90)),
    "Back, upper part": (1, (0.20, 0.10, 0.80, 0.42)),
}
_HEAVY, _LIGHT = 4.5e-4, 2.2e-4  # metres of a flat's outline, and of its seams
_TICKS = 4

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Shots:
    """Pictures of a garment as PNG: front, back, and each map of its fit with the lowest and highest value it shows."""

    front: bytes
    back: bytes
    maps: Mapping[str, tuple[bytes, float, float]]


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


def photograph(figure: bpy.types.Object, garment: bpy.types.Object, progress: Progress) -> Shots:
    """Photograph a draped garment on its body. Raises NothingToMap and ExportRefused."""
    maps: dict[str, tuple[bytes, float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.png"

        def shot(views: Sequence[str], size: tuple[int, int], plain: bool = False) -> bytes:
            render_preview([figure, garment], path, views=views, size=size, focus=garment, plain=plain)
            return path.read_bytes()

        progress(0.0, "Photographing the garment")
        with overlay.in_fabric(garment):
            front, back = (shot((view,), WHOLE) for view in ("front", "back"))
        before = overlay.shown(garment)
        for k, name in enumerate(FIT_MAPS):
            progress(0.5 + 0.25 * k, f"Photographing its fit: {MAPS[name].label}")
            overlay.show(garment, name)
            maps[name] = (shot(("front", "back"), MAPPED, plain=True), *overlay.shown_range(garment))
        overlay.show(garment, before) if before else overlay.hide(garment)
    return Shots(front, back, maps)


def flats_of(garment: bpy.types.Object) -> tuple[Drawing, Drawing]:
    """The front and the back of a draped garment in lines."""
    positions, faces = bridge.triangles_of(garment.data)
    ends = np.empty(2 * len(garment.data.edges), np.int32)
    garment.data.edges.foreach_get("vertices", ends)
    seams = ends.reshape(-1, 2)[seam_edges(garment.data)].astype(np.int64)

    def drawn(title: str, side: Side) -> Drawing:
        flat = flat_sketch(positions, faces.astype(np.int64), seams, side)
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
    order: Order, cloths: tuple[Cloth, ...], shots: Shots | None, flats: tuple[Drawing, ...], judged: Mapping[str, Any]
) -> Brief:
    """All that the pack says; without a drape `shots` is None, and `flats` and `judged` are empty."""
    brief = Brief(order.title, order.number, order.sizes, cloths, order.counts, order.prices, flats=flats)
    if shots is None:
        return brief
    whole = (Picture("Front", shots.front), Picture("Back", shots.back))
    details = tuple(Picture(title, whole[which].png, crop) for title, (which, crop) in DETAILS.items())
    maps = tuple(
        (Picture(MAPS[name].label, png), legend(name, low, high)) for name, (png, low, high) in shots.maps.items()
    )
    return replace(brief, pictures=whole, details=details, fit=Fit(judged, maps))


def legend(name: str, low: float, high: float) -> Drawing:
    """The colours of a map beside its values."""
    kind, steps = MAPS[name], 48
    colours = ramp.encoded(ramp.colours((np.arange(steps) + 0.5) / steps, kind.signed)).clip(0.0, 1.0)
    strokes = [
        Stroke(
            np.array([[0, y], [1, y], [1, y + 1], [0, y + 1]]) * [4.0, 1.0], True, 0.0, fill=tuple(map(float, colour))
        )
        for y, colour in enumerate(colours)
    ]
    values = [(kind.scale * (low + (high - low) * k / _TICKS), steps * k / _TICKS) for k in range(_TICKS + 1)]
    words = [Word((5.0, y), f"{value:.4g} {kind.unit}".strip(), align="left") for value, y in values]
    return Drawing("", tuple(strokes), tuple(words), 3.0)


def write_pack(brief: Brief, folder: Path, said: Mapping[str, Callable[[str], str]]) -> dict[str, str]:
    """techpack.json, and in every language techpack_….pdf and .html; where each was written, by its name.

    said: of a language, how it calls a style and a fabric.
    """
    written = {"techpack.json": write_json(folder / "techpack.json", figures(brief))}
    for language in LANGUAGES:
        say = said.get(language, str)
        cloths = tuple(replace(cloth, label=say(cloth.label)) for cloth in brief.cloths)
        document = tech_pack(replace(brief, title=say(brief.title), cloths=cloths), language)
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
