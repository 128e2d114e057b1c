# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment's shared values in Blender: read from its sliders, lists and body, and written to them.

What comes from others is looked at like any other input: a value that this garment cannot take is refused by name, and
the garment stays as it was.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from typing import Any

import bpy

from ...bodies import Body
from ...patterns import Pattern, style
from ...patterns.adjustments import AdjustmentRefused, from_json
from ...patterns.document import PatternFileRefused, pattern_from_json
from ...patterns.style import ParameterRefused
from ...patterns.styles import UnknownStyle
from ...sim.fabric import FabricRefused, mechanics
from .. import bridge, dye, i18n, imported, properties, shelf
from .ledger import Key, Values

STYLE: Key = ("garment", "style")
PATTERN: Key = ("garment", "pattern")  # an imported one as it came, as our JSON in a text
DISTANCE: Key = ("garment", "particle_distance")
INNER: Key = ("garment", "inner")
ORDER: Key = ("garment", "adjustments")  # their names in the order in which they are made
FABRIC: Key = ("fabrics", "main")
COLOUR: Key = ("colours", "main")
ROOTS = frozenset({"garment", "parameters", "adjustments", "fabrics", "colours", "body"})
MEASURES = {name: (low, high) for name, _, low, high, _ in properties.MEASURES}
_ROW = 100_000  # letters of an adjustment, at most
_LONGEST = 700_000  # bytes of an imported pattern: with the rest of the garment it goes in one message


class ValueRefused(ValueError):
    """A shared value that this garment cannot take."""


class GarmentRefused(ValueError):
    """A garment that cannot be shared, or made from what is shared."""


def refuse_unshareable(garment: bpy.types.Object) -> None:
    """Raises GarmentRefused for a style that is not here, and for an imported pattern that no message holds."""
    if garment.toile.imported:
        size = len(garment.toile.imported.encode())
        if size > _LONGEST:
            raise GarmentRefused(
                f"{garment.name} has a pattern of {size // 1000} kB, and a review takes {_LONGEST // 1000}: "
                "import it with fewer pieces."
            )
        return
    try:
        style(garment.toile.style)
    except UnknownStyle as error:
        raise GarmentRefused(str(error)) from error


def read(garment: bpy.types.Object) -> Values:
    """What there is to share of a garment and of the body it is for."""
    own = garment.toile
    values: Values = {STYLE: own.style, DISTANCE: round(own.particle_distance, 6), INNER: own.inner}
    if own.imported:
        values[PATTERN] = own.imported
    else:
        choices = properties.choices_of(properties.sliders_of(garment), style(own.style))
        values |= {("parameters", name): value for name, value in choices.items()}
    if own.adjustments:
        values[ORDER] = [row.name for row in own.adjustments]
    for row in own.adjustments:
        values["adjustments", row.name] = {**_data(row.data), "on": row.on}
    values |= {key: value for key, value in ((FABRIC, own.fabric), (COLOUR, own.colour)) if value}
    body = bridge.body_object_of(garment)
    return values | ({("body", name): value for name, value in measures(body).items()} if body else {})


@functools.lru_cache(maxsize=256)
def _data(text: str) -> dict[str, Any]:
    return json.loads(text)


def measures(body: bpy.types.Object) -> dict[str, float]:
    """An avatar's measures; of a scan only where its owner shares them, and then as they were measured."""
    if body.toile.source == "avatar":
        return properties.measures_of(body.toile.measures)
    if not body.toile.share_scan:
        return {}
    found: Body = bridge.body_of(body)
    return {name: round(found.measurements[name].value, 6) for name in MEASURES if name in found.measurements}


def offer(garment: bpy.types.Object) -> Values:
    """What customers may propose to change, the sliders that are lengths, angles and shares, and the garment's name."""
    if garment.toile.imported:
        return {("offer", "title"): garment.name}
    own = style(garment.toile.style)
    chinese = i18n.read_translation(i18n.TRANSLATIONS / "zh_HANS.toml")
    offered = own.offer(properties.choices_of(properties.sliders_of(garment), own))
    values: Values = {("offer", "title"): garment.name}
    for parameter in (*offered.own, *(p for _, _, of_part in offered.parts for p in of_part)):
        if parameter.kind not in ("flag", "choice", "count"):
            ends = dict(zip(("low", "high"), parameter.range, strict=True))
            told = {"label": parameter.label, **ends, "unit": parameter.unit}
            zh = chinese.get(parameter.label)
            values["offer", f"parameter/{parameter.name}"] = told | ({"zh": zh} if zh else {})
    return values


def offered(design: Mapping[Key, Any], kind: str) -> list[str]:
    """What is on offer of a kind (`fabric/`, `size/` …), by name."""
    keys = [key for (root, key), value in design.items() if root == "offer" and value is not None]
    return [key.removeprefix(kind) for key in keys if key.startswith(kind)]


def fabrics_offered(design: Mapping[Key, Any]) -> list[str]:
    """The names of the fabrics on offer that this Blender has."""
    named = (shelf.named(label) for label in offered(design, "fabric/"))
    return [name for name in named if shelf.label(name)]


def measures_of_size(garment: bpy.types.Object, design: Mapping[Key, Any], size: object) -> Values:
    """The body's measures that a size on offer is made to. Raises ValueRefused."""
    body = bridge.body_object_of(garment)
    made_to = _made_to(design, size)
    if body is None or body.toile.source != "avatar":
        raise ValueRefused("a scan has its own size: make the garment for an avatar to take over another.")
    return {("body", name): value for name, value in made_to.items()}


def sizes_offered(design: Mapping[Key, Any]) -> dict[str, dict[str, float]]:
    """The sizes on offer, and the measures in metres that each is made to. Raises ValueRefused."""
    return {size: _made_to(design, size) for size in offered(design, "size/")}


def _made_to(design: Mapping[Key, Any], size: object) -> dict[str, float]:
    told = design.get(("offer", f"body/{size}"))
    if not isinstance(told, Mapping):
        raise ValueRefused(f"size {shown(size)} is not on offer: offer the sizes again.")
    return {name: _number(told[name], name, ends) for name, ends in MEASURES.items() if name in told}


# ---- From others ----


def write(garment: bpy.types.Object, changed: Mapping[Key, Any]) -> tuple[str, list[str]]:
    """Take over what others changed: the toile_id of what is to be redrafted ("" for nothing), and what was refused."""
    refused: list[str] = []
    due = ""
    hand: dict[str, Any] = {}
    for key, value in changed.items():
        try:
            match key:
                case "parameters", name:
                    _write_parameter(garment, name, value)
                    due = due or garment.toile.toile_id
                case "body", name:
                    due = _write_measure(garment, name, value) or due
                case "adjustments", name:
                    hand[name] = None if value is None else _adjustment(name, value)
                case "garment", "adjustments":
                    hand.setdefault("", None)
                case "garment", "particle_distance":
                    garment.toile.particle_distance = _number(value, "particle distance", (0.004, 0.05))
                case "garment", "inner":
                    garment.toile.inner = _flag(value, "facings and linings")
                    due = due or garment.toile.toile_id
                case ("garment", "style") if value != garment.toile.style:
                    raise ValueRefused("a garment's style stays what it is: share another garment in another review.")
                case ("garment", "pattern") if value != (garment.toile.imported or None):
                    raise ValueRefused("an imported pattern stays what it is: share another in another review.")
                case (("fabrics" | "colours"), "main"):
                    _write_looks(garment, key, value)
                case _:
                    continue  # of a later version, or for the page alone
        except (ValueRefused, ParameterRefused, AdjustmentRefused, FabricRefused, dye.ColourRefused) as error:
            refused.append(shown(f"{'/'.join(key)}: {error}"))
    if hand:
        order = changed.get(ORDER, [row.name for row in garment.toile.adjustments])
        _write_adjustments(garment, {name: one for name, one in hand.items() if name}, order)
        due = due or garment.toile.toile_id
    return due, refused


def _write_parameter(garment: bpy.types.Object, name: str, value: Any) -> None:
    if garment.toile.imported:
        raise ValueRefused("an imported pattern has no parameters.")
    own = style(garment.toile.style)
    declared = next((parameter for parameter in own.parameters if parameter.name == name), None)
    if declared is None:
        raise ValueRefused(f"a {own.label} has no such parameter here; is everyone's Toile of one version?")
    properties.fill(properties.sliders_of(garment), {name: declared.checked(_plain(value))})


def _write_measure(garment: bpy.types.Object, name: str, value: Any) -> str:
    body = bridge.body_object_of(garment)
    if body is None or body.toile.source != "avatar" or name not in MEASURES:
        return ""  # it is for another body here, and stays so
    properties.fill(body.toile.measures, {name: _number(value, name, MEASURES[name])})
    return body.toile.toile_id


def _write_looks(garment: bpy.types.Object, key: Key, value: Any) -> None:
    fabric, colour = garment.toile.fabric, garment.toile.colour
    if key == FABRIC:
        fabric = mechanics(str(value)[:100]).name
    else:
        colour = dye.checked("" if value is None else value)
    garment.toile.colour = colour
    bridge.wear(garment, fabric)


def _adjustment(name: str, value: Any) -> Any:
    if not isinstance(value, Mapping) or len(json.dumps(value)) > _ROW:
        raise ValueRefused("an adjustment is an object of plain values.")
    return from_json({**value, "name": name})


def _write_adjustments(garment: bpy.types.Object, hand: Mapping[str, Any], order: Any) -> None:
    """Those of the order first; what two people added at once and the order has not, behind it by name."""
    rows = {row.name: properties.adjustment_of(row) for row in garment.toile.adjustments}
    rows = {name: one for name, one in {**rows, **hand}.items() if one is not None}
    named = [name for name in order if isinstance(name, str)] if isinstance(order, list) else []
    first = [name for name in dict.fromkeys(named) if name in rows]
    garment.toile.adjustments.clear()
    properties.add_adjustments(garment, [rows[name] for name in (*first, *sorted(rows.keys() - set(first)))])


def _number(value: Any, what: str, within: tuple[float, float]) -> float:
    low, high = within
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueRefused(f"the {what} is to be a number.")
    if not low <= value <= high:
        raise ValueRefused(f"the {what} lies between {low:g} and {high:g} m; got {value:g}.")
    return float(value)


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise ValueRefused(f"{what} are either draped or not: got {shown(value)}.")
    return value


def _plain(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str) or len(str(value)) > 200:
        raise ValueRefused("it is to be a number, a name, or true or false.")
    return value


def shown(text: object) -> str:
    """What a peer wrote, fit to be shown: printable and short; nothing for what is no text."""
    return "".join(c if c.isprintable() else " " for c in text[:300]).strip() if isinstance(text, str) else ""


# ---- A garment for a room ----


def create(values: Mapping[Key, Any]) -> bpy.types.Object:
    """A garment as a room has it, on its avatar, or on the active body where the room shares none; one step of undo.

    Raises GarmentRefused.
    """
    pattern = _imported(values[PATTERN]) if values.get(PATTERN) is not None else None
    name = shown(values.get(STYLE))
    try:
        if pattern is None:
            style(name)
    except UnknownStyle as error:
        raise GarmentRefused(f"This review's garment cannot be made here. {error}") from error
    measures = {n: values["body", n] for n in MEASURES if ("body", n) in values}
    try:
        if measures or (pattern is not None and bridge.active_body(bpy.context) is None):
            bpy.ops.toile.new_body(
                "EXEC_DEFAULT", False, **{n: _number(v, n, MEASURES[n]) for n, v in measures.items()}
            )
        if pattern is None:
            getattr(bpy.ops.toile, f"new_{name}")("EXEC_DEFAULT", True)
        else:
            _lay_out(pattern)
    except (RuntimeError, ValueError) as error:  # RuntimeError: what an operator reported as an error
        raise GarmentRefused(str(error).removeprefix("Error: ").strip()) from error
    made = bridge.active_garment(bpy.context)
    assert made is not None  # the operator has just made it
    return made


def _imported(text: object) -> Pattern:
    try:
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise PatternFileRefused("It is no text, or too long a one.")
        return pattern_from_json(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise GarmentRefused(f"This review's imported pattern cannot be made here. {error}") from error


def _lay_out(pattern: Pattern) -> None:
    """What importing its file does, as one step of undo."""
    body = bridge.active_body(bpy.context)
    assert body is not None  # one has just been made where there was none
    garment = imported.bring_in(bpy.context, pattern, (), body)
    bridge.wear(garment, shelf.own_menu(None, None)[0][0])
    bridge.select(bpy.context, garment)
    bpy.ops.ed.undo_push(message=pattern.name)
