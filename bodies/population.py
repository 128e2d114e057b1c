# SPDX-License-Identifier: GPL-3.0-or-later
"""What a few measures of a person say about the others, after ANSUR II (4,082 men and 1,986 women of the US Army).

The logarithms of the survey's measures are taken for jointly normal, one distribution a sex, so an estimate is a
conditional expectation with its spread. ``assets/population.json`` holds means and covariances alone; make it anew from
the public tables with ``python -m toile.bodies.population SURVEY_DIR OUT``. NumPy alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FILE = Path(__file__).parent.parent / "assets" / "population.json"
SOURCE = "Gordon et al., 2012 Anthropometric Survey of U.S. Army Personnel (ANSUR II), public tables"
_COLUMNS = {  # ours: the survey's, in millimetres, where both mean the same but for the waist (theirs is at the navel)
    "stature": "stature", "bust": "chestcircumference", "waist": "waistcircumference", "hip": "buttockcircumference",
    "neck_base": "neckcircumferencebase", "neck": "neckcircumference", "upper_arm": "bicepscircumferenceflexed",
    "wrist": "wristcircumference", "thigh": "thighcircumference", "calf": "calfcircumference",
    "ankle": "anklecircumference", "head": "headcircumference", "heel": "heelanklecircumference",
    "shoulder_length": "shoulderlength", "shoulder_breadth": "biacromialbreadth",
    "back_waist_length": "waistbacklength",
    "upper_arm_length": "acromionradialelength", "forearm_length": "radialestylionlength",
    "cervicale_height": "cervicaleheight", "shoulder_height": "acromialheight", "armpit_height": "axillaheight",
    "bust_height": "chestheight", "hip_height": "buttockheight", "crotch_height": "crotchheight",
    "knee_height": "kneeheightmidpatella",
}  # fmt: skip
UNITS = {"weight": "kilograms", "age": "years"}  # all others are metres
NAMES = (*_COLUMNS, *UNITS)
FEWEST = 2 * len(NAMES)  # people from whom a distribution can be told


class PopulationError(ValueError):
    """The survey's tables, or what was derived from them, cannot be read."""


@dataclass(frozen=True)
class Population:
    """The logarithms of NAMES among people of one sex."""

    mean: Floats  # (k,)
    covariance: Floats  # (k, k)

    def given(self, known: Mapping[str, float]) -> dict[str, tuple[float, float]]:
        """Median and standard deviation of every measure that is not known, given those that are (all positive)."""
        on = np.array([name in known for name in NAMES])
        off = ~on
        gap = np.log([known[name] for name in NAMES if name in known]) - self.mean[on]
        pull = np.linalg.solve(self.covariance[np.ix_(on, on)], self.covariance[np.ix_(on, off)])
        median = np.exp(self.mean[off] + gap @ pull)
        rest = self.covariance[np.ix_(off, off)] - self.covariance[np.ix_(off, on)] @ pull
        deviation = median * np.sqrt(np.diag(rest))
        unknown = [name for name in NAMES if name not in known]
        return {n: (float(m), float(s)) for n, m, s in zip(unknown, median, deviation, strict=True)}


def of_people(table: Floats) -> Population:
    """The population of measured people (n, k) in the order of NAMES. Raises PopulationError for few or odd ones."""
    if table.ndim != 2 or table.shape[1] != len(NAMES) or len(table) < FEWEST:
        raise PopulationError(f"A population wants {FEWEST} people or more with {len(NAMES)} measures each.")
    if not np.isfinite(table).all() or table.min() <= 0:
        raise PopulationError("A measure of somebody in the survey is no positive number: get the tables again.")
    logs = np.log(table)
    return Population(logs.mean(axis=0), np.cov(logs.T))


def read_survey(path: Path) -> Floats:
    """(n, k) people of one of the survey's tables in the order of NAMES, SI. Raises PopulationError."""
    try:
        with open(path, encoding="latin-1", newline="") as file:
            rows = [
                [*(float(row[c]) / 1000 for c in _COLUMNS.values()), float(row["weightkg"]) / 10, float(row["Age"])]
                for row in csv.DictReader(file)
            ]
    except OSError as fault:
        raise PopulationError(f"The survey's table {path} cannot be read ({fault.strerror}).") from fault
    except (KeyError, TypeError, ValueError) as broken:
        raise PopulationError(f"{path.name} is no table of ANSUR II ({broken}): get it again.") from broken
    return np.array(rows)


@cache
def population(sex: str, path: Path = FILE) -> Population:
    """The population of "woman" or "man", read once. Raises PopulationError for a file that is not ours."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        found = Population(np.array(data[sex]["mean"], float), np.array(data[sex]["covariance"], float))
        if data["names"] != list(NAMES) or found.covariance.shape != (len(NAMES), len(NAMES)):
            raise ValueError("other measures")
        np.linalg.cholesky(found.covariance)
    except (OSError, KeyError, TypeError, ValueError, np.linalg.LinAlgError) as broken:
        raise PopulationError(f"{path} is no population of ours ({broken}): install Toile again.") from broken
    return found


def estimated(known: Mapping[str, float], share: float = 0.0) -> dict[str, tuple[float, float]]:
    """Every measure of NAMES that is not known: its median and standard deviation, SI.

    known: measures by NAMES, others are passed over. share: 0 woman to 1 man; between them both are weighed.
    Raises PopulationError for a known measure that is no positive number.
    """
    told = {name: float(value) for name, value in known.items() if name in NAMES}
    for name, value in told.items():
        if not math.isfinite(value) or value <= 0:
            raise PopulationError(f"{name} must be a positive number of {UNITS.get(name, 'metres')}, not {value!r}.")
    women, men = (population(sex).given(told) for sex in ("woman", "man"))
    found = {}
    for name, (a, s) in women.items():
        b, u = men[name]
        median = (1 - share) * a + share * b
        found[name] = (median, math.sqrt((1 - share) * (s**2 + (a - median) ** 2) + share * (u**2 + (b - median) ** 2)))
    return found


def main() -> None:
    """Derive the file from the public tables."""
    parser = argparse.ArgumentParser(description="Derive means and covariances from the tables of ANSUR II.")
    parser.add_argument("survey_dir", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    data: dict[str, Any] = {"source": SOURCE, "quantity": "natural logarithms, SI", "names": NAMES}
    for sex, file in (("woman", "ansur2_female.csv"), ("man", "ansur2_male.csv")):
        people = read_survey(arguments.survey_dir / file)
        of = of_people(people)
        rounded = [[float(f"{x:.6g}") for x in row] for row in of.covariance]
        data[sex] = {"people": len(people), "mean": np.round(of.mean, 6).tolist(), "covariance": rounded}
    part = arguments.out.with_name(arguments.out.name + ".part")
    part.write_text(json.dumps(data) + "\n", encoding="utf-8")
    os.replace(part, arguments.out)


if __name__ == "__main__":
    main()
