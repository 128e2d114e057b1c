# SPDX-License-Identifier: GPL-3.0-or-later
"""Tight, good or loose: fit maps held against assets/fit_limits.toml, each in a sentence that a designer can act on."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bodies import Body
from .drape import Drape
from .fabric import Mechanics
from .girth import Girth
from .laboratory.laws import curve_of, strain_under
from .maps import MAPS, FitMaps, fit_maps, worn

Floats = NDArray[np.float64]
Word = Literal["tight", "good", "loose"]

LIMITS_TOML = Path(__file__).parent.parent / "assets" / "fit_limits.toml"
EVIDENCE = ("published", "derived", "estimate")
TAPE = 0.002  # metres; a tape tells no less
_PLACES = 3  # landmarks that a sentence names
_EXCEEDED = 0.99  # a map is judged by the value that the rest of the cloth, 1 %, exceeds


class LimitsRefused(ValueError):
    """The fit limits cannot be read: a number is missing, or stands without its source."""


class Verdict(NamedTuple):
    """A word and its sentence."""

    word: Word
    sentence: str


@functools.cache
def fit_limits() -> Mapping[str, Any]:
    """assets/fit_limits.toml, each limit as its bare number. Raises LimitsRefused where one has no source."""
    return _bare(tomllib.loads(LIMITS_TOML.read_text(encoding="utf-8")), "")


def _bare(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    bare: dict[str, Any] = {}
    for key, entry in table.items():
        match entry:
            case {"value": int() | float() as value, "source": str() as source} if source.split(":")[0] in EVIDENCE:
                bare[key] = float(value)
            case dict() if "value" not in entry:
                bare[key] = _bare(entry, f"{name}{key}.")
            case str():
                bare[key] = entry
            case _:
                raise LimitsRefused(
                    f'Fit limit {name}{key}: write {{ value = …, source = "…" }}, '
                    f"the source beginning with {', '.join(EVIDENCE)} and a colon."
                )
    return bare


def least_cut(name: str, girth: Girth, cloth: Mechanics) -> float:
    """Metres that a girth must be cut to at least: the body in movement, less what the cloth gives in comfort."""
    limits = fit_limits()
    comfort = limits["give"]["comfort"] * girth.body / (2.0 * math.pi)  # N/m, by Laplace's law round a cylinder
    give = strain_under(curve_of(cloth, "warp" if girth.warp >= 0.5 else "weft"), comfort)
    return (girth.body + limits["girth"][name]["movement"]) / (1.0 + min(float(give), limits["give"]["most"]))


def girth_verdict(name: str, girth: Girth, cloth: Mechanics) -> Verdict:
    """Whether a girth was cut wide enough for the body in movement, and not so wide that it is loose."""
    limits = fit_limits()["girth"][name]
    title, short = spoken(name), least_cut(name, girth, cloth) - girth.cut
    if short > TAPE:
        return Verdict("tight", f"{title}: {100 * short:.1f} cm too tight; {limits['let_out']}.")
    if (over := girth.ease - limits["loose"]) > 0.0:
        taken_in = f"{limits['take_in']} if it should follow the body"
        return Verdict(
            "loose", f"{title}: {100 * girth.ease:.1f} cm of ease, {100 * over:.1f} cm past loose; {taken_in}."
        )
    return Verdict("good", f"{title}: {100 * girth.ease:.1f} cm of ease.")


def value_verdict(name: str, value: float, places: Sequence[str] = ()) -> Verdict | None:
    """What one value of a map says, and of which places; None where the map has no limit. Shear is judged by size."""
    limits: Mapping[str, Any] = fit_limits()["map"].get(name, {})
    size = abs(value) if name == "shear" else value
    for word in ("tight", "loose"):
        if size > limits.get(word, math.inf):
            at = f" at {', '.join(spoken(place).lower() for place in places[:_PLACES])}" if places else ""
            past = f"{shown(name, size)}{at}, past {shown(name, limits[word])}"
            return Verdict(word, f"{MAPS[name].label}: {past}; {limits[f'advice_{word}']}.")
    return Verdict("good", f"{MAPS[name].label}: {shown(name, size)}.") if limits else None


def fit_report(drape: Drape, body: Body, fabrics: Mapping[str, Mechanics]) -> dict[str, Any]:
    """How a drape fits, as plain data (see `judged`). `fabrics` by role, "self" for the rest. Raises MapsRefused."""
    return judged(fit_maps(worn(drape, fabrics), body))


def judged(maps: FitMaps) -> dict[str, Any]:
    """Verdicts, girths, maps and landmarks in SI, as JSON holds them.

    `verdict` and `sentences` (all that is not good); `pressure`: "the engine" or "estimate from tension", who told
    it; `ease`: {girth: {body, worn, cut, ease, verdict, sentence} or None}; `maps`: {map: {unit, least, most, p99,
    mean, verdict, sentence}}, verdict and sentence None where a map has no limit; `landmarks`: {landmark: {values,
    verdict, sentences}}. A garment is tight where anything is, loose where every girth is, else good.
    """
    cloths = maps.worn.fabrics
    girths = {
        name: (girth, girth_verdict(name, girth, cloths[girth.fabric]))
        for name, girth in maps.girths.items()
        if girth is not None
    }
    summed = {name: _summed(maps, name) for name in MAPS}
    found = [verdict for _, verdict in girths.values()] + [v for _, v in summed.values() if v is not None]
    sentences = [verdict.sentence for word in ("tight", "loose") for verdict in found if verdict.word == word]
    tight = any(verdict.word == "tight" for verdict in found)
    loose = bool(girths) and all(verdict.word == "loose" for _, verdict in girths.values())
    return {
        "verdict": "tight" if tight else "loose" if loose else "good",
        "sentences": sentences,
        "pressure": "the engine" if maps.pressure_told else "estimate from tension",
        "ease": {name: _told(*girths[name]) if name in girths else None for name in maps.girths},
        "maps": {name: figures | _said(verdict) for name, (figures, verdict) in summed.items()},
        "landmarks": {name: _landmark(values) for name, values in maps.landmarks.items()},
    }


def spoken(name: str) -> str:
    """A girth's or landmark's name as a person says it: upper_arm is Upper arm, bust_left Bust left."""
    return name.replace("_", " ").capitalize()


def shown(name: str, value: float) -> str:
    """A map's value in the unit it is shown in."""
    kind = MAPS[name]
    digits = 0 if kind.unit in ("N/m", "mm", "") else 1
    return f"{kind.scale * value:.{digits}f} {kind.unit}".strip().replace(" °", "°")


def _told(girth: Girth, verdict: Verdict) -> dict[str, Any]:
    lengths = {"body": girth.body, "worn": girth.worn, "cut": girth.cut, "ease": girth.ease}
    return lengths | _said(verdict)


def _said(verdict: Verdict | None) -> dict[str, Any]:
    return {"verdict": verdict.word, "sentence": verdict.sentence} if verdict else {"verdict": None, "sentence": None}


def _summed(maps: FitMaps, name: str) -> tuple[dict[str, Any], Verdict | None]:
    """A map in figures, by the area of cloth, and what its 99th percentile says."""
    values, garment = maps.values[name], maps.worn
    areas = garment.areas if MAPS[name].domain == "FACE" else garment.vertex_areas
    sizes = np.abs(values) if name in ("shear", "stress_shear") else values
    figures: dict[str, Any] = {
        "unit": {"%": "1", "°": "rad", "kPa": "Pa", "mm": "m", "": "1"}.get(MAPS[name].unit, MAPS[name].unit),
        "least": float(values.min()),
        "most": float(values.max()),
        "p99": _exceeded(sizes, areas),
        "mean": float(np.average(values, weights=areas)),
    }
    asked = _firm(maps, name) if name.startswith("strain") else np.ones(len(values), bool)
    if not asked.any():
        return figures, None
    return figures, value_verdict(name, _exceeded(sizes[asked], areas[asked]), _worst(maps, name))


def _worst(maps: FitMaps, name: str) -> list[str]:
    """The landmarks at which a map is past its limit, the worst first."""
    values = {place: at[name] for place, at in maps.landmarks.items()}
    past = [place for place, value in values.items() if (v := value_verdict(name, value)) and v.word != "good"]
    return sorted(past, key=lambda place: -abs(values[place]))


def _firm(maps: FitMaps, name: str) -> NDArray[np.bool_]:
    """(m,) whether a face's cloth resists stretching in that direction."""
    sides = {"strain_warp": ("stretch_warp",), "strain_weft": ("stretch_weft",)}
    asked = sides.get(name, ("stretch_warp", "stretch_weft"))
    least = fit_limits()["firm"]["modulus"]
    firm = np.array([min(getattr(cloth, side) for side in asked) >= least for cloth in maps.worn.fabrics])
    return firm[maps.worn.fabric]


def _exceeded(values: Floats, areas: Floats) -> float:
    """The value that 1 % of the area exceeds."""
    order = np.argsort(values)
    covered = np.cumsum(areas[order])
    return float(values[order[np.searchsorted(covered, _EXCEEDED * covered[-1])]])


def _landmark(values: Mapping[str, float]) -> dict[str, Any]:
    """A landmark's numbers and what is not good about them; stretch is left to the whole garment's verdict."""
    said = [
        verdict
        for name, value in values.items()
        if not name.startswith("strain") and (verdict := value_verdict(name, value)) is not None
    ]
    words = {verdict.word for verdict in said}
    return {
        "values": dict(values),
        "verdict": "tight" if "tight" in words else "loose" if "loose" in words else "good",
        "sentences": [verdict.sentence for verdict in said if verdict.word != "good"],
    }
