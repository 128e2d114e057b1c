# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a draft and a mesh take, and how well seams are proven, over many bodies: `python benchmarks/patterns.py`.

Bodies are avatars of random measures; each is drafted with default choices. Prints one line a style.
"""

import time
from collections import Counter

import numpy as np
from toile.bodies import AvatarRefused, avatar
from toile.patterns import DraftRefused, PieceRefused, styles
from toile.sim.meshing import mesh_pattern, smallest_angles

BODIES = 60
PARTICLES = 0.010


def people(count: int, seed: int = 0) -> list[dict[str, float]]:
    """Measures of random women and men, from slim to heavy."""
    rng = np.random.default_rng(seed)
    found: list[dict[str, float]] = []
    while len(found) < count:
        sex = ("woman", "man")[len(found) % 2]
        stature = rng.normal(1.65 if sex == "woman" else 1.78, 0.07)
        bust = rng.normal(0.94 if sex == "woman" else 1.02, 0.10)
        try:
            body = avatar({"stature": stature, "bust": bust, "waist": bust * rng.normal(0.86, 0.06)}, sex=sex)
        except AvatarRefused:
            continue
        found.append({name: m.value for name, m in body.measurements.items()})
    return found


def main() -> None:
    """Draft every style for everybody."""
    everybody = people(BODIES)
    for style in styles().values():
        drafts, meshes, errors, angles = [], [], [], []
        refused: Counter[str] = Counter()
        for measures in everybody:
            began = time.perf_counter()
            try:
                pattern = style.draft(measures)
                drafts.append(time.perf_counter() - began)
                errors.append(pattern.proof().max_error)
            except (DraftRefused, PieceRefused) as error:
                refused[str(error)] += 1
                continue
            began = time.perf_counter()
            panels, _ = mesh_pattern(pattern, PARTICLES)
            meshes.append(time.perf_counter() - began)
            angles.append(min(float(smallest_angles(p.points, p.faces).min()) for p in panels.values()))
        print(
            f"{style.name}: {len(drafts)} of {len(everybody)} bodies; draft ms median {1e3 * np.median(drafts):.1f} "
            f"p95 {1e3 * np.percentile(drafts, 95):.1f}; seam error worst {1e3 * max(errors):.1e} mm; mesh at "
            f"{1e3 * PARTICLES:.0f} mm, ms median {1e3 * np.median(meshes):.0f}; smallest angle worst "
            f"{np.degrees(min(angles)):.1f} degrees; refused {dict(refused)}"
        )


if __name__ == "__main__":
    main()
