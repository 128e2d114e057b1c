# SPDX-License-Identifier: GPL-3.0-or-later
"""How engines drape the same garments.

`python benchmarks/drape.py [ENGINE …] [--distance M] [--garments …] [--people …] [--set NAME=VALUE] [--inner]
[--random COUNT [--seed N] [--scanned]] [--device NAME] [--kept FOLDER]`, the engines being toile, style3d and blender;
without a name, all that are here. With `--inner`, facings and linings are draped too. With `--random`, so many garments
are drawn at random, their choices, the body and whether what lies within is draped too, each by a seed of its own; with
`--scanned`, the bodies are people who stand a little askew, each measured from a noisy scan (see `people.py`).
Prints one Markdown row a drape, with what every engine is judged by: seconds, whether it came to rest and how far the
forces are from balance, penetration, crossings, stretch; then each engine's worst. Drapes are kept in a folder, and
what was kept there on another device is told apart from: millimetres, root mean square and at most. On a device with
kernels yet to be compiled, the first garment is draped once before.
"""

import argparse
import importlib.util
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from people import person as somebody
from toile.bodies import Body, avatar, body_from_scan
from toile.bodies.synthetic import Conditions, synthetic_scan
from toile.patterns import draft, style, styles
from toile.sim import DrapeRefused, PlacingRefused, build_cloth, build_coarse, mechanics
from toile.sim.drape import Drape, DrapeEngine, Watch, Wishes

PEOPLE = {
    "woman": ({}, "woman"),
    "slim woman": ({"stature": 1.74, "bust": 0.82, "waist": 0.62, "hip": 0.90}, "woman"),
    "heavy woman": ({"stature": 1.64, "bust": 1.20, "waist": 1.08, "hip": 1.22}, "woman"),
    "man": ({"stature": 1.82, "bust": 1.04, "waist": 0.92}, "man"),
    "heavy man": ({"stature": 1.78, "bust": 1.24, "waist": 1.20}, "man"),
}
ROLES = {"rib": "cotton_rib", "lining": "acetate_lining"}
FLUNG = 3.0  # metres from the origin
NOT_DRAFTED = "not drafted"
WAVES = 0.0025  # metres by which a scanned person's surface leaves what the body's basis knows


@dataclass(frozen=True)
class Row:
    """One drape in figures."""

    engine: str
    garment: str
    person: str
    drape: Drape | None
    refused: str = ""

    @property
    def cells(self) -> list[str]:
        """The Markdown cells."""
        head = [self.engine, self.garment, self.person]
        if self.drape is None:
            return [*head, self.refused, *[""] * 10]
        r = self.drape.report
        residual = "–" if r.residual is None else f"{r.residual:.1e}"
        return [
            *head,
            f"{r.vertices:,}",
            f"{r.seconds:.1f}",
            f"{r.cpu_seconds:.1f}",
            str(r.frames),
            residual,
            "yes" if r.settled else "no",
            f"{1e3 * r.penetration_max:.2f}",
            f"{r.self_intersections} / {r.body_intersections}",
            f"{1e3 * r.seam_gap_max:.1f}",
            f"{100 * r.stretch_p99:.1f} ({100 * r.stretch_max:.0f})",
            "none" if np.abs(self.drape.positions).max() < FLUNG else "some",
        ]


HEAD = (
    "engine", "garment", "body", "vertices", "s", "CPU s", "steps", "residual", "at rest", "penetration mm",
    "crossings self / body", "seam gap mm", "stretch p99 (max) %", "flung",
)  # fmt: skip


def engines(names: Sequence[str]) -> list[DrapeEngine]:
    """The engines named, or all that this Python has."""
    found: dict[str, DrapeEngine] = {}
    if importlib.util.find_spec("warp") and importlib.util.find_spec("cvxopt"):
        from toile.sim.engines.toile import ToileEngine

        found["toile"] = ToileEngine()
    if importlib.util.find_spec("newton"):
        from toile.sim.engines.style3d import Style3D

        found["style3d"] = Style3D()
    if importlib.util.find_spec("bpy"):
        from toile.addon.blender_cloth import BlenderCloth

        found["blender"] = BlenderCloth()
    if unknown := set(names) - set(found):
        sys.exit(f"Not here: {', '.join(sorted(unknown))}. There are {', '.join(found)}.")
    return [found[name] for name in names or found]


@dataclass(frozen=True)
class Asked:
    """How garments are draped: metres between particles, the device, choices of the style, and whether inner pieces."""

    distance: float
    device: str
    choices: Mapping[str, Any]
    inner: bool


Case = tuple[str, str, Body, Asked]


def scanned(seed: int) -> tuple[str, Body]:
    """Whose scan, and the body measured from it."""
    person = somebody(seed, WAVES)
    scan = synthetic_scan(person, Conditions(noise=0.002), np.random.default_rng(seed), person.source)
    return person.source, body_from_scan(scan)


def drawn(seed: int, garments: Sequence[str], asked: Asked, by_scan: bool) -> Case:
    """A garment, a person, their body and choices, at random: those of the same seed are the same."""
    by = random.Random(seed)
    garment, sex = by.choice(garments), by.choice(("woman", "man"))
    stature = by.gauss(1.66 if sex == "woman" else 1.78, 0.06)
    bust = by.uniform(0.80, 1.20) if sex == "woman" else by.uniform(0.90, 1.25)
    measures = {"stature": stature, "bust": bust, "waist": bust - by.uniform(0.02, 0.24)}
    if by.random() < 0.7:
        measures["hip"] = measures["waist"] + by.uniform(0.06, 0.30)
    choices: dict[str, Any] = {}
    made = style(garment)
    for p in made.parameters:
        if by.random() > 0.35 or (p.when and made.resolve(choices)[p.when[0]] not in p.when[1]):
            continue
        if p.kind == "choice":
            choices[p.name] = by.choice(p.range)
        elif p.kind == "flag":
            choices[p.name] = by.random() < 0.5
        else:
            low, high, value = float(p.range[0]), float(p.range[1]), float(p.value)
            about = 0.3 * (high - low)
            number = by.uniform(max(low, value - about), min(high, value + about))
            choices[p.name] = round(number) if p.kind == "count" else round(number, 3)
    asked = replace(asked, choices={**choices, **asked.choices}, inner=asked.inner or by.random() < 0.35)
    if by_scan:
        return garment, *scanned(seed), asked
    return garment, f"{sex} of seed {seed}, bust {bust:.2f} m", avatar(measures, sex=sex), asked


def draped(engine: DrapeEngine, garment: str, person: str, body: Body, asked: Asked) -> Row:
    """One garment on one body by one engine."""
    measures = {name: m.value for name, m in body.measurements.items()}
    quiet = Watch(lambda _fraction, _text: None, lambda: False)
    try:
        pattern = replace(draft(garment, measures, asked.choices), inner=asked.inner)
    except ValueError as error:
        return Row(engine.name, garment, person, None, f"{NOT_DRAFTED}: {error}")
    try:
        coarse = build_coarse(pattern, body, asked.distance)
        cloth = build_cloth(pattern, body, asked.distance)
        fabrics = {"self": mechanics(style(garment).fabric), **{role: mechanics(of) for role, of in ROLES.items()}}
        wishes = Wishes(coarse=coarse, device=asked.device)
        return Row(engine.name, garment, person, engine.drape(cloth, body, fabrics, quiet, wishes))
    except (DrapeRefused, PlacingRefused, ValueError) as error:
        return Row(engine.name, garment, person, None, str(error))


def keep(row: Row, folder: Path, distance: float, device: str) -> None:
    """Keep a drape, and print how far it is from those kept of other devices."""
    if row.drape is None:
        return
    stem, here = f"{row.engine}-{row.garment}-{row.person}-{1e3 * distance:g}mm-", device.replace(":", "") or "any"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{stem}{here}.npy", row.drape.positions)
    for other in sorted(folder.glob(f"{stem}*.npy")):
        if other.stem != f"{stem}{here}":
            apart = 1e3 * np.linalg.norm(row.drape.positions - np.load(other), axis=1)
            print(
                f"  {here} and {other.stem.removeprefix(stem)}: {np.sqrt((apart**2).mean()):.2f} mm ({apart.max():.2f})"
            )


def main() -> None:
    """Read what to drape, drape it, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", metavar="ENGINE")
    parser.add_argument("--distance", type=float, default=0.02, metavar="M")
    parser.add_argument("--garments", nargs="+", default=list(styles()), choices=list(styles()))
    parser.add_argument("--people", nargs="+", default=list(PEOPLE), choices=list(PEOPLE))
    parser.add_argument("--set", dest="choices", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--inner", action="store_true")
    parser.add_argument("--random", type=int, default=0, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--scanned", action="store_true")
    parser.add_argument("--device", default="", metavar="NAME")
    parser.add_argument("--kept", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
    rows: list[Row] = []
    began = time.monotonic()
    how = Asked(asked.distance, asked.device, dict(pair.split("=", 1) for pair in asked.choices), asked.inner)
    cases: Iterator[Case]
    if asked.random:
        cases = (drawn(asked.seed + k, asked.garments, how, asked.scanned) for k in range(asked.random))
    else:
        people = {name: avatar(PEOPLE[name][0], sex=PEOPLE[name][1]) for name in asked.people}
        cases = ((garment, name, body, how) for garment in asked.garments for name, body in people.items())
    used = engines(asked.engines)
    for number, (garment, person, body, made) in enumerate(cases):
        for engine in used:
            if number == 0 and asked.device.startswith("cuda"):
                draped(engine, garment, person, body, replace(made, distance=3 * asked.distance))
            rows.append(draped(engine, garment, person, body, made))
            print("| " + " | ".join(rows[-1].cells) + " |", flush=True)
            if asked.kept:
                keep(rows[-1], asked.kept, asked.distance, asked.device)
    print()
    for name in dict.fromkeys(row.engine for row in rows):
        made = [row.drape.report for row in rows if row.engine == name and row.drape]
        mine = [row for row in rows if row.engine == name and not row.refused.startswith(NOT_DRAFTED)]
        if not made:
            print(f"- {name}: none of {len(mine)} draped")
            continue
        print(
            f"- {name}: {len(made)} of {len(mine)} draped, {sum(r.settled for r in made)} at rest, worst penetration "
            f"{1e3 * max(r.penetration_max for r in made):.2f} mm, worst crossings "
            f"{max(r.self_intersections + r.body_intersections for r in made)}, worst stretch p99 "
            f"{100 * max(r.stretch_p99 for r in made):.1f} %, CPU seconds {np.mean([r.cpu_seconds for r in made]):.0f} "
            f"in the mean and {max(r.cpu_seconds for r in made):.0f} at most"
        )
    print(f"\n{time.monotonic() - began:.0f} s by the clock")


if __name__ == "__main__":
    main()
