# SPDX-License-Identifier: GPL-3.0-or-later
"""A fabric's maps as a folder of PNG files and a fabric.toml about them: what `toile fabric make` writes."""

import json
import re
import time
import tomllib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..patterns.writing import write_beside
from ..sim.fabric import FabricRefused, fabric_row
from .making import fabric_maps
from .maps import FabricMaps
from .png import write_png
from .recipes import Look, look, recipe

MAPS = ("albedo", "normal", "roughness", "height", "ao")
OPACITY = "opacity"  # a map of open cloths alone
DESCRIPTION = "fabric.toml"

_MOST_PIXELS = 8192
_LENGTHS = re.compile(r"^((?:size|height_range|thickness) = )([^#\n]+)", re.MULTILINE)  # lines in metres
_NUMBER = re.compile(r"-?\d[\d.]*(?:e[-+]?\d+)?")
_SIZES = (0.002, 0.5)  # metres of a tile: from a few yarns to more than a picture can show


@dataclass(frozen=True)
class Swatch:
    """A folder of maps: name and label of the fabric, its tile's size in metres, its look, and each map's file.

    repeats: how often its structure repeats in the tile, across and up
    """

    name: str
    label: str
    size_m: tuple[float, float]
    repeats: tuple[int, int]
    look: Look
    maps: dict[str, Path]


def fabric_swatch(
    name: str, folder: Path, *, pixels: int = 1024, seed: int = 0, size: float | None = None
) -> dict[str, Any]:
    """Make a fabric's maps in `folder` (made if it is not there) and report them.

    size: about how large the tile shall be, metres; the recipe's own if None. The report is `write_swatch`'s.
    Raises FabricRefused for an unknown fabric, a bad size or a folder that cannot be written.
    """
    started = time.perf_counter()
    row = fabric_row(name)
    appearance = look(name)
    refuse_sizes(pixels, size)
    try:
        made_of = recipe(name) if size is None else replace(recipe(name), tile=size)
        made = fabric_maps(made_of, pixels, np.random.default_rng(seed))
    except ValueError as error:
        raise FabricRefused(str(error)) from error
    return write_swatch(folder, name, row["label"], made, appearance, seed) | {
        "seconds": time.perf_counter() - started,
    }


def refuse_sizes(pixels: int, size: float | None) -> None:
    """Raise FabricRefused for more pixels than memory holds, or a tile of a size (metres) that shows no cloth."""
    if pixels > _MOST_PIXELS:
        raise FabricRefused(f"{pixels}² pixels are more than memory holds: give at most {_MOST_PIXELS}.")
    if size is not None and not _SIZES[0] <= size <= _SIZES[1]:
        raise FabricRefused(f"A tile of {size!r} m cannot be made: give a size from {_SIZES[0]} to {_SIZES[1]} m.")


def write_swatch(folder: Path, name: str, label: str, made: FabricMaps, appearance: Look, seed: int) -> dict[str, Any]:
    """Write maps and fabric.toml into a folder, which is made if it is not there.

    albedo.png 8-bit sRGB; normal.png 8-bit, OpenGL; roughness.png, ao.png and, where the cloth is seen through,
    opacity.png 8-bit; height.png 16-bit over the range that fabric.toml states.
    Returns {"period": [width, height] m, "seam_ratio", "maps": {name: path}}.
    Raises FabricRefused for a folder that cannot be written.
    """
    low, high = float(made.height.min()), float(made.height.max())
    images = {
        "albedo": made.albedo,
        "normal": np.round((made.normal * 0.5 + 0.5) * 255).astype(np.uint8),
        "roughness": np.round(made.roughness * 255).astype(np.uint8),
        "height": np.round((made.height - low) / max(high - low, 1e-12) * 65535).astype(np.uint16),
        "ao": np.round(made.ao * 255).astype(np.uint8),
    }
    if made.opacity is not None:
        images[OPACITY] = np.round(made.opacity * 255).astype(np.uint8)
    paths = {kind: folder / f"{kind}.png" for kind in images}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, path in paths.items():
            write_png(path, images[kind])
        if OPACITY not in images:
            (folder / f"{OPACITY}.png").unlink(missing_ok=True)  # of a cloth made here before
        described = _described(name, label, made, appearance, (low, high), seed, list(paths))
        write_beside(folder / DESCRIPTION, described.encode())
    except OSError as error:
        raise FabricRefused(f"{folder} takes no maps: {error.strerror}. Choose another folder.") from error
    return {
        "period": list(made.size_m),
        "seam_ratio": made.seam_ratio,
        "maps": {kind: str(path) for kind, path in paths.items()},
    }


def read_swatch(folder: Path) -> Swatch:
    """Read what `fabric_swatch` wrote. Raises FabricRefused if the folder is not such a one."""
    try:
        table = tomllib.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        width, height = table["size"]
        across, up = table["repeats"]
        tint = tuple(table["look"]["sheen_tint"])
        swatch = Swatch(
            name=table["name"],
            label=table["label"],
            size_m=(float(width), float(height)),
            repeats=(int(across), int(up)),
            look=Look(**(table["look"] | {"sheen_tint": tint})),
            maps={kind: folder / file for kind, file in table["maps"].items()},
        )
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise FabricRefused(f"{folder} holds no swatch: make one with `toile fabric make`. ({error})") from error
    if missing := [path.name for kind in MAPS if not (path := swatch.maps.get(kind, folder / kind)).is_file()]:
        raise FabricRefused(f"The swatch in {folder} lacks {', '.join(missing)}: make it again.")
    return swatch


def rescale_swatch(folder: Path, factor: float) -> None:
    """Make a swatch's cloth `factor` times as large in all three directions, as a count of its threads says.

    Raises FabricRefused for a folder that holds no swatch or is not written, or a tile of a size that shows no cloth.
    """
    size = read_swatch(folder).size_m
    if not all(_SIZES[0] <= factor * side <= _SIZES[1] for side in size):
        raise FabricRefused(
            f"A tile of {factor * size[0]:.3g} × {factor * size[1]:.3g} m shows no cloth: count once more."
        )

    def scaled(line: re.Match[str]) -> str:
        return line[1] + _NUMBER.sub(lambda number: repr(float(number[0]) * factor), line[2])

    try:
        told = (folder / DESCRIPTION).read_text(encoding="utf-8")
        write_beside(folder / DESCRIPTION, _LENGTHS.sub(scaled, told).encode())
    except OSError as error:
        raise FabricRefused(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error


def _described(
    name: str,
    label: str,
    made: FabricMaps,
    appearance: Look,
    height_range: tuple[float, float],
    seed: int,
    kinds: list[str],
) -> str:
    shine = asdict(appearance)
    lines = [
        f"name = {json.dumps(name)}",  # a JSON string is a TOML one
        f"label = {json.dumps(label, ensure_ascii=False)}",
        f"size = [{made.size_m[0]!r}, {made.size_m[1]!r}]  # metres: the tile's width (weft) and height (warp)",
        f"repeats = {list(made.repeats)!r}  # of its structure in the tile, across and up",
        f"height_range = [{height_range[0]!r}, {height_range[1]!r}]  # metres at 0 and at 65535 of height.png",
        f"thickness = {made.thickness!r}  # metres, by the yarns' geometry",
        f"warp_cover = {made.warp_cover!r}  # share of the face that is warp",
        f"seed = {seed}",
        "",
        "[maps]  # albedo is sRGB, the others are data; normal is OpenGL (y up)",
        *(f'{kind} = "{kind}.png"' for kind in kinds),
        "",
        "[look]",
        *(f"{key} = {list(value) if isinstance(value, tuple) else value!r}" for key, value in shine.items()),
        "",
    ]
    return "\n".join(lines)
