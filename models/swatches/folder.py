# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture file of cloth to a folder of maps: what `toile fabric make --swatch` does, in the worker."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..recipes import Look
from ..swatch import refuse_sizes, write_swatch
from .analysis import Scale, analyse
from .making import Estimate, swatch_maps
from .photograph import read_photograph

LOOK = Look(sheen_weight=0.2, sheen_roughness=0.5, sheen_tint=(1.0, 1.0, 1.0), anisotropy=0.0)  # a spun yarn's
ESTIMATED = "Height, normal and roughness are estimated from the picture's shades."


def photograph_swatch(
    path: Path,
    folder: Path,
    *,
    size: float,
    pixels: int = 1024,
    scale: Scale | None = None,
    corners: Sequence[tuple[float, float]] | None = None,
    corner_size: tuple[float, float] | None = None,
    seed: int = 0,
    estimate: Estimate | None = None,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> dict[str, Any]:
    """Read a swatch, quilt a tile of about `size` metres and write its maps; the report is `write_swatch`'s and more.

    Beside it: "read" (Analysis.to_json) and "notes". Raises FabricRefused for a file that is no picture, a picture that
    shows no cloth of known scale, a bad size, or a folder that cannot be written.
    """
    started = time.perf_counter()
    refuse_sizes(pixels, size)
    progress(0.0, f"Reading {path.name}")
    photograph = read_photograph(path)
    progress(0.2, "Looking for its lattice")
    read = analyse(photograph.pixels, scale, corners, corner_size)
    progress(0.5, "Quilting a seamless tile")
    made = swatch_maps(read, size, pixels, np.random.default_rng(seed), estimate)
    progress(0.9, "Writing the maps")
    notes = [*photograph.notes, *read.notes, ESTIMATED]
    report = write_swatch(folder, path.stem, path.stem, made, LOOK, seed)
    return report | {"read": read.to_json(), "notes": notes, "seconds": time.perf_counter() - started}
