# SPDX-License-Identifier: GPL-3.0-or-later
"""People to draft for: measured ones, children, and avatars of shapes that are rare among soldiers.

The measured ones are rows of ANSUR II (Gordon et al. 2014, 4,082 men and 1,986 women of the US Army), whose waist lies
at the navel. What that survey did not take is read off the avatar of the same stature and girths.
"""

import csv
import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from toile.bodies import AvatarRefused, avatar

ROOT = Path(__file__).resolve().parents[1]
SURVEY = ROOT.parent / "shared" / "data" / "anthropometry"
KEPT = ROOT / "out" / "population"  # people take a third of a second each to make up

_ANSUR = {  # ours: theirs, in millimetres
    "stature": "stature",
    "bust": "chestcircumference",
    "waist": "waistcircumference",
    "hip": "buttockcircumference",
    "neck_base": "neckcircumferencebase",
    "neck": "neckcircumference",
    "upper_arm": "bicepscircumferenceflexed",
    "wrist": "wristcircumference",
    "thigh": "thighcircumference",
    "knee": "lowerthighcircumference",
    "calf": "calfcircumference",
    "ankle": "anklecircumference",
    "shoulder_length": "shoulderlength",
    "back_waist_length": "waistbacklength",
    "cervicale_height": "cervicaleheight",
    "bust_height": "chestheight",
    "waist_height": "waistheightomphalion",
    "hip_height": "buttockheight",
    "crotch_height": "crotchheight",
    "knee_height": "kneeheightmidpatella",
}
_ACROSS_BACK = 0.87  # of the survey's interscye, over the creases of the armpits: ours lies between the armscyes
_MATCHED = (("stature", "bust", "waist", "hip"), ("stature", "bust"), ("stature",))  # the first that an avatar can have
# A child of 1 m beside a grown-up of the same stature, by our own estimate: head and neck are larger, legs shorter, the
# waist is hardly narrower than the chest, the limbs are slimmer.
_CHILD = {
    "bust": 0.93, "underbust": 0.95, "waist": 0.97, "hip": 0.88, "neck_base": 1.12, "neck": 1.15, "upper_arm": 0.90,
    "elbow": 0.92, "wrist": 1.05, "thigh": 0.85, "knee": 0.95, "calf": 0.92, "ankle": 0.95, "waist_height": 0.95,
    "hip_height": 0.94, "crotch_height": 0.92, "knee_height": 0.94, "cervicale_height": 0.95, "bust_height": 0.96,
    "arm_length": 0.95, "waist_to_hip": 0.95, "waist_to_knee": 0.95, "bust_point_distance": 0.95,
}  # fmt: skip
_GROWN = 1.6  # metres at which a child's proportions have become a grown-up's
_SHAPES = {  # sex, and (mean, deviation) of the measures that are given, metres
    "woman": ("woman", {"stature": (1.65, 0.07), "bust": (0.96, 0.12), "waist": (0.82, 0.12)}),
    "man": ("man", {"stature": (1.78, 0.07), "bust": (1.04, 0.11), "waist": (0.94, 0.12)}),
    "pregnant": ("woman", {"stature": (1.65, 0.06), "bust": (1.02, 0.06), "waist": (1.10, 0.06), "hip": (1.06, 0.05)}),
    "full bust": ("woman", {"stature": (1.64, 0.06), "bust": (1.14, 0.06), "underbust": (0.86, 0.04)}),
    "belly": ("man", {"stature": (1.75, 0.07), "bust": (1.14, 0.06), "waist": (1.20, 0.07), "hip": (1.08, 0.05)}),
}
_KINDS = ("measured woman", "measured man", "measured woman", "measured man", "child", "avatar")  # by turns


@dataclass(frozen=True)
class Person:
    """kind: where the person comes from. measures: by our names, metres; shoulder_slope in radians."""

    kind: str
    measures: Mapping[str, float]


def people(count: int, seed: int = 0) -> list[Person]:
    """So many people, the same for the same seed: two thirds measured, a sixth children, a sixth avatars.

    Needs the survey's tables beside the repository. They are kept in out/, for they take minutes to make up.
    """
    kept = KEPT / f"{count}-{seed}.json"
    if kept.is_file():
        return [Person(kind, measures) for kind, measures in json.loads(kept.read_text("utf-8"))]
    rng = np.random.default_rng(seed)
    found: list[Person] = []
    while len(found) < count:
        kind = _KINDS[len(found) % len(_KINDS)]
        if kind == "avatar":
            shape = list(_SHAPES)[len(found) // len(_KINDS) % len(_SHAPES)]
            if measures := _imagined(shape, rng):
                found.append(Person(shape, measures))
        else:
            measures = _measured("man" if kind == "measured man" else "woman", rng)
            found.append(Person(kind, _younger(measures, rng.uniform(1.0, 1.55)) if kind == "child" else measures))
    KEPT.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([(p.kind, dict(p.measures)) for p in found]), "utf-8")
    return found


@functools.cache
def _survey(sex: str) -> list[dict[str, str]]:
    with open(SURVEY / f"ansur2_{'male' if sex == 'man' else 'female'}.csv", encoding="latin-1", newline="") as table:
        return list(csv.DictReader(table))


def _measured(sex: str, rng: np.random.Generator) -> dict[str, float]:
    """A person of the survey, what was not measured being read off the avatar nearest to them."""
    rows = _survey(sex)
    row = rows[rng.integers(len(rows))]

    def taken(column: str) -> float:
        return float(row[column]) / 1000.0

    own = {name: taken(column) for name, column in _ANSUR.items()}
    own["arm_length"] = taken("acromionradialelength") + taken("radialestylionlength")
    own["across_back"] = _ACROSS_BACK * taken("interscyei")
    own["armscye_depth"] = taken("cervicaleheight") - taken("axillaheight")
    fall = taken("cervicaleheight") - taken("acromialheight")
    own["across_back_shoulder"] = 2 * math.hypot(taken("biacromialbreadth") / 2, fall)
    own["waist_to_hip"] = own["waist_height"] - own["hip_height"]
    own["waist_to_knee"] = own["waist_height"] - own["knee_height"]
    for names in _MATCHED:
        try:
            body = avatar({name: own[name] for name in names}, sex=sex)
        except AvatarRefused:
            continue
        like = {name: m.value for name, m in body.measurements.items()}
        like["front_waist_length"] += own["back_waist_length"] - like["back_waist_length"]  # both end at the same waist
        return {**like, **own}
    raise AvatarRefused(f"No avatar has the stature {own['stature']:.3f} m.")


def _imagined(shape: str, rng: np.random.Generator) -> dict[str, float] | None:
    """An avatar of a shape; None where the numbers drawn make nobody."""
    sex, wanted = _SHAPES[shape]
    try:
        body = avatar({name: rng.normal(*spread) for name, spread in wanted.items()}, sex=sex)
    except AvatarRefused:
        return None
    return {name: m.value for name, m in body.measurements.items()}


def _younger(measures: Mapping[str, float], stature: float) -> dict[str, float]:
    """The person as a child of that stature: scaled, and brought towards a child's proportions the smaller it is."""
    scale, share = stature / measures["stature"], (_GROWN - stature) / (_GROWN - 1.0)
    child = {
        name: value if name == "shoulder_slope" else value * scale * (1 + share * (_CHILD.get(name, 1.0) - 1))
        for name, value in measures.items()
    }
    slack = (
        child["cervicale_height"]
        - child["waist_height"]
        - scale * (measures["cervicale_height"] - measures["waist_height"])
    )
    return {
        **child,
        **{name: child[name] + slack for name in ("back_waist_length", "front_waist_length")},
        "armscye_depth": child["armscye_depth"] + slack / 2,
    }
