# SPDX-License-Identifier: GPL-3.0-or-later
"""What Toile keeps in a .blend file, and the sliders, generated from what the styles declare.

No `from __future__ import annotations` here: Blender reads properties from evaluated annotations.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..patterns import Parameter, Style, style
from ..patterns.adjustments import Adjustment, from_json
from ..patterns.style import Part
from ..patterns.styles import wardrobe
from . import engines, i18n, live

_FLOAT_OPTIONS: dict[str, dict[str, Any]] = {
    "m": {"subtype": "DISTANCE", "unit": "LENGTH", "precision": 3, "step": 0.5},
    "rad": {"subtype": "ANGLE", "unit": "ROTATION", "precision": 1, "step": 100},
    "1": {"subtype": "FACTOR", "precision": 2, "step": 1},
}

# The measures an avatar is made from: name, default, smallest, largest (metres), help.
MEASURES = (
    ("stature", 1.68, 0.90, 2.30, "Height without shoes"),
    ("bust", 0.92, 0.50, 1.70, "Girth at the fullest of the bust or chest, level"),
    ("waist", 0.74, 0.40, 1.70, "Girth at the natural waist"),
    ("hip", 0.98, 0.50, 1.80, "Girth at the fullest of the seat"),
)

MATCHES = (
    ("AS_CUT", "As It Comes", "Side by side"),
    ("BARS", "Bars", "Stripes along the weft run on round the garment, from seam to seam"),
    ("CHECKS", "Checks", "Bars, and stripes along the warp at seams that follow the grain"),
)
DEVICES = {"AUTO": "", "CPU": "cpu", "GPU": "cuda"}  # as the engines call them
_engine_items: list[tuple[str, str, str]] = []  # Blender reads a menu's text without holding it: it must live on


def _engines(_group: bpy.types.PropertyGroup, _context: bpy.types.Context | None) -> list[tuple[str, str, str]]:
    listed = engines.items()
    if listed != _engine_items:
        _engine_items[:] = listed
    return _engine_items


def property_of(parameter: Parameter, parts: Sequence[Part], update: Callable[..., None] | None = None) -> Any:
    """The Blender property that a style's parameter declares; `parts`: those it chooses from, if it fills a slot."""
    options: dict[str, Any] = {"name": parameter.label, "description": parameter.help, "default": parameter.value}
    if update is not None:
        options["update"] = update
    if parameter.kind == "flag":
        return BoolProperty(**options)
    if parameter.kind == "choice":
        said = {part.name: (part.label, part.help) for part in parts}
        items = [(n, *said.get(n, (n.replace("_", " ").capitalize(), ""))) for n in map(str, parameter.range)]
        return EnumProperty(items=items, **options)
    low, high = parameter.range  # pyright: ignore[reportAssignmentType] (all other kinds have two numbers)
    if parameter.kind == "count":
        return IntProperty(min=int(low), max=int(high), **options)
    return FloatProperty(min=low, max=high, **_FLOAT_OPTIONS[parameter.unit], **options)


def style_properties(style: Style, update: Callable[..., None] | None = None) -> dict[str, Any]:
    """Annotations for a class that shows a style's parameters."""
    parts = {slot.name: slot.parts for slot in style.slots}
    return {p.name: property_of(p, parts.get(p.name, ()), update) for p in style.parameters}


def measure_properties(update: Callable[..., None] | None = None) -> dict[str, Any]:
    """Annotations for a class that shows an avatar's measures."""
    options = _FLOAT_OPTIONS["m"] | ({"update": update} if update is not None else {})
    return {
        name: FloatProperty(name=name.capitalize(), description=help, default=value, min=low, max=high, **options)
        for name, value, low, high, help in MEASURES
    }


def values_of(source: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """The values of sliders. Blender holds float32: they are rounded to the micrometre, so that 0.1 is 0.1."""
    values = {name: getattr(source, name) for name in names}
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in values.items()}


def choices_of(source: Any, style: Style) -> dict[str, Any]:
    """What is chosen for a style's parameters, on a garment's sliders or an operator's."""
    return values_of(source, tuple(parameter.name for parameter in style.parameters))


def measures_of(source: Any) -> dict[str, float]:
    """The avatar's measures, from a body's sliders or an operator's."""
    return values_of(source, tuple(name for name, *_ in MEASURES))


def sliders_of(garment: bpy.types.Object) -> bpy.types.PropertyGroup:
    """The sliders of a garment's own style. Raises UnknownStyle for a studio's that is not there."""
    style(garment.toile.style)
    return getattr(garment.toile, f"style_{garment.toile.style}")


def fill(sliders: bpy.types.PropertyGroup, values: dict[str, Any]) -> None:
    """Set sliders without redrafting for each of them."""
    with live.paused():
        for name, value in values.items():
            setattr(sliders, name, value)


def _slider_moved(group: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    live.touch(group.id_data)


def _print_moved(group: bpy.types.PropertyGroup, _context: bpy.types.Context) -> None:
    bpy.ops.toile.lay_prints("EXEC_DEFAULT", target=group.id_data.toile.toile_id)


# ---- A designer's adjustments ----


def adjustment_of(row: bpy.types.PropertyGroup) -> Adjustment:
    """The adjustment that a row of a garment's list holds."""
    return from_json({**json.loads(row.data), "name": row.name, "on": row.on})


def adjustments_of(garment: bpy.types.Object) -> tuple[Adjustment, ...]:
    """What the designer changed on a garment's pattern, in order."""
    return tuple(adjustment_of(row) for row in garment.toile.adjustments)


def add_adjustments(garment: bpy.types.Object, adjustments: Iterable[Adjustment]) -> None:
    """Put adjustments at the end of a garment's list, without redrafting."""
    with live.paused():
        for adjustment in adjustments:
            row = garment.toile.adjustments.add()
            _write(row, adjustment)
            row.name, row.on = adjustment.name, adjustment.on
    garment.toile.adjustment = len(garment.toile.adjustments) - 1


def _write(row: bpy.types.PropertyGroup, adjustment: Adjustment) -> None:
    row.data = json.dumps({key: value for key, value in adjustment.to_json().items() if key not in ("name", "on")})


def _amount(row: bpy.types.PropertyGroup) -> float:
    return adjustment_of(row).amount


def _set_amount(row: bpy.types.PropertyGroup, amount: float) -> None:
    adjustment = adjustment_of(row)
    _, _, low, high = adjustment.measure
    _write(row, adjustment.of_amount(min(max(round(amount, 6), low), high)))
    live.touch(row.id_data)


def _group(name: str, properties: dict[str, Any]) -> type[bpy.types.PropertyGroup]:
    return type(name, (bpy.types.PropertyGroup,), {"__annotations__": properties})


STYLE_GROUPS = {
    name: _group(f"ToileStyle_{name}", style_properties(style, _slider_moved)) for name, style in wardrobe().items()
}
MEASURE_GROUP = _group("ToileMeasures", measure_properties(_slider_moved))
ADJUSTMENT_GROUP = _group(
    "ToileAdjustment",
    {
        "name": StringProperty(name="Name", update=_slider_moved),
        "on": BoolProperty(
            name="On", description="Make this adjustment on every draft", default=True, update=_slider_moved
        ),
        "data": StringProperty(description="The adjustment, as its own JSON"),
        "length": FloatProperty(
            name="Amount", description="How far", get=_amount, set=_set_amount, **_FLOAT_OPTIONS["m"]
        ),
        "share": FloatProperty(
            name="Amount", description="How much, as a share", get=_amount, set=_set_amount, precision=3, step=1
        ),
    },
)
PRODUCTION_GROUP = _group(
    "ToileProduction",
    {
        "smaller": IntProperty(
            name="Smaller", description="Sizes below the garment's own, which is M", default=1, min=0, max=9
        ),
        "larger": IntProperty(name="Larger", description="Sizes above the garment's own", default=2, min=0, max=9),
        "girth_step": FloatProperty(
            name="Girth Step", description="From one size to the next, of bust, waist and hip", default=0.04,
            min=0.005, max=0.12, **_FLOAT_OPTIONS["m"],
        ),
        "height_step": FloatProperty(
            name="Height Step", description="From one size to the next, of stature", default=0.0, min=0.0, max=0.1,
            **_FLOAT_OPTIONS["m"],
        ),
        "width": FloatProperty(
            name="Fabric Width", description="Between its selvedges", default=1.5, min=0.3, max=10.0,
            **_FLOAT_OPTIONS["m"],
        ),
        "gap": FloatProperty(
            name="Gap", description="Between pieces, for the knife", default=0.002, min=0.0, max=0.05,
            **_FLOAT_OPTIONS["m"],
        ),
        "nap": EnumProperty(
            name="Nap",
            description="Which way round pieces may lie",
            items=[
                ("none", "Without", "Either way round"),
                ("by_garment", "Each Garment One Way", "All pieces of a garment lie one way round"),
                ("one_way", "All One Way", "The fabric has a direction: all pieces lie one way round"),
            ],
        ),
        "face_to_face": BoolProperty(
            name="Face to Face", description="Every second ply lies face down: all is cut twice, the other mirrored"
        ),
        "repeat_along": FloatProperty(
            name="Repeat Along", description="Of stripes and checks along the warp; 0: none", default=0.0, min=0.0,
            max=1.0, **_FLOAT_OPTIONS["m"],
        ),
        "repeat_across": FloatProperty(
            name="Repeat Across", description="Of stripes and checks across the warp; 0: none", default=0.0, min=0.0,
            max=1.0, **_FLOAT_OPTIONS["m"],
        ),
        "match": StringProperty(
            name="Matched Seams",
            description="Seams over which stripes go on, such as side_left side_right; empty: all, the longest first",
        ),
        "ratio": StringProperty(
            name="Ratio", description="Garments of each size on the marker, such as S=1 M=2 L=1; empty: one of each"
        ),
        "seconds": IntProperty(
            name="Seconds", description="To look for a shorter marker, for each fabric", default=20, min=1, max=36000
        ),
        "number": StringProperty(name="Style Number", description="The style's number in your house"),
        "prices": StringProperty(
            name="Prices", description="Your prices as a file; empty: examples", subtype="FILE_PATH"
        ),
        "markers": StringProperty(description="The last markers' figures, as JSON"),
    },
)  # fmt: skip
PRINT_GROUP = _group(
    "ToilePrint",
    {
        "image": PointerProperty(type=bpy.types.Image, description="The picture, in a clear frame"),
        "panel": StringProperty(description="The panel on which it lies"),
        **{
            name: FloatProperty(name=label, description=text, update=_print_moved, **_FLOAT_OPTIONS["m"])
            for name, label, text in (
                ("x", "Across", "From the piece's own origin to the picture's middle"),
                ("y", "Up", "From the piece's own origin to the picture's middle"),
            )
        },
        "width": FloatProperty(
            name="Width",
            description="Of the picture",
            default=0.1,
            min=0.005,
            max=2.0,
            update=_print_moved,
            **_FLOAT_OPTIONS["m"],
        ),
        "angle": FloatProperty(
            name="Turned", description="Anticlockwise, on the piece", update=_print_moved, **_FLOAT_OPTIONS["rad"]
        ),
        "embroidered": BoolProperty(
            name="Embroidery", description="Satin stitch, not ink in the cloth", update=_print_moved
        ),
    },
)
OBJECT_GROUP = _group(
    "ToileObject",
    {
        "kind": EnumProperty(
            items=[(kind, kind.capitalize(), "") for kind in ("NONE", "BODY", "GARMENT", "PIECE", "PRINT")]
        ),
        "toile_id": StringProperty(description="The object's own name, which no undo, copy or rename changes"),
        "revision": StringProperty(description="Changes whenever the data does"),
        "data": StringProperty(description="The body or the pattern, as its own JSON"),
        "source": StringProperty(description="Where a body comes from: avatar, or its scan's file"),
        "body_id": StringProperty(description="toile_id of the body that a garment was drafted for"),
        "style": StringProperty(),
        "imported": StringProperty(description="A pattern of another program as it came, as our JSON"),
        "notes": StringProperty(description="What there is to know about an imported pattern, as a JSON list"),
        "adjustments": CollectionProperty(type=ADJUSTMENT_GROUP),
        "adjustment": IntProperty(name="Adjustment", description="The row that is chosen in the list"),
        "garment_id": StringProperty(description="toile_id of the garment that a drawn piece belongs to"),
        "piece": StringProperty(description="Which piece of its garment is drawn"),
        "state": EnumProperty(items=[("PIECES", "Pieces", ""), ("DRAPED", "Draped", "")]),
        "report": StringProperty(description="The drape's figures, as JSON"),
        "fabric": StringProperty(),
        "colour": StringProperty(description="What the fabric is dyed, as #rrggbb in sRGB; empty for its own colours"),
        "match": EnumProperty(
            name="Match",
            description="How the pieces lie on a striped or checked cloth",
            items=MATCHES,
        ),
        "prints": CollectionProperty(type=PRINT_GROUP),
        "shared": StringProperty(description="The review it is shared in, and its values there when it was saved"),
        "share_scan": BoolProperty(
            name="Share Measures",
            description="Let the others of a review draft for this body: its girths and heights, never the scan",
        ),
        "particle_distance": FloatProperty(
            name="Particle Distance",
            description="Distance between the cloth's points: smaller folds finer and takes longer",
            default=0.012,
            min=0.004,
            max=0.05,
            subtype="DISTANCE",
            unit="LENGTH",
            precision=3,
            step=0.1,
        ),
        "inner": BoolProperty(
            name="Facings and Linings",
            description="Drape what lies within too: slower, and nearer to how the garment is made",
            update=_slider_moved,
        ),
        "engine": EnumProperty(name="Engine", description="What drapes the cloth", items=_engines),
        "device": EnumProperty(
            name="Device",
            description="What the engine works on",
            items=[
                ("AUTO", "Auto", "The GPU where there is one that the engine can use"),
                ("CPU", "CPU", "The processor"),
                ("GPU", "GPU", "An NVIDIA GPU"),
            ],
        ),
        "warm": BoolProperty(
            name="Warm Start",
            description="Start as it hung before, even where the pattern has changed a little; else from the pieces",
            default=True,
        ),
        "keep": EnumProperty(
            name="Keep",
            description="What the drape leaves in the scene",
            items=[
                ("MESH", "Settled Mesh", "The garment as it hangs"),
                ("SHAPE_KEY", "With Shape Key", "Its shape key “Placed” leads back to where the panels were placed"),
                ("TIMELINE", "On the Timeline", "Its way there, as a PC2 file that plays over the scene's frame range"),
            ],
        ),
        "pins": IntProperty(name="Pins", description="How many points stay where they are when it is draped again"),
        "tape": StringProperty(description="The measurement whose tape is seen on the body"),
        "show_tapes": BoolProperty(name="All Tapes", description="See where every measurement was taken"),
        "show_landmarks": BoolProperty(
            name="Landmarks", description="Show the landmarks' handles; drag one over the skin to measure from there"
        ),
        "scan": PointerProperty(type=bpy.types.Object, description="The cleaned scan that a body was measured from"),
        "last_drape": PointerProperty(type=bpy.types.Mesh, description="How the garment hangs, or hung before"),
        "measures": PointerProperty(type=MEASURE_GROUP),
        "production": PointerProperty(type=PRODUCTION_GROUP),
        **{f"style_{name}": PointerProperty(type=group) for name, group in STYLE_GROUPS.items()},
    },
)
_added: list[tuple[str, type[bpy.types.PropertyGroup]]] = []  # styles that came since
GROUPS = (MEASURE_GROUP, *STYLE_GROUPS.values(), ADJUSTMENT_GROUP, PRINT_GROUP, PRODUCTION_GROUP, OBJECT_GROUP)


def add_style(own: Style) -> None:
    """Give every object sliders for a style that came after Toile was registered."""
    group = _group(f"ToileStyle_{own.name}", style_properties(own, _slider_moved))
    i18n.register_class(group)
    setattr(OBJECT_GROUP, f"style_{own.name}", PointerProperty(type=group))
    _added.append((own.name, group))


def remove_added_styles() -> None:
    """Take the sliders of such styles away again; what is stored in the file stays stored."""
    while _added:
        name, group = _added.pop()
        delattr(OBJECT_GROUP, f"style_{name}")
        bpy.utils.unregister_class(group)


def register() -> None:
    """Give every object its `toile` properties."""
    for group in GROUPS:
        i18n.register_class(group)
    bpy.types.Object.toile = PointerProperty(type=OBJECT_GROUP)


def unregister() -> None:
    """Take them away again; what is stored in the file stays stored."""
    del bpy.types.Object.toile
    for group in reversed(GROUPS):
        bpy.utils.unregister_class(group)
