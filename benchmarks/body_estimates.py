# SPDX-License-Identifier: GPL-3.0-or-later
"""What six measures say of a person who was not seen: our estimate beside linear regression, and the avatar's tape.

PYTHONPATH=.dev python benchmarks/body_estimates.py ../shared/data/anthropometry [--avatars 40]

Every fifth row of ANSUR II is held out; the population and the regression are made of the others. Errors are RMS in
millimetres (kilograms, years). The avatars are of the first held-out people; their inputs are what the tape reads.
"""

import argparse
from pathlib import Path

import numpy as np
from toile.bodies import AvatarRefused, avatar
from toile.bodies.population import NAMES, UNITS, of_people, read_survey

GIVEN = ("stature", "bust", "waist", "hip", "weight", "age")
FILES = {"woman": "ansur2_female.csv", "man": "ansur2_male.csv"}


def main() -> None:
    """Estimate, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("survey", type=Path)
    parser.add_argument("--avatars", type=int, default=40, help="of each sex")
    asked = parser.parse_args()
    for sex, file in FILES.items():
        table = read_survey(asked.survey / file)
        held = np.arange(len(table)) % 5 == 0
        of, people = of_people(table[~held]), table[held]
        on = [NAMES.index(name) for name in GIVEN]
        found = [of.given({name: row[i] for name, i in zip(GIVEN, on, strict=True)}) for row in people]
        design = np.column_stack([np.ones(len(table)), table[:, on]])
        print(f"\n{sex}: {len(people)} people held out\n")
        print("| measure | ours, RMS | linear regression | ratio | 95 % interval holds |\n|---|---|---|---|---|")
        ratios: list[float] = []
        for name in found[0]:
            truth = people[:, NAMES.index(name)]
            fit = np.linalg.lstsq(design[~held], table[~held][:, NAMES.index(name)], rcond=None)[0]
            ours, spread = np.array([f[name] for f in found]).T
            rms, theirs = (float(np.sqrt(np.mean((x - truth) ** 2))) for x in (ours, design[held] @ fit))
            ratios.append(rms / theirs)
            unit = 1.0 if name in UNITS else 1000.0
            holds = float(np.mean(np.abs(ours - truth) < 1.96 * spread))
            print(f"| {name} | {unit * rms:.1f} | {unit * theirs:.1f} | {ratios[-1]:.3f} | {holds:.0%} |")
        print(f"\nratio: mean {np.mean(ratios):.3f}, worst {max(ratios):.3f}")
        off, refused = [], 0
        for row in people[: asked.avatars]:
            told = {name: float(row[i]) for name, i in zip(GIVEN, on, strict=True)}
            try:
                body = avatar(told, sex=sex)
            except AvatarRefused:
                refused += 1
                continue
            off.append(max(abs(body.measurements[n].value - told[n]) for n in GIVEN if n in body.measurements))
        if off:
            print(f"{len(off)} avatars, {refused} refused; their inputs are read within {1000 * max(off):.1f} mm")


if __name__ == "__main__":
    main()
