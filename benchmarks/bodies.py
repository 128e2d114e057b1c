# SPDX-License-Identifier: GPL-3.0-or-later
"""How exactly scans are measured: synthetic scans of bodies whose truth another tape took (`body_truth`).

PYTHONPATH=.dev:benchmarks python benchmarks/bodies.py OUT.jsonl [--people 12] [--scans 3] [--points 300000]
    [--surfaces ../shared/data/scans] [--scanner ../shared/tools/make_scan.py] [--waves 0.0025] [--table]

The people are avatars of ANSUR II's bodies, standing a little askew. --waves gives them a surface of their own that the
basis does not know (its deviation along the normals in metres, 8 to 25 cm long). Each is scanned several times in
random units, poses in space and noise of 1 to 4 mm, every third time without the crown. Surfaces of other origin have
no landmarks: of them stature, the surface (without arms, which may be brought down) and what their own publishers
measured are judged. --scanner names a file with make_scan.py's `scan`; without it, the scanner that the tests use. A
line of OUT.jsonl is a scan: run it again and it goes on where it was; --table only prints.
"""

import argparse
import concurrent.futures
import importlib.util
import json
import multiprocessing
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from body_truth import ALLOWED, LARGE_GIRTHS, Ruler, misplaced
from numpy.typing import NDArray
from people import person
from scipy.spatial import KDTree
from toile.bodies import PART_NAMES, Body, ScanRefused, body_from_scan, scan_from_arrays
from toile.bodies.cleaning import UNITS
from toile.bodies.landmarks import landmarks_of
from toile.bodies.refinement import trust
from toile.bodies.synthetic import Conditions, synthetic_scan
from toile.bodies.template import template

Floats = NDArray[np.float64]
Scanner = Callable[[Body, Conditions, np.random.Generator], Floats]
PUBLISHED = {  # of surfaces: file -> what their project says of them (GarmentMeasurements), metres
    "mean_all.obj": {"stature": 1.7199, "bust": 0.9984, "underbust": 0.8625, "waist": 0.8433, "hip": 1.0348},
    "mean_female.obj": {"stature": 1.6619, "bust": 0.9741, "underbust": 0.8075, "waist": 0.8034, "hip": 1.0409},
    "VH_F_Skin_v1.1.glb": {},
}


def surface(path: Path) -> Body:
    """A clean mesh of other origin, upright in metres. It has no parts, landmarks or measurements."""
    mesh = trimesh.load(path, force="mesh", process=False)
    x, y, z = np.asarray(mesh.vertices, float).T
    vertices = np.column_stack([x, -z, y]) / min((1.0, 100.0), key=lambda per_metre: abs(np.ptp(y) / per_metre - 1.7))
    vertices -= [vertices[:, 0].mean(), vertices[:, 1].mean(), vertices[:, 2].min()]
    faces = np.asarray(mesh.faces, np.int32)
    return Body(vertices, faces, np.zeros(len(vertices), np.int8), {}, {}, {}, path.name)


def scanner(path: Path | None) -> Scanner:
    """The scanner of the tests, or the `scan` of another file."""
    if path is None:
        return lambda body, how, rng: synthetic_scan(body, how, rng).points
    spec = importlib.util.spec_from_file_location("scanner", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def scan(body: Body, how: Conditions, rng: np.random.Generator) -> Floats:
        points = module.scan(
            body.vertices, body.faces, points=how.points, noise=how.noise, missing=how.holes, outliers=how.strays,
            floor=how.floor, crown=how.crown, rng=rng,
        )  # fmt: skip
        if how.lying:
            turn = trimesh.transformations.random_rotation_matrix(rng.random(3))[:3, :3]
            points = points @ turn.T + rng.uniform(-1, 1, 3)
        return points * how.units_per_metre

    return scan


def measured(points: Floats, name: str) -> tuple[Body | str, float, int]:
    """The body, or why it was refused; CPU seconds; peak memory of this process in MB."""
    start = time.process_time()
    try:
        body = body_from_scan(scan_from_arrays(points, name=name))
    except ScanRefused as refused:
        body = str(refused)
    return body, time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def laid_over(found: Body, truth: Body) -> tuple[Floats, Floats]:
    """The rigid motion of a measured body onto the true one (rotation (3, 3), shift), by point-to-plane ICP."""
    samples, face = trimesh.sample.sample_surface(
        trimesh.Trimesh(truth.vertices, truth.faces, process=False), 100_000, seed=0
    )
    corner = truth.vertices[truth.faces[face]]
    normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)
    tree, who = KDTree(samples), found.vertices[trust(template()) > 0.5]
    turn = np.eye(3)
    shift = 0.5 * (np.ptp(samples, axis=0) - np.ptp(who, axis=0)) + samples.min(axis=0) - who.min(axis=0)
    shift[2] = 0.0
    for _ in range(30):
        moved = who @ turn.T + shift
        distance, near = tree.query(moved)
        close = distance < max(0.02, float(np.percentile(distance, 80)))
        n, gap = normals[near[close]], samples[near[close]] - moved[close]
        design = np.hstack([np.cross(moved[close], n), n])
        step = np.linalg.lstsq(design, np.einsum("ni,ni->n", gap, n), rcond=None)[0]
        small = trimesh.transformations.rotation_matrix(np.linalg.norm(step[:3]), step[:3] + 1e-15)[:3, :3]
        turn, shift = small @ turn, small @ shift + step[3:]
        if np.abs(step).max() < 1e-6:
            break
    return turn, shift


def off_surface(vertices: Floats, truth: Body) -> Floats:
    """Metres from points to the true surface: of the nearest of many samples, along its normal."""
    samples, face = trimesh.sample.sample_surface(
        trimesh.Trimesh(truth.vertices, truth.faces, process=False), 400_000, seed=1
    )
    near = KDTree(samples).query(vertices)[1]
    corner = truth.vertices[truth.faces[face[near]]]
    normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-15)
    return np.abs(np.einsum("ni,ni->n", samples[near] - vertices, normals))


def judged(truth: Body, exact: dict[str, float], scan: Scanner, number: int, points: int,
           pool: concurrent.futures.Executor) -> dict[str, Any]:  # fmt: skip
    """One scan of a body, taken, measured and compared."""
    rng = np.random.default_rng([number, *truth.source.encode()])
    how = Conditions(
        points=points, noise=float(rng.uniform(0.001, 0.004)), crown=number % 3 != 2, floor=bool(rng.random() < 0.5),
        holes=int(rng.integers(5, 25)), units_per_metre=float(rng.choice(list(UNITS.values()))), lying=True,
    )  # fmt: skip
    cloud = scan(truth, how, rng)
    found, seconds, peak = pool.submit(measured, cloud, truth.source).result()
    line: dict[str, Any] = {"body": truth.source, "scan": number, "noise": how.noise, "crown": how.crown,
                            "points": len(cloud), "cpu": seconds, "mb": peak}  # fmt: skip
    if isinstance(found, str):
        return line | {"refused": found}
    turn, shift = laid_over(found, truth)
    judged_at = trust(template()) > 0.5
    if not truth.landmarks:
        judged_at &= ~np.isin(template().parts, [PART_NAMES.index(f"arm_{side}") for side in ("left", "right")])
    off = off_surface((found.vertices @ turn.T + shift)[judged_at], truth)
    marks = {name: at @ turn.T + shift for name, at in landmarks_of(found.vertices).items()}
    return line | {
        "truth": exact,
        "found": {n: [found.measurements[n].value, found.measurements[n].uncertainty] for n in exact},
        "landmarks": misplaced(marks, landmarks_of(truth.vertices)) if truth.landmarks else {},
        "surface": [float(off.mean()), float(np.percentile(off, 95))],
    }


def table(lines: list[dict[str, Any]]) -> str:
    """What ISO 20685 asks of every measure, and the rest."""
    told = [line for line in lines if "refused" not in line]
    rows = ["| measure | allowed mm | bias mm [95 %] | within | covered | SD mm (asked) |", "|---|---|---|---|---|---|"]
    passed, within, covered = 0, [], []
    for name, allowed in ALLOWED.items():
        of = [line for line in told if name in line["truth"] and line["landmarks"]]
        error = np.array([line["found"][name][0] - line["truth"][name] for line in of])
        bodies = [line["body"] for line in of]
        means = np.array([error[[b == body for b in bodies]].mean() for body in dict.fromkeys(bodies)])
        half = 1.96 * means.std(ddof=1) / np.sqrt(len(means))  # bodies are independent, scans of one are not
        inside, held = np.abs(error) <= allowed, np.abs(error) <= [line["found"][name][1] for line in of]
        within.append(inside.mean())
        covered.append(held.mean())
        groups = [error[[b == body for b in bodies]] for body in dict.fromkeys(bodies)]
        spread = np.sqrt(np.mean([g.var(ddof=1) for g in groups if len(g) > 1]))
        passed += (well := abs(means.mean()) + half <= allowed)
        asked = 4 if name in LARGE_GIRTHS else 2
        low, high = 1000 * (means.mean() - half), 1000 * (means.mean() + half)
        rows.append(
            f"| {name} | {1000 * allowed:.0f} | {1000 * means.mean():+.1f} [{low:+.1f}, {high:+.1f}]"
            f"{'' if well else ' **over**'} | {inside.mean():.0%} | {held.mean():.0%} | {1000 * spread:.1f} ({asked}) |"
        )
    surface_mm = 1000 * np.array([line["surface"] for line in told])
    marks = [at for line in told for at in line["landmarks"].values()]
    crowns = [abs(line["found"]["stature"][0] - line["truth"]["stature"]) for line in told if not line["crown"]]
    cpu, mb = np.array([line["cpu"] for line in lines]), max(line["mb"] for line in lines)
    return "\n".join([
        *rows, "",
        f"{len(lines)} scans of {len({line['body'] for line in lines})} bodies, {len(lines) - len(told)} refused. "
        f"{passed} of {len(ALLOWED)} measures within ISO 20685 by their interval; {np.mean(within):.0%} of single "
        f"values within; the stated uncertainty holds {np.mean(covered):.0%}.",
        f"Surface: mean {surface_mm[:, 0].mean():.2f} mm (worst {surface_mm[:, 0].max():.2f}), p95 "
        f"{surface_mm[:, 1].mean():.2f} mm (worst {surface_mm[:, 1].max():.2f}). Landmarks: median "
        f"{1000 * np.median(marks):.1f} mm. Stature without a crown: median {1000 * np.median(crowns):.1f} mm, worst "
        f"{1000 * np.max(crowns):.1f} mm. CPU s: median {np.median(cpu):.1f}, most {cpu.max():.1f}; peak {mb} MB.",
        *(f"- refused: {line['body']} ({line['scan']}): {line['refused']}" for line in lines if "refused" in line),
        *(
            f"- {line['body']} ({line['scan']}): "
            + ", ".join(f"{n} {1000 * (line['found'][n][0] - v):+.1f} mm" for n, v in line["truth"].items())
            for line in told if not line["landmarks"]
        ),
    ])  # fmt: skip


def main() -> None:
    """Scan, measure, compare, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--people", type=int, default=12)
    parser.add_argument("--scans", type=int, default=3)
    parser.add_argument("--points", type=int, default=300_000)
    parser.add_argument("--surfaces", type=Path)
    parser.add_argument("--scanner", type=Path)
    parser.add_argument("--waves", type=float, default=0.0)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.people < 2 or asked.scans < 3:
        parser.error("a bias wants two people or more, a spread and a missing crown three scans of each")
    lines = [json.loads(line) for line in asked.out.read_text().splitlines()] if asked.out.exists() else []
    done = {(line["body"], line["scan"]) for line in lines}
    if not asked.table:
        scan, files = scanner(asked.scanner), [asked.surfaces / name for name in PUBLISHED] if asked.surfaces else []
        makers = [*(lambda seed=seed: person(seed, asked.waves) for seed in range(asked.people)),
                  *(lambda path=path: surface(path) for path in files)]  # fmt: skip
        names = [*(f"person {seed}" for seed in range(asked.people)), *(path.name for path in files)]
        spawn = multiprocessing.get_context("spawn")  # a process a scan: its peak memory is its own
        with (
            concurrent.futures.ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as pool,
            asked.out.open("a") as out,
        ):
            for name, make in zip(names, makers, strict=True):
                left = [number for number in range(asked.scans) if (name, number) not in done]
                if not left:
                    continue
                truth = make()
                exact = Ruler(truth).measures() if truth.landmarks else {"stature": float(np.ptp(truth.vertices[:, 2]))}
                exact |= PUBLISHED.get(name, {})
                for number in left:
                    lines.append(judged(truth, exact, scan, number, asked.points, pool))
                    out.write(json.dumps(lines[-1]) + "\n")
                    out.flush()
    print(table(lines))


if __name__ == "__main__":
    main()
