# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast and how exact bodies are: avatars, and scans of bodies whose truth is known.

PYTHONPATH=.dev python benchmarks/bodies.py [SCAN …]
"""

import resource
import sys
import time

import numpy as np
from toile.bodies import avatar, body_from_scan, read_scan
from toile.bodies.synthetic import Conditions, synthetic_scan

PEOPLE = {
    "woman 1.68": ({}, "woman"),
    "man 1.80": ({"stature": 1.80}, "man"),
    "heavy woman": ({"stature": 1.62, "bust": 1.10, "waist": 1.0, "hip": 1.15}, "woman"),
    "slim woman": ({"stature": 1.74, "bust": 0.80, "waist": 0.62, "hip": 0.87}, "woman"),
}
SHOWN = ("stature", "bust", "waist", "hip", "neck", "upper_arm", "thigh", "across_back_shoulder", "back_waist_length")


def main() -> None:
    """Print the table, or the figures of the given scans."""
    for path in sys.argv[1:]:
        start = time.process_time()
        body = body_from_scan(read_scan(path))
        shown = "  ".join(f"{n} {body.measurements[n].value:.3f}" for n in SHOWN)
        spent, mean = time.process_time() - start, 1000 * body.registration["mean"]
        print(f"{body.source}: {spent:.1f} CPU s, mean {mean:.2f} mm, {shown}")
    if sys.argv[1:]:
        return
    print(f"{'':14}{'avatar s':>9}{'scan s':>8}{'MB':>6}{'mean mm':>9}{'inside':>8}   error in mm: {', '.join(SHOWN)}")
    for name, (measures, sex) in PEOPLE.items():
        start = time.process_time()
        truth = avatar(measures, sex=sex)
        built = time.process_time() - start
        scan = synthetic_scan(truth, Conditions(units_per_metre=1000, lying=True), np.random.default_rng(0))
        start = time.process_time()
        body = body_from_scan(scan)
        spent = time.process_time() - start
        error = {n: body.measurements[n].value - truth.measurements[n].value for n in truth.measurements}
        inside = np.mean([abs(e) <= body.measurements[n].uncertainty for n, e in error.items()])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        figures = "  ".join(f"{1000 * error[n]:+.1f}" for n in SHOWN)
        print(
            f"{name:14}{built:9.2f}{spent:8.1f}{peak:6}{1000 * body.registration['mean']:9.2f}{inside:8.0%}   {figures}"
        )


if __name__ == "__main__":
    main()
