# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture file of cloth to a folder of maps: what `toile fabric make --swatch` does, in the worker."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..recipes import Look
from ..swatch import refuse_sizes, write_swatch
from .analysis import Analysis, Scale, analyse
from .making import Estimate, Weave, swatch_maps
from .photograph import read_photograph

LOOK = Look(sheen_weight=0.2, sheen_roughness=0.5, sheen_tint=(1.0, 1.0, 1.0), anisotropy=0.0)  # a spun yarn's
BY_SHADE = "Height, normal and roughness are estimated from the picture's shades."
BY_READER = "Height, normal, roughness and the albedo without shading are estimated by the reader of photographs."
STATED = "The mean roughness is as you stated."
TAUGHT = "Woven by a loom that has learnt the swatch."


class NotTaught(ValueError):
    """A swatch that no loom can learn; the sentence says why."""


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
    roughness: float | None = None,
    estimate: Estimate | None = None,
    teach: Callable[[Analysis], Weave] | None = None,
    progress: Callable[[float, str], None] = lambda fraction, text: None,
) -> dict[str, Any]:
    """Read a swatch, make a tile of about `size` metres and write its maps; the report is `write_swatch`'s and more.

    estimate: the reader of photographs, else height follows shade · teach: a loom that learns the swatch, else it is
    quilted, as it is where `teach` raises NotTaught · roughness: as `swatch_maps` takes it. Beside the report: "read"
    (Analysis.to_json) and "notes". Raises FabricRefused for a file that is no picture, a picture that shows no cloth of
    known scale, a bad size or roughness, or a folder that cannot be written.
    """
    started = time.perf_counter()
    refuse_sizes(pixels, size)
    progress(0.0, f"Reading {path.name}")
    photograph = read_photograph(path)
    progress(0.2, "Looking for its lattice")
    read = analyse(photograph.pixels, scale, corners, corner_size)
    notes = [*photograph.notes, *read.notes]
    weave = None
    if teach is not None:
        try:
            weave = teach(read)
            notes.append(TAUGHT)
        except NotTaught as reason:
            notes.append(f"{reason} It is quilted.")
    if weave is None:
        progress(0.8, "Quilting a seamless tile")
    rng = np.random.default_rng(seed)
    made = swatch_maps(read, size, pixels, rng, estimate=estimate, weave=weave, roughness=roughness)
    progress(0.95, "Writing the maps")
    notes += [BY_SHADE if estimate is None else BY_READER, *([STATED] if roughness is not None else [])]
    report = write_swatch(folder, path.stem, path.stem, made, LOOK, seed)
    return report | {"read": read.to_json(), "notes": notes, "seconds": time.perf_counter() - started}
