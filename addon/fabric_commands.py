# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `fabric make`: a recipe, or a photographed swatch, into maps at real scale."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..sim.fabric import FabricRefused
from ..worker.client import call

Report = dict[str, Any]
Progress = Callable[[float, str], None]
INCH = 0.0254  # metres


def declare(verbs: Any, command: Callable[..., argparse.ArgumentParser], speaker: Progress) -> None:
    """Add the verb to those of `fabric`."""
    p = command(verbs, "make", "Weave a recipe, or a photographed swatch, into maps at real scale",
                lambda a: make(a, speaker))  # fmt: skip
    p.add_argument("recipe", nargs="?", metavar="RECIPE")
    p.add_argument("--swatch", type=Path, metavar="IMG", help="in place of a recipe: a photograph or scan of the cloth")
    p.add_argument("--size", type=float, metavar="M", help="about how large the tile is; default: the recipe's own")
    p.add_argument("--pixels", type=int, default=1024, metavar="N")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--adapt", action="store_true",
                   help="a loom learns the swatch, a minute or two, where else it is quilted; needs torch")  # fmt: skip
    p.add_argument("--roughness", type=float, metavar="0..1", help="of the swatch, in the mean; default: estimated")
    p.add_argument("--out", required=True, metavar="DIR")
    scale = p.add_argument_group("the swatch's scale, by one of")
    scale.add_argument("--dpi", type=float, metavar="N", help="pixels an inch, as a scanner says")
    scale.add_argument("--width", type=float, metavar="M", help="metres that the picture shows across")
    scale.add_argument("--ends", type=float, metavar="N", help="warp ends a metre of its cloth")
    scale.add_argument("--coin", type=float, metavar="M", help="diameter of a coin that lies on it")
    scale.add_argument("--corners", type=float, nargs=8, metavar="PX",
                       help="x y of four corners, clockwise from the top left: undoes perspective")  # fmt: skip
    scale.add_argument("--corner-size", type=float, nargs=2, metavar="M", help="width and height that they enclose")


def make(a: argparse.Namespace, progress: Progress) -> Report:
    """A recipe's maps, made here; or a swatch's, made in a worker."""
    if (a.recipe is None) == (a.swatch is None):
        raise FabricRefused("Give a recipe or --swatch IMG, one of them.")
    known = {name: getattr(a, name) for name in ("dpi", "width", "ends", "coin") if getattr(a, name) is not None}
    if a.swatch is None:
        if known or a.corners or a.corner_size or a.adapt or a.roughness is not None:
            raise FabricRefused(
                "A recipe knows its scale and yarns: --dpi, --width, --ends, --coin, --corners, --adapt and "
                "--roughness are a swatch's."
            )
        from ..models.swatch import fabric_swatch

        return fabric_swatch(a.recipe, Path(a.out), pixels=a.pixels, seed=a.seed, size=a.size)
    if len(known) > 1:
        raise FabricRefused(f"One scale is enough: {', '.join('--' + name for name in known)} are {len(known)}.")
    if a.size is None:
        raise FabricRefused("Say with --size how large the swatch's tile shall be, metres.")
    from .engine import engine_worker  # needs bpy, which a wrong use should not wait for

    scale = next(((name, value / INCH if name == "dpi" else value) for name, value in known.items()), None)
    corners = [list(a.corners[k : k + 2]) for k in range(0, 8, 2)] if a.corners else None
    params = {
        "path": str(a.swatch.resolve()),
        "out": str(Path(a.out).resolve()),
        "size": a.size,
        "pixels": a.pixels,
        "seed": a.seed,
        "scale": scale and list(scale),
        "corners": corners,
        "corner_size": a.corner_size,
        "adapt": a.adapt,
        "roughness": a.roughness,
    }
    return call(engine_worker(), "photograph_swatch", params, {}, progress=progress).values
