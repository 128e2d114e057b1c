# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels show, worked out once per change of the data and kept: a panel draws many times a second."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import bpy

from ..bodies.sizes import places
from ..patterns import style, styles
from ..patterns.adjustments import FITS, report
from ..patterns.stripes import MATCHED
from ..patterns.style import Offer
from ..patterns.styles import families
from ..sim.verdict import shown, spoken, value_verdict
from . import bridge, engines, properties, studio

TIGHT, CLOSE, EASY = 0.0, 0.04, 0.12  # metres of ease at which a girth's word changes
RELAXED, FIRM = 0.02, 0.05  # strain at the 99th percentile at which the cloth's word changes
VERDICT_ICONS = {"tight": "ERROR", "good": "CHECKMARK", "loose": "INFO"}
TOUCHING = 0.002  # metres a settled cloth may be inside the body by its own thickness


@dataclass(frozen=True)
class Row:
    """A line of a panel: what, how much, and an icon."""

    label: str
    value: str
    icon: str = "NONE"


@dataclass(frozen=True)
class MeasureRow:
    """A measurement as the list shows it."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Alternative:
    """One value of a choice. clash: why it does not go with what else is chosen; empty where it does."""

    label: str
    help: str
    clash: str


@dataclass(frozen=True)
class PatternView:
    """What became of a pattern's adjustments: why one is skipped, the unit of its amount, the seams not true."""

    skipped: Mapping[str, str]
    units: Mapping[str, str]
    seams: tuple[Row, ...]


def new_garments() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Each family of the wardrobe, with the (operator, label) of each of its styles."""
    return tuple((name, tuple((f"toile.new_{s.name}", s.label) for s in family)) for name, family in families().items())


def own_garments() -> tuple[tuple[str, str, int], ...]:
    """(operator, label, picture) of each of the studio's styles."""
    return tuple((f"toile.new_{s.name}", s.label, studio.icon(s.thumbnail)) for s in studio.studio_styles())


def preset_rows() -> tuple[tuple[str, str, int], ...]:
    """(file, label, picture) of each of the designer's presets."""
    return tuple((path, label, number) for path, label, _, number, _ in studio.menu(None, None))


def body_rows(obj: bpy.types.Object) -> tuple[MeasureRow, ...]:
    """A body's measurements with their uncertainty, in centimetres."""
    return _kept(obj.toile.revision, "body", lambda: _body_rows(obj))


def body_origin(obj: bpy.types.Object) -> tuple[Row, ...]:
    """Where a body comes from, and how near its surface is to its scan."""
    return _kept(obj.toile.revision, "origin", lambda: _body_origin(obj))


def body_sizes(obj: bpy.types.Object) -> tuple[Row, ...]:
    """A body's size in every size system that has one for it."""
    return _kept(obj.toile.revision, "sizes", lambda: _body_sizes(obj))


def garment_rows(obj: bpy.types.Object) -> tuple[Row, ...]:
    """A garment's panels and seams."""
    return _kept(obj.toile.revision, "garment", lambda: _garment_rows(obj))


def offer(obj: bpy.types.Object) -> Offer | None:
    """What a garment's style lets choose beside its sliders as they stand; None for a style that is not here.

    Not kept: sliders stand otherwise before their garment is drafted anew.
    """
    own = styles().get(obj.toile.style)
    return own.offer(properties.choices_of(properties.sliders_of(obj), own)) if own else None


def alternatives(obj: bpy.types.Object, name: str) -> dict[str, Alternative]:
    """The values of a garment's choice of that name. Raises ParameterRefused, UnknownStyle."""
    own, sliders = style(obj.toile.style), properties.sliders_of(obj)
    parameter, chosen = own.parameter(name), properties.choices_of(sliders, own)
    items = sliders.bl_rna.properties[name].enum_items
    clashes = {value: own.clash({**chosen, name: value}) for value in map(str, parameter.range)}
    return {
        value: Alternative(items[value].name, items[value].description, clash.why if clash else "")
        for value, clash in clashes.items()
    }


def pattern_view(obj: bpy.types.Object) -> PatternView:
    """What a designer's hand did to a garment's pattern."""
    return _kept(obj.toile.revision, "pattern", lambda: _pattern_view(obj))


@functools.lru_cache(maxsize=8)
def fit_rows(report: str, fit: str = "") -> tuple[Row, ...]:
    """A drape report in plain words; with the fit maps' verdicts, once they were worked out (see `overlay.fit_of`)."""
    return _fit_rows(json.loads(report), json.loads(fit) if fit else None)


@functools.lru_cache(maxsize=8)
def fit_sentences(fit: str) -> tuple[str, ...]:
    """What a designer should look at: every sentence of what is not good."""
    return tuple(json.loads(fit)["sentences"]) if fit else ()


@functools.lru_cache(maxsize=8)
def map_rows(fit: str, name: str) -> tuple[Row, ...]:
    """A map in numbers: of the whole garment, and at every landmark under cloth."""
    judged = json.loads(fit)
    figures = judged["maps"][name]
    whole = [Row("Most", shown(name, figures["most"])), Row("All but 1 % below", shown(name, figures["p99"]))]
    if name == "pressure":
        whole.append(Row("Told by", judged["pressure"]))
    landmarks = judged["landmarks"].items()
    return tuple(whole + [_map_row(name, landmark, at["values"][name]) for landmark, at in landmarks])


@functools.lru_cache(maxsize=8)
def drape_rows(report: str) -> tuple[Row, ...]:
    """How the drape went."""
    figures = json.loads(report)
    residual = figures.get("residual")
    settled = "at rest" if figures["settled"] else "still moving"
    inside, gap = 1000 * figures["penetration_max"], 1000 * figures["seam_gap_max"]
    crossings = figures["self_intersections"] + figures["body_intersections"]
    kind = engines.KINDS.get(figures["engine"])  # a file of a newer Toile may name another
    return (
        Row("Engine", kind.label if kind else figures["engine"]),
        Row("Time", f"{figures['seconds']:.1f} s"),
        Row("Points", f"{figures['vertices']:,}"),
        Row("Settled", settled, _icon(figures["settled"])),
        *([Row("Residual", f"{residual:.0e}", _icon(figures["settled"]))] if residual is not None else []),
        Row("Penetration", f"{inside:.2f} mm", _icon(inside <= 1000 * TOUCHING)),
        Row("Intersections", str(crossings), _icon(not crossings)),
        Row("Seam gap", f"{gap:.2f} mm", _icon(gap <= 1.0)),
        Row("Stretch", f"{100 * figures['stretch_p99']:.1f} %"),
    )


@functools.lru_cache(maxsize=8)
def import_notes(notes: str) -> tuple[str, ...]:
    """What there is to know about an imported pattern."""
    return tuple(json.loads(notes)) if notes else ()


@functools.lru_cache(maxsize=8)
def drape_notes(report: str) -> tuple[str, ...]:
    """What the engine could not do."""
    return tuple(json.loads(report).get("notes", ()))


@functools.lru_cache(maxsize=8)
def marker_rows(markers: str) -> tuple[Row, ...]:
    """The markers that were laid last: of each fabric how long, how well used, and what is waste."""
    rows: list[Row] = []
    for label, told in (json.loads(markers) if markers else {}).items():
        rows.append(Row(label, f"{told['length']:.2f} × {told['width']:.2f} m, {100 * told['utilisation']:.1f} % used"))
        if told["mismatches"]:
            off = sum(value > MATCHED for value in told["mismatches"].values())
            rows.append(Row("Matched Seams", f"{len(told['mismatches']) - off} met, {off} not", _icon(not off)))
        rows.append(Row("Waste", f"{told['waste_area']:.2f} m², {told['waste_mass']:.2f} kg"))
    return tuple(rows)


_views: dict[tuple[str, str], Any] = {}


def _kept(revision: str, what: str, make: Callable[[], Any]) -> Any:
    if (revision, what) not in _views:
        while len(_views) > 16:
            del _views[next(iter(_views))]
        _views[revision, what] = make()
    return _views[revision, what]


def _body_origin(obj: bpy.types.Object) -> tuple[Row, ...]:
    body = bridge.body_of(obj)
    rows = [Row("From", body.source)]
    if body.registration:
        rows.append(Row("Mean error of the surface", f"{1000 * body.registration['mean']:.1f} mm"))
    return tuple(rows)


def _body_sizes(obj: bpy.types.Object) -> tuple[Row, ...]:
    values = {name: measured.value for name, measured in bridge.body_of(obj).measurements.items()}
    return tuple(Row(label, size) for label, size in places(values).items())


def _body_rows(obj: bpy.types.Object) -> tuple[MeasureRow, ...]:
    rows: list[MeasureRow] = []
    for name, measured in bridge.body_of(obj).measurements.items():
        if name == "shoulder_slope":
            value = f"{57.29578 * measured.value:.1f}° ± {57.29578 * measured.uncertainty:.1f}"
        else:
            value = f"{100 * measured.value:.1f} cm ± {100 * measured.uncertainty:.1f}"
        rows.append(MeasureRow(name, spoken(name), value))
    return tuple(rows)


def _garment_rows(obj: bpy.types.Object) -> tuple[Row, ...]:
    pattern = bridge.pattern_of(obj)
    error = pattern.proof().max_error
    rows = [
        Row("Panels", str(len(pattern.panels()))),
        Row("Seams", f"{len(pattern.seams)}, true to {1000 * error:.2f} mm", _icon(error <= FITS)),
    ]
    if obj.toile.imported:
        rows.append(Row("From", pattern.style))
    elif pattern.style not in styles():
        rows.append(Row("Style", f"{pattern.style} is not here", "ERROR"))
    return tuple(rows)


def _pattern_view(obj: bpy.types.Object) -> PatternView:
    pattern = bridge.pattern_of(obj)
    told = report(pattern)
    units = {a.name: a.measure[1] for a in properties.adjustments_of(obj) if a.measure[0]}
    rows = tuple(Row(name.replace("_", " "), f"{1000 * e:.1f} mm off", "ERROR") for name, e in told.seams.items())
    return PatternView(told.skipped, units, rows)


def _fit_rows(report: dict[str, Any], judged: dict[str, Any] | None) -> tuple[Row, ...]:
    if judged is None:
        rows = [_ease_row(girth, value) for girth, value in report["ease"].items() if value is not None]
    else:
        rows = [_girth_row(name, girth) for name, girth in judged["ease"].items() if girth is not None]
    stretch = report["stretch_p99"]
    word = "relaxed" if stretch <= RELAXED else "firm" if stretch <= FIRM else "strained"
    rows.append(Row("Cloth", f"{word}: stretch {100 * stretch:.1f} %", _icon(stretch <= FIRM)))
    inside, cutting = report["penetration_max"], report["body_intersections"]
    skin = f"{1000 * inside:.1f} mm inside the body" if inside > TOUCHING else ""
    skin = skin or (f"{cutting} triangles cut the body" if cutting else "")
    rows.append(Row("Skin", skin or "nothing shows through", _icon(not skin)))
    gap = report["seam_gap_max"]
    rows.append(Row("Seams", f"closed to {1000 * gap:.2f} mm", _icon(gap <= 0.001)))
    crossings = report["self_intersections"]
    rows.append(Row("Folds", "none cross" if not crossings else f"{crossings} triangles cross", _icon(not crossings)))
    return tuple(rows)


def _ease_row(girth: str, ease: float) -> Row:
    word = "stretched" if ease < TIGHT else "close" if ease < CLOSE else "easy" if ease < EASY else "loose"
    return Row(girth.capitalize(), f"{word}: {100 * ease:+.1f} cm")


def _girth_row(name: str, girth: dict[str, Any]) -> Row:
    return Row(spoken(name), f"{girth['verdict']}: {100 * girth['ease']:+.1f} cm", VERDICT_ICONS[girth["verdict"]])


def _map_row(name: str, landmark: str, value: float) -> Row:
    verdict = value_verdict(name, value)
    return Row(spoken(landmark), shown(name, value), VERDICT_ICONS[verdict.word] if verdict else "NONE")


def _icon(well: bool) -> str:
    return "CHECKMARK" if well else "ERROR"
