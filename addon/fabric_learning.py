# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `fabric train` and `fabric vary`: networks that weave and read cloth, in a worker that has torch."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..models.recipes import colour
from ..worker.client import call
from .commands import CommandRefused

Report = dict[str, Any]
Progress = Callable[[float, str], None]


def declare(verbs: Any, command: Callable[..., argparse.ArgumentParser], speaker: Progress) -> None:
    """Add the verbs to those of `fabric`."""
    p = command(verbs, "train", "Train what weaves or reads cloth, on simulated cloth", lambda a: train(a, speaker))
    p.add_argument("network", choices=("generator", "reader", "swatch"),
                   help="the learnt loom, the reader of photographs, or what learns swatches")  # fmt: skip
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="for checkpoints, curves, sheets, weights")
    for name, text in (
        ("steps", "how many batches"),
        ("batch", "tiles at a time"),
        ("pieces", "cloths woven to learn from"),
        ("pixels", "a side of a tile"),
        ("keep-each", "steps between two checkpoints"),
    ):
        p.add_argument(f"--{name}", type=int, metavar="N", help=text)
    p.add_argument("--width", type=int, metavar="N", help="channels of the reader's finest level")
    p.add_argument("--levels", type=int, metavar="N", help="levels of the reader, each half as fine as the last")
    p.add_argument("--device", default="", metavar="NAME", help="cpu or cuda; by default cuda if it is there")
    p.add_argument("--workers", type=int, metavar="N", help="processes that weave; by default none beside a CPU")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--resume", action="store_true", help="go on from the checkpoint in DIR")

    p = command(verbs, "vary", "Twelve variations of a woven fabric to choose from", lambda a: vary(a, speaker))
    p.add_argument("recipe", metavar="RECIPE")
    p.add_argument("--towards", metavar="RECIPE", help="another woven fabric: they lie between both")
    p.add_argument("--palette", type=_colour, nargs="+", default=[], metavar="#RRGGBB", help="colours to dye it in")
    p.add_argument("--strength", type=float, default=0.3, metavar="0..1", help="how much is left to chance")
    p.add_argument("--pixels", type=int, default=256, metavar="N", help="of each picture")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--weights", type=Path, metavar="FILE", help="your own, by `fabric train generator`")
    p.add_argument("--out", type=Path, required=True, metavar="DIR")


def train(a: argparse.Namespace, progress: Progress) -> Report:
    """Train a network in a worker. Raises CommandRefused for what is asked of another network than the reader."""
    asked = {name: getattr(a, name) for name in ("steps", "batch", "pieces", "pixels", "keep_each", "width", "levels")}
    course = {name: value for name, value in asked.items() if value is not None} | {"seed": a.seed}
    if a.network != "reader" and (others := {"width", "levels"} & set(course)):
        raise CommandRefused(f"--{min(others)} is the reader's alone: leave it out for the {a.network}.")
    params = {"network": a.network, "out": str(a.out.resolve()), "course": course, "resume": a.resume}
    params |= {"device": a.device, "workers": a.workers}
    return _called("train_fabrics", params, progress)


def vary(a: argparse.Namespace, progress: Progress) -> Report:
    """Twelve variations in a folder."""
    wish = {"towards": a.towards, "palette": [list(one) for one in a.palette], "strength": a.strength}
    weights = str(a.weights.resolve()) if a.weights else None
    given = {"recipe": a.recipe, "wish": wish, "pixels": a.pixels, "seed": a.seed, "weights": weights}
    return _called("vary_fabric", given | {"out": str(a.out.resolve())}, progress)


def _called(task: str, params: dict[str, Any], progress: Progress) -> Report:
    from .engine import engine_worker  # needs bpy, which a wrong use should not wait for

    return call(engine_worker(), task, params, {}, progress=progress).values


def _colour(text: str) -> tuple[float, float, float]:
    try:
        return colour(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
