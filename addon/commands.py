# SPDX-License-Identifier: GPL-3.0-or-later
"""What each command of the command line does: plain arguments in, one JSON-able dictionary out.

Refusals rise as the kernels' named errors; `cli` turns them into sentences and exit status.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..bodies import Body, avatar, load_body, save_body
from ..patterns import Pattern, Style, style, styles
from ..patterns.adjustments import adjust, read_adjustments
from ..patterns.adjustments import report as adjustment_report
from ..patterns.document import read_pattern, write_pattern
from ..patterns.exchange import (
    IMPORTED,
    measurements_to_freesewing,
    measurements_to_seamly,
    read_measurement_file,
    read_pattern_file,
)
from ..patterns.grading import Sizes
from ..patterns.marker import Fabric
from ..patterns.presets import read_preset
from ..patterns.printing import WHOLE
from ..patterns.studio import SHELF
from ..patterns.styles import families, faults, reread
from ..patterns.writing import write_json
from ..sim import Drape, DrapeReport, fabrics, mechanics
from ..sim.drape import Wishes
from ..sim.fabric import CURVES, LIMITS, Mechanics, fabric_toml, keep_fabric, shelf
from ..sim.fabric_measure import Readings
from ..sim.fabric_measure import measure as measure_readings
from ..sim.fabric_sheets import read_fabric_sheet
from ..worker.client import call
from ..worker.tasks import DRAPE_ENGINES
from .production import grade, lay_marker, write_production

Report = dict[str, Any]
DEFAULT_DISTANCE = 0.012
LONGEST = 3.0  # metres of a measurement: the girth or the height of nobody
ENGINES = ("auto", *DRAPE_ENGINES)
_BLENDER_READS = (".fbx", ".usd", ".usda", ".usdc", ".usdz")


class CommandRefused(ValueError):
    """Arguments that do not go together, or an output folder that cannot be written."""


class Speaker:
    """Progress for people, on stderr; a new line for each new sentence."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._last = ""

    def __call__(self, fraction: float, text: str) -> None:
        stage = text.split(",")[0]
        if stage != self._last:
            self._last = stage
            print(f"  {100 * fraction:3.0f} %  {text}", file=self._stream, flush=True)


def folder_of(out: str) -> Path:
    """A folder to write to, made where it is not there. Raises CommandRefused."""
    path = Path(out)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandRefused(f"The folder {out} cannot be made: {error.strerror}. Give another --out.") from error
    return path


def values_of(body: Body) -> dict[str, float]:
    """A body's measurements without their uncertainty."""
    return {name: m.value for name, m in body.measurements.items()}


def body_report(body: Body) -> Report:
    """The JSON of `measure` and `avatar`."""
    return {
        "measurements": {n: {"value": m.value, "uncertainty": m.uncertainty} for n, m in body.measurements.items()},
        "landmarks": {name: p.tolist() for name, p in body.landmarks.items()},
        "registration": dict(body.registration),
        "refused": None,
    }


def _body_from(path: Path, speaker: Speaker) -> Body:
    """The body of a scan, measured in a worker: Blender's own Python has not what it takes."""
    from .engine import engine_worker

    arrays: dict[str, Any] = {}
    if path.suffix.lower() in _BLENDER_READS:
        from .scan_import import read_with_blender

        arrays = dict(zip(("points", "faces"), read_with_blender(path), strict=True))
    scan = {"path": str(path), "name": path.name}
    return Body.from_json(call(engine_worker(), "measure_scan", scan, arrays, progress=speaker).values["body"])


def measure(scan: str, out: str | None, glb: str | None, freesewing: str | None, speaker: Speaker) -> Report:
    """A scan → the measured body; if asked for, its registered avatar as GLB and a table for FreeSewing."""
    return _delivered(_body_from(Path(scan), speaker), out, glb, freesewing)


def make_avatar(
    measures: Mapping[str, float], sex: str | None, out: str | None, glb: str | None, freesewing: str | None = None
) -> Report:
    """A few measures → the body, as for a scan."""
    return _delivered(avatar(measures, sex=sex), out, glb, freesewing)


def _delivered(body: Body, out: str | None, glb: str | None, freesewing: str | None) -> Report:
    report = body_report(body)
    if out:
        folder_of(str(Path(out).parent))
        report["body"] = str(save_body(body, Path(out)))
    if freesewing:
        folder_of(str(Path(freesewing).parent))
        table = measurements_to_freesewing(values_of(body))
        written = write_json(Path(freesewing), {"measurements": table.values})
        report["freesewing"] = {"file": str(written), "missing": table.missing, "notes": table.notes}
    if glb:
        from . import showroom
        from .export import export_glb
        from .exports.glb import with_skins_at_root
        from .exports.staging import given_skeleton

        folder_of(str(Path(glb).parent))
        showroom.empty_file()
        figure = showroom.show_body(body)
        avatar_and_bones = [given_skeleton(figure, body), figure]
        report["avatar"] = export_glb(Path(glb), avatar_and_bones, skins=True, finished=with_skins_at_root)
    return report


def name_styles(folders: Sequence[str]) -> None:
    """Add folders of a studio's own styles. Raises CommandRefused for one that is not there."""
    if not folders:
        return
    if missing := [folder for folder in folders if not Path(folder).is_dir()]:
        raise CommandRefused(f"There is no folder {missing[0]}: give the one that holds your styles' folders.")
    os.environ[SHELF] = os.pathsep.join(filter(None, (os.environ.get(SHELF, ""), *folders)))
    reread()
    for sentence in faults():
        print(f"toile: passed over: {sentence}", file=sys.stderr)


def list_styles() -> Report:
    """Every style and its declared parameters."""
    return {"styles": [declared(s) for s in styles().values()]}


def show_style(name: str) -> Report:
    """One style's declaration."""
    return declared(style(name))


def declared(own: Style) -> Report:
    """A style's declaration and the family that it hangs with; None for a studio's own."""
    family = next((name for name, hung in families().items() if own in hung), None)
    return {**own.schema(), "family": family}


@dataclass(frozen=True)
class Wanted:
    """A pattern as it is asked for: a style's name or a pattern.json, or a preset's file; files of adjustments.

    inner: facings and linings are draped too.
    """

    what: str | None
    choices: Mapping[str, object]
    preset: str | None = None
    adjustments: str | None = None
    inner: bool = False

    def drafted(self, measures: Mapping[str, float]) -> tuple[Pattern, str]:
        """The pattern for a body's measures, and its fabric ("" for an imported one). Raises CommandRefused and kin."""
        pattern, fabric = self._drafted(measures)
        return replace(pattern, inner=pattern.inner or self.inner), fabric

    def _drafted(self, measures: Mapping[str, float]) -> tuple[Pattern, str]:
        hand = read_adjustments(Path(self.adjustments)) if self.adjustments else ()
        if bool(self.what) == bool(self.preset):
            raise CommandRefused("Give either a style's name or --preset FILE.")
        if self.what and self.what.endswith(".json"):
            if self.choices:
                raise CommandRefused("A pattern.json is drafted already: --set goes with a style's name.")
            pattern = adjust(read_pattern(Path(self.what)), hand)
            return pattern, "" if pattern.style in IMPORTED else style(pattern.style).fabric
        if self.preset:
            kept = read_preset(Path(self.preset))
            drafted = style(kept.style).draft(measures, {**kept.choices, **self.choices})
            fabric = (kept.fabrics or {}).get("main", style(kept.style).fabric)
            return adjust(drafted, (*kept.adjustments, *hand)), fabric
        own = style(str(self.what))
        return adjust(own.draft(measures, self.choices), hand), own.fabric


def make_draft(wanted: Wanted, body: str | None, measurements: str | None, person: str, paper: str, out: str) -> Report:
    """A style or a preset for a body, or for another program's table → pattern.json, .svg, .pdf, .dxf and a proof."""
    if body:
        return _drafted(wanted, values_of(load_body(Path(body))), folder_of(out), paper)[2]
    table = read_measurement_file(Path(measurements or ""), person)
    return {
        **_drafted(wanted, table.values, folder_of(out), paper)[2],
        "notes": list(table.notes),
        "unused": list(table.unused),
    }


def make_grade(wanted: Wanted, bodies: Sequence[tuple[str, str]], sample: str, paper: str, out: str) -> Report:
    """A style or a preset for a run of sizes, each a body → graded patterns, DXF and RUL, nested PDF."""
    if twice := [size for size, _ in bodies if [s for s, _ in bodies].count(size) > 1]:
        raise CommandRefused(f"The size {twice[0]} is given twice.")
    drafted = {size: wanted.drafted(values_of(load_body(Path(path))))[0] for size, path in bodies}
    return grade(Sizes(drafted, sample or list(drafted)[len(drafted) // 2]), paper, folder_of(out))


def make_marker(
    garments: Sequence[tuple[str, int]], fabric: Fabric, role: str, cloth: str | None, seconds: int, out: str
) -> Report:
    """Files pattern.json, and how many garments of each → marker.json and marker.svg."""
    if cloth:
        fabric = replace(fabric, density=mechanics(cloth).density)
    patterns = {Path(path).stem: read_pattern(Path(path)) for path, _ in garments}
    if len(patterns) != len(garments):
        raise CommandRefused("Two of the patterns have the same file name: rename one.")
    counts = {Path(path).stem: count for path, count in garments}
    return lay_marker(patterns, counts, fabric, role, seconds, folder_of(out))


def import_pattern(
    file: str, measurements: str | None, body: str | None, values: Mapping[str, float], out: str
) -> Report:
    """A pattern of another program → pattern.json, pattern.svg, proof.json, and what there is to know about it."""
    if measurements and (body or values):
        raise CommandRefused("Give the measurements either as a file, or as --body and --set.")
    if wrong := [f"{name}={value:g}" for name, value in values.items() if not 0 < value < LONGEST]:
        raise CommandRefused(f"Measurements are in metres, up to {LONGEST:g}: not {', '.join(wrong)}.")
    given = {**(measurements_to_seamly(values_of(load_body(Path(body)))) if body else {}), **values}
    imported = read_pattern_file(Path(file), Path(measurements) if measurements else given)
    if strange := [name for name in imported.unused if name in values]:
        near = difflib.get_close_matches(strange[0], sorted(imported.pattern.measurements.keys() - imported.unused), 3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise CommandRefused(f"{Path(file).name} speaks of no measurement {strange[0]!r}.{hint}")
    return {**_kept(imported.pattern, folder_of(out)), "notes": list(imported.notes), "refused": None}


def _drafted(
    wanted: Wanted, measures: Mapping[str, float], folder: Path, paper: str = WHOLE
) -> tuple[Pattern, str, Report]:
    began = time.perf_counter()
    pattern, fabric = wanted.drafted(measures)
    seconds = time.perf_counter() - began
    hand = adjustment_report(pattern).to_json()
    return pattern, fabric, {**_kept(pattern, folder, paper), "adjustments": hand, "seconds": seconds}


def _kept(pattern: Pattern, folder: Path, paper: str = WHOLE) -> Report:
    """Write a pattern and its proof; what was written."""
    proof = pattern.proof().to_json()
    write_pattern(pattern, folder / "pattern.json")
    write_json(folder / "proof.json", proof)
    drawn = write_production(pattern, folder, paper)
    pieces = [{"name": p.name, "quantity": p.quantity, "fabric": p.fabric} for p in pattern.pieces]
    files = {f: str(folder / f) for f in ("pattern.json", "proof.json")}
    return {"pieces": pieces, **proof, "files": {**files, **drawn}}


def draped_pattern(
    pattern: Pattern, body: Body, fabric: str, engine: str, device: str, distance: float, folder: Path, speaker: Speaker
) -> tuple[Drape, Report]:
    """A pattern draped in a worker, and its report with its fit, which is written to drape.json."""
    from . import draping, engines

    asked = draping.Asked(pattern, body, distance, fabric, engine, engines.workers(), Wishes(device=device))
    cloth, result = draping.drape(asked, speaker, lambda: False)
    arrays = {name: array for name, array in result.arrays.items() if name != "pinned"}
    drape = Drape(cloth, **arrays, report=DrapeReport(**result.values["report"]))
    told = {**result.values["report"], "fit": result.values["fit"]}
    write_json(folder / "drape.json", told)
    return drape, told


def make_drape(
    wanted: Wanted,
    body: str,
    fabric: str | None,
    engine: str,
    device: str,
    distance: float,
    write: Callable[[Any, Path], Report],
    out: str,
    speaker: Speaker,
) -> Report:
    """A style, a preset or a pattern.json, sewn and draped on a body → drape.json and what `write` makes of it.

    write: takes the garment and the place of its files without their endings, gives the files by their names.
    """
    from . import showroom

    folder, figure_body = folder_of(out), load_body(Path(body))
    measures = values_of(figure_body)
    drafted = (wanted.what or "").endswith(".json")
    pattern, own_fabric = wanted.drafted(measures) if drafted else _drafted(wanted, measures, folder)[:2]
    fabric = fabric or own_fabric
    if not fabric:
        raise CommandRefused("An imported pattern names no fabric: give --fabric NAME.")
    mechanics(fabric)  # an unknown fabric is refused before the work
    drape, told = draped_pattern(pattern, figure_body, fabric, engine, device, distance, folder, speaker)
    showroom.empty_file()
    figure = showroom.show_body(figure_body)
    garment = showroom.show_garment(figure, figure_body, pattern, drape, fabric)
    return {**told, "files": {"drape.json": str(folder / "drape.json"), **write(garment, folder / "garment")}}


def list_fabrics() -> Report:
    """Every fabric with what it weighs."""
    return {"fabrics": [{"name": n, "label": m.label, "density": m.density} for n, m in fabrics().items()]}


def import_fabric(sheet: str, name: str, label: str, like: str, out: str | None) -> Report:
    """A KES or FAST data sheet → a fabric of one's own."""
    read = read_fabric_sheet(Path(sheet), name, label, like)
    said = {"system": read.system, "taken": read.taken, "unused": read.unused, "passed_over": read.passed_over}
    return {**_own_fabric(read.fabric, like, out), **said}


def measure_fabric(readings: Readings, name: str, label: str, like: str, out: str | None) -> Report:
    """Readings of scale, ruler and weights → a fabric of one's own, each number with its 95 % interval."""
    model, measured = mechanics(like), measure_readings(readings)
    numbers = ("density", "bend_warp", "bend_weft", "stretch_warp", "stretch_weft")
    errors = {key: found.error for key in numbers if (found := getattr(measured, key)) is not None}
    fabric = measured.fabric(name, label or name.replace("_", " ").capitalize(), model)
    return {**_own_fabric(fabric, like, out), "errors": errors, "notes": measured.notes}


def _own_fabric(fabric: Mechanics, like: str, out: str | None) -> Report:
    """The report of a new fabric, kept in the folder `out` or the one that TOILE_FABRICS names, if there is either."""
    folder = Path(out) if out else shelf()
    return {
        "name": fabric.name,
        "mechanics": {key: getattr(fabric, key) for key in (*LIMITS, *CURVES)},
        "bending_length": fabric.bending_length,
        "like": like,
        "toml": fabric_toml(fabric, like),
        "file": str(keep_fabric(fabric, like, folder)) if folder else None,
    }


def _synthetic(folder: Path, seed: int) -> tuple[Path, Body]:
    """A raw scan of a known body, written as a file: noise, holes, strays, a floor; centimetres, Y up."""
    import trimesh

    from ..bodies.synthetic import Conditions, synthetic_scan

    truth = avatar({})
    conditions = Conditions(points=200_000, units_per_metre=100.0)
    scan = synthetic_scan(truth, conditions, np.random.default_rng(seed))
    path = folder / "scan.ply"
    trimesh.PointCloud(scan.points).export(path)
    return path, truth


def demo(scan: str | None, name: str, engine: str, out: str, distance: float, seed: int, speaker: Speaker) -> Report:
    """The whole way: scan → body → pattern → drape → fabric → files and a picture."""
    from . import showroom
    from .export import export_blend, export_glb, export_usd
    from .preview import render_preview

    folder, fabric = folder_of(out), style(name).fabric  # an unknown style is refused before the work
    stages: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(title: str) -> Iterator[None]:
        speaker(0.0, title)
        began = time.perf_counter()
        yield
        stages[title] = round(time.perf_counter() - began, 3)

    report: Report = {"seconds": stages}
    truth: Body | None = None
    path = Path(scan) if scan else None
    if path is None:
        with stage("scan"):
            path, truth = _synthetic(folder, seed)
    with stage("measure"):
        body = _body_from(path, speaker)
        save_body(body, folder / "body.json")
    measured = body_report(body)
    if truth is not None:
        for key, entry in measured["measurements"].items():
            entry["truth"] = truth.measurements[key].value
    report["body"] = measured
    with stage("draft"):
        pattern, _, report["draft"] = _drafted(Wanted(name, {}), values_of(body), folder)
    with stage("drape"):
        drape, report["drape"] = draped_pattern(pattern, body, fabric, engine, "", distance, folder, speaker)
    with stage("dress"):
        showroom.empty_file()
        figure = showroom.show_body(body)
        garment = showroom.show_garment(figure, body, pattern, drape, fabric)
    with stage("export"):
        files = {
            "garment.glb": export_glb(folder / "garment.glb", [garment, figure]),
            "garment.usdc": export_usd(folder / "garment.usdc", [garment, figure]),
            "scene.blend": export_blend(folder / "scene.blend"),
        }
    with stage("preview"):
        files["preview.png"] = render_preview(
            [figure, garment], folder / "preview.png", size=(1800, 800), focus=garment, progress=speaker
        )
    made = ("body.json", "pattern.json", "pattern.svg", "pattern.pdf", "pattern.dxf", "proof.json", "drape.json")
    report["files"] = {**{f: {"path": str(folder / f)} for f in made}, **files}
    report["files"]["report.json"] = {"path": str(folder / "report.json")}
    write_json(folder / "report.json", report)
    return report


def demo_in_words(report: Report) -> str:
    """The demo's report as a person reads it: measurements (beside the truth, where it is known), proof and drape."""
    lines = ["", f"{'measurement':24}{'value':>10}{'±':>8}{'truth':>10}   cm"]
    for name, entry in report["body"]["measurements"].items():
        truth = f"{100 * entry['truth']:10.1f}" if "truth" in entry and name != "shoulder_slope" else ""
        if name != "shoulder_slope":
            lines.append(f"{name:24}{100 * entry['value']:10.1f}{100 * entry['uncertainty']:8.1f}{truth}")
    drape = report["drape"]
    lines += [
        "",
        f"seams proven: {len(report['draft']['seams'])}, worst error {1e3 * report['draft']['max_error']:.6f} mm",
        f"drape: penetration {1e3 * drape['penetration_max']:.2f} mm, seam gap {1e3 * drape['seam_gap_max']:.2f} mm, "
        f"stretch p99 {100 * drape['stretch_p99']:.1f} %, self-intersections {drape['self_intersections']}, "
        f"{'settled' if drape['settled'] else 'not settled'}",
        "seconds: " + ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in report["seconds"].items()),
    ]
    return "\n".join(lines)
