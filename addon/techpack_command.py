# SPDX-License-Identifier: GPL-3.0-or-later
"""`toile techpack`: a style and a run of sizes → the sample draped and photographed, and what a factory works from."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bodies import load_body
from ..patterns.grading import Sizes
from ..patterns.marker import Fabric
from ..patterns.techpack import read_prices
from ..sim import mechanics
from .commands import CommandRefused, Speaker, Wanted, draped_pattern, folder_of, values_of


@dataclass(frozen=True)
class PackWanted:
    """A tech pack as the command line asks for it; counts by size, one garment of each where there is none."""

    garment: Wanted
    bodies: Sequence[tuple[str, str]]
    sample: str
    number: str
    fabric: str | None
    laid_on: Fabric
    counts: Mapping[str, int]
    seconds: int
    prices: str | None
    drape: bool
    engine: str
    distance: float


def make_tech_pack(wanted: PackWanted, out: str, speaker: Speaker) -> dict[str, Any]:
    """The pack's files in English and Chinese, and its numbers. Raises CommandRefused and the kernels' refusals."""
    from . import showroom
    from .engine import engine_worker
    from .photography import photograph
    from .techpack import Order, Worn, brief_of, figures, lay_markers, write_pack

    began = time.perf_counter()
    if twice := [size for size, _ in wanted.bodies if [s for s, _ in wanted.bodies].count(size) > 1]:
        raise CommandRefused(f"The size {twice[0]} is given twice.")
    folder = folder_of(out)
    bodies = {size: load_body(Path(path)) for size, path in wanted.bodies}
    drafted = {size: wanted.garment.drafted(values_of(body)) for size, body in bodies.items()}
    sizes = Sizes(
        {size: pattern for size, (pattern, _) in drafted.items()}, wanted.sample or list(bodies)[len(bodies) // 2]
    )
    fabric = wanted.fabric or drafted[sizes.sample][1]
    if not fabric:
        raise CommandRefused("An imported pattern names no fabric: give --fabric NAME.")
    mechanics(fabric)  # an unknown fabric is refused before the work
    if strange := sorted(wanted.counts.keys() - sizes.patterns.keys()):
        raise CommandRefused(f"There is no size {strange[0]!r} to lay; there is {', '.join(sizes.patterns)}.")
    counts = {size: wanted.counts.get(size, 0 if wanted.counts else 1) for size in sizes.patterns}
    prices = read_prices(Path(wanted.prices) if wanted.prices else None)
    title = sizes.pattern.name
    order = Order(title, wanted.number, sizes, fabric, wanted.laid_on, counts, wanted.seconds, prices)
    cloths = lay_markers(order, engine_worker(), speaker, lambda: False)
    worn, shots = None, {}
    if wanted.drape:
        body = bodies[sizes.sample]
        drape, told = draped_pattern(sizes.pattern, body, fabric, wanted.engine, "", wanted.distance, folder, speaker)
        showroom.empty_file()
        figure = showroom.show_body(body)
        garment = showroom.show_garment(figure, body, sizes.pattern, drape, fabric)
        worn = Worn.of(figure, garment, told["fit"])
        with tempfile.TemporaryDirectory() as place:
            taken = photograph(figure, garment, Path(place), speaker)
            shots = {view: path.read_bytes() for view, path in taken.items()}
    brief = brief_of(order, cloths, worn, shots)
    files = write_pack(brief, folder)
    told_all = figures(brief)
    numbers = {key: told_all[key] for key in ("fabrics", "thread", "minutes", "cost", "currency", "max_error")}
    return {**numbers, "seconds": time.perf_counter() - began, "files": files}
