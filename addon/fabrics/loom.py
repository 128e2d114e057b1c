# SPDX-License-Identifier: GPL-3.0-or-later
"""The draft that is being woven in a scene: what a designer changes of a cloth, and its picture, which follows."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Generator
from dataclasses import replace

import bpy
import numpy as np
from bpy.props import FloatProperty, FloatVectorProperty, PointerProperty, StringProperty

from ...models.drafts import NAMES, named_draft, threadcount
from ...models.picture import close_up
from ...models.recipes import woven_recipe
from ...models.weave import WeaveRecipe
from ...sim.fabric import FabricRefused
from .. import job_runner
from . import pictures

PICTURE = "weave"
PIXELS = 128
REST = 0.1  # seconds after the last change
CODES = "ABCDEF"  # the colours that a thread count may name
_CM = 100.0  # threads are counted a centimetre on screen, a metre in a recipe

_said: list[str] = []  # why the draft, as it stands, cannot be woven
_due: list[float] = []  # when its picture is to be made
_quiet = False


def _changed(_draft: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    if _quiet or bpy.app.background:
        return
    _due[:] = [time.monotonic() + REST]
    if not bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.register(_on_timer, first_interval=REST)


def _weaves(_draft: bpy.types.PropertyGroup, _context: bpy.types.Context, typed: str) -> list[str]:
    return [name for name in NAMES.split(", ") if typed.lower() in name]


def _sett(name: str, description: str) -> object:
    return FloatProperty(name=name, description=description, min=1, max=200, precision=1, update=_changed)


def _order(name: str, description: str) -> object:
    text = f"{description}, counted as tartans are: “A/24 B4 C/2” turns at the slashes, “A4 B4” repeats as it stands"
    return StringProperty(name=name, description=text, update=_changed)


WeaveDraft = type(
    "WeaveDraft",
    (bpy.types.PropertyGroup,),
    {
        "__doc__": "A cloth in the making; its yarns are those of `base`.",
        "__annotations__": {
            "base": StringProperty(options={"HIDDEN"}, description="The woven fabric it began as; empty for no draft"),
            "structure": StringProperty(
                name="Weave",
                description="By its name, or as point paper: rows of x (warp up) and . parted by blanks, last first",
                update=_changed,
                search=_weaves,
                search_options={"SUGGESTION"},
            ),
            "ends": _sett("Ends per cm", "Warp threads across a centimetre"),
            "picks": _sett("Picks per cm", "Weft threads along a centimetre"),
            "warp_order": _order("Warp", "Colours of the warp"),
            "weft_order": _order("Weft", "Colours of the weft"),
            **{
                f"colour_{code.lower()}": FloatVectorProperty(
                    name=code,
                    description="A colour of the thread counts",
                    subtype="COLOR_GAMMA",
                    size=3,
                    min=0,
                    max=1,
                    default=(0.5, 0.5, 0.5),
                    update=_changed,
                )
                for code in CODES
            },
        },
    },
)


def register() -> None:
    """Give every scene a draft."""
    bpy.types.Scene.toile_weave = PointerProperty(type=WeaveDraft)


def unregister() -> None:
    """Take it away again; what is stored in the file stays stored."""
    del bpy.types.Scene.toile_weave
    _said.clear()
    if bpy.app.timers.is_registered(_on_timer):
        bpy.app.timers.unregister(_on_timer)


def begin(draft: bpy.types.PropertyGroup, fabric: str) -> None:
    """Lay a woven fabric on the loom. Raises FabricRefused for another one, or one of more colours than CODES."""
    recipe = woven_recipe(fabric)
    orders = [recipe.warp_order or (recipe.warp.colour,), recipe.weft_order or (recipe.weft.colour,)]
    colours = dict(zip(dict.fromkeys(itertools.chain(*orders)), CODES, strict=False))
    if not {colour for order in orders for colour in order} <= colours.keys():
        raise FabricRefused(f"{fabric} has more than {len(CODES)} colours: begin with another fabric.")
    with _silence():
        draft.base = fabric
        draft.structure = " ".join(reversed(recipe.draft.rows))
        draft.ends, draft.picks = recipe.ends / _CM, recipe.picks / _CM
        draft.warp_order, draft.weft_order = (
            " ".join(f"{colours[colour]}{len(list(run))}" for colour, run in itertools.groupby(order))
            for order in orders
        )
        for colour, code in colours.items():
            setattr(draft, f"colour_{code.lower()}", colour)
    draw_picture(draft)


def recipe_of(draft: bpy.types.PropertyGroup) -> WeaveRecipe:
    """The cloth as it is drafted. Raises FabricRefused, saying what of it cannot be woven."""
    near = woven_recipe(draft.base)
    try:
        warp, weft = (
            tuple(tuple(round(part, 4) for part in getattr(draft, f"colour_{code.lower()}")) for code in _codes(text))
            for text in (draft.warp_order, draft.weft_order)
        )
        return replace(
            near,
            draft=named_draft(draft.structure),
            ends=round(draft.ends * _CM, 1),
            picks=round(draft.picks * _CM, 1),
            warp=replace(near.warp, colour=warp[0]),
            weft=replace(near.weft, colour=weft[0]),
            warp_order=warp,
            weft_order=weft,
        )
    except ValueError as error:
        raise FabricRefused(str(error)) from error


def said() -> str:
    """Why the draft cannot be woven, or nothing."""
    return _said[0] if _said else ""


def draw_picture(draft: bpy.types.PropertyGroup) -> None:
    """Weave the draft's picture now."""
    _said.clear()
    try:
        pictures.show(PICTURE, close_up(recipe_of(draft), PIXELS, np.random.default_rng(0)))
    except ValueError as error:
        _said.append(str(error))


def _codes(text: str) -> tuple[str, ...]:
    codes = threadcount(text.upper())
    if unknown := sorted(set(codes) - set(CODES)):
        raise ValueError(f"There is no colour {', '.join(unknown)}: the colours are {', '.join(CODES)}.")
    return codes


@contextlib.contextmanager
def _silence() -> Generator[None, None, None]:
    """Values set in here are no hand's doing."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def _on_timer() -> float | None:
    if time.monotonic() < _due[0]:
        return REST / 4
    if bpy.context.scene.toile_weave.base:
        draw_picture(bpy.context.scene.toile_weave)
        job_runner.redraw()
    return None
