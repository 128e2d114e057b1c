# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker can do: name -> function(params, arrays, onlooker) -> (values, arrays).

Kernels are imported inside the tasks, so that each child loads only what its task needs.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .child import Arrays, Onlooker, Task
from .records import unpack

# Where each drape engine lives: module and class. An engine is loaded only where it is asked for.
DRAPE_ENGINES = {
    "toile": ("..sim.engines.toile", "ToileEngine"),
    "style3d": ("..sim.engines.style3d", "Style3D"),
    "blender": ("..addon.blender_cloth", "BlenderCloth"),
}

# Where each engine of the laboratory lives: module and class.
SHEET_ENGINES = {**DRAPE_ENGINES, "blender": ("..addon.blender_sheets", "BlenderSheets")}


class TaskRefused(RuntimeError):
    """A task that this worker's Python cannot do."""


def measure_scan(params: dict[str, Any], arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """A scan -> a body. params: `path`, or `name` with arrays `points` (n, 3) and perhaps `faces` (m, 3).

    Gives the body and, as array `points` (n, 3), the cleaned scan where the body stands.
    """
    from ..bodies.registration import body_from_scan
    from ..bodies.scan_io import read_scan, scan_from_arrays

    if "points" in arrays:
        scan = scan_from_arrays(arrays["points"], arrays.get("faces"), params["name"])
    else:
        scan = read_scan(params["path"])
    laid: list[NDArray[Any]] = []
    body = body_from_scan(scan, progress=onlooker.progress, cancelled=onlooker.cancelled, stood=laid.append)
    return {"body": body.to_json()}, {"points": laid[0].astype("<f4")}


def read_with_blender(params: dict[str, Any], _arrays: Arrays, _onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """An FBX or USD file -> arrays `points` (n, 3), `faces` (m, 3). params: `path`. Needs a worker with bpy."""
    from ..addon.scan_import import read_with_blender as read

    points, faces = read(Path(params["path"]))
    return {}, {"points": points, "faces": faces}


def survey(params: dict[str, Any], _arrays: Arrays, _onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """What this Python has. params: `modules`. Gives those `modules` that are there and Warp's `devices`, by alias."""
    found = [name for name in params["modules"] if importlib.util.find_spec(name)]
    devices = ["cpu"]
    if "warp" in found:
        warp = importlib.import_module("warp")
        devices += [str(device.alias) for device in warp.get_cuda_devices()]
    return {"modules": found, "devices": devices}, {}


def drape(params: dict[str, Any], arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """A placed cloth -> its drape, by `engine`.

    params and arrays hold the records `cloth`, `wishes`, where it helps `coarse` (see `Wishes`), and, to start warm,
    `hung` (see `records`); `body` (Body.to_json), `fabrics` (records by role), and perhaps `recording`: a path for the
    frames as PC2, with the most `samples`.
    Gives `report` (DrapeReport.to_json), `fit` (see `sim.verdict.judged`) and a Drape's arrays: positions (w, 3), faces
    (m, 3), strain (m, 2), pressure (w,) where the engine can tell, and pinned (k,), the wish's or the last drape's pins
    as vertices of this one.
    """
    from ..bodies import Body
    from ..sim import Cloth, Mechanics
    from ..sim.drape import Watch, Wishes
    from ..sim.point_cache import recording
    from ..sim.verdict import fit_report
    from ..sim.warm_start import Hung, carrier, warm_start

    cloth = unpack(Cloth, params["cloth"], arrays, "cloth")
    body = Body.from_json(params["body"])
    fabrics = {role: unpack(Mechanics, values, {}, role) for role, values in params["fabrics"].items()}
    wishes = unpack(Wishes, params["wishes"], arrays, "wishes")
    carry = None  # frames of the rough work are shown as the cloth's own
    if "coarse" in params:
        wishes = replace(wishes, coarse=(coarse := unpack(Cloth, params["coarse"], arrays, "coarse")))
        carry = carrier(cloth, Hung.of(coarse, coarse.welded(coarse.vertices)))
    if "hung" in params:
        onlooker.progress(0.0, "Taking up the last drape")
        wishes = warm_start(cloth, body, unpack(Hung, params["hung"], arrays, "hung"), wishes)
    module, name = DRAPE_ENGINES[params["engine"]]
    engine = getattr(importlib.import_module(module, __package__), name)()
    path = params.get("recording")
    recorded = recording(Path(path), cloth.welded_count, params["samples"]) if path else contextlib.nullcontext(_unseen)
    with recorded as record:

        def shown(positions: NDArray[Any]) -> None:
            if len(positions) != cloth.welded_count and carry is not None:
                positions = carry(positions)
            record(positions)
            onlooker.frame(positions)

        record(cloth.welded(cloth.vertices) if wishes.start is None else wishes.start)
        result = engine.drape(cloth, body, fabrics, Watch(onlooker.progress, onlooker.cancelled, shown), wishes)
        record(result.positions)
    settled = {"positions": result.positions, "faces": result.faces, "strain": result.strain, "pinned": wishes.pinned}
    if result.pressure is not None:
        settled["pressure"] = result.pressure
    return {"report": result.report.to_json(), "fit": fit_report(result, body, fabrics)}, settled


def laboratory(params: dict[str, Any], _arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """A fabric -> what one `test` says of it, by `engine`.

    params hold the records `fabric` and `cut`, and the test's own `options`. Gives the outcome's JSON and the specimen
    as it lay at last: positions (n, 3), faces (m, 3).
    """
    from ..sim import Mechanics
    from ..sim.laboratory import TESTS, Cut

    fabric = unpack(Mechanics, params["fabric"], {}, "fabric")
    onlooker.progress(0.0, f"Testing {fabric.label}: {params['test']}")
    module, name = SHEET_ENGINES[params["engine"]]
    engine = getattr(importlib.import_module(module, __package__), name)()
    outcome = TESTS[params["test"]](engine, fabric, unpack(Cut, params["cut"], {}, "cut"), **params["options"])
    return outcome.to_json(), {"positions": outcome.positions, "faces": outcome.faces}


def marker(params: dict[str, Any], _arrays: Arrays, _onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """Patterns -> a marker. params: `patterns` (pattern.json's data by size), `counts`, the record `fabric`, `role`,
    `seconds`. Gives `marker` (Marker.to_json), `svg` and `pieces`, their number.
    """
    from ..patterns.document import pattern_from_json
    from ..patterns.marker import Fabric, lay

    patterns = {size: pattern_from_json(data) for size, data in params["patterns"].items()}
    laid = lay(patterns, params["counts"], Fabric(**params["fabric"]), params["role"], params["seconds"])
    return {"marker": laid.to_json(), "svg": laid.to_svg(), "pieces": len(laid.laid)}, {}


def recommend_evaluate(params: dict[str, Any], _arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """Two files of events -> each model's table. params: `train`, `test`, `today`, `seed`, `plots` ("" or a folder: for
    pictures, and TensorBoard's curves of the model that torch trains, in its `curves`).
    """
    from datetime import date

    from ..models.recommend.learners import learners
    from ..models.recommend.logistic import Logistic
    from ..models.recommend.plots import library, plot
    from ..models.recommend.report import evaluate_files
    from ..models.recommend.trees import boosted_trees

    curves = Path(params["plots"]) / "curves" if params["plots"] else None
    if curves:
        library()  # what is missing is said before the work, not after
    classifier = boosted_trees if importlib.util.find_spec("sklearn") else Logistic.learnt
    files = Path(params["train"]), Path(params["test"]), date.fromisoformat(params["today"])
    report = evaluate_files(*files, learners(curves), classifier, params["seed"], onlooker.progress)
    return (report | {"plots": plot(report, Path(params["plots"]))} if params["plots"] else report), {}


def train_fabrics(params: dict[str, Any], _arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """Train a `network` (generator, reader, swatch) in the folder `out`, by its `course`'s options, or `resume` it.

    params: perhaps `device` and `workers`, see `models.learning.trained`.
    """
    _needs_torch()
    from ..models.learning import Watch

    modules = {"generator": "gan.training", "reader": "pbr.training", "swatch": "gan.swatch_training"}
    kernel = importlib.import_module(f"..models.{modules[params['network']]}", __package__)
    watch = Watch(onlooker.progress, onlooker.cancelled)
    course = kernel.Course(**params["course"])
    where = {"device": params.get("device", ""), "workers": params.get("workers")}
    return kernel.train(Path(params["out"]), course, watch, resume=params["resume"], **where), {}


def vary_fabric(params: dict[str, Any], _arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """A woven fabric's variations. params: `recipe` and perhaps `towards`, names; `wish`, `pixels`, `seed`, `out`;
    `weights`, a path, or None for Toile's own. Gives what `write_choices` gives and `loom`: "learnt", or "simulated" by
    a worker without torch.
    """
    import numpy as np

    from ..models.gan.choices import Wish, choices, simulated, write_choices
    from ..models.recipes import woven_recipe

    asked = params["wish"]
    towards = woven_recipe(asked["towards"]) if asked["towards"] else None
    wish = Wish(towards, tuple((r, g, b) for r, g, b in asked["palette"]), asked["strength"])
    rng = np.random.default_rng(params["seed"])
    onlooker.progress(0.1, "Weaving variations")
    learnt = params["weights"] is not None or importlib.util.find_spec("torch") is not None
    if learnt:
        _needs_torch()
        from ..models.gan.weaving import SHIPPED, loom, read_generator

        weaver = loom(read_generator(Path(params["weights"]) if params["weights"] else SHIPPED))
    else:
        weaver = simulated
    recipes = choices(woven_recipe(params["recipe"]), wish, rng)
    report = write_choices(Path(params["out"]), weaver, recipes, params["pixels"], rng)
    return report | {"loom": "learnt" if learnt else "simulated"}, {}


def photograph_swatch(params: dict[str, Any], _arrays: Arrays, onlooker: Onlooker) -> tuple[dict[str, Any], Arrays]:
    """A picture file of cloth -> maps in a folder. params: `path`, `out`, `size` (metres), `pixels`, `seed`; `scale`
    ([what is known, SI]), `corners` (pixels) with `corner_size` (metres), `roughness` (its mean), or None; `adapt`:
    whether a loom shall learn it. Relief is read by the reader of photographs where torch is there.
    """
    from ..models.swatches.analysis import Scale
    from ..models.swatches.folder import photograph_swatch as read

    asked = params["scale"]
    learnt: dict[str, Any] = {}
    if params.get("adapt"):
        _needs_torch()
    if importlib.util.find_spec("torch") is not None:
        from ..models.learning import device_of
        from ..models.pbr.reading import estimated, read_reader

        device = device_of()
        reader = read_reader().to(device)
        learnt["estimate"] = functools.partial(estimated, reader)
        if params.get("adapt"):
            from ..models.gan.adapting import Course, read_pair, teach
            from ..models.learning import Watch

            course, begun = Course(seed=params["seed"]), read_pair().to(device)
            watch = Watch(lambda share, text: onlooker.progress(0.4 + 0.5 * share, text), onlooker.cancelled)
            learnt["teach"] = lambda swatch: teach(swatch, begun, reader, course, watch)
    report = read(
        Path(params["path"]),
        Path(params["out"]),
        size=params["size"],
        pixels=params["pixels"],
        scale=Scale(*asked) if asked else None,
        corners=params["corners"],
        corner_size=params["corner_size"],
        seed=params["seed"],
        roughness=params.get("roughness"),
        progress=onlooker.progress,
        **learnt,
    )
    return report, {}


def _needs_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise TaskRefused(
            "Networks learn with torch, which this Python lacks: install “Learning” in Preferences ▸ Add-ons ▸ Toile, "
            "or pip install torch in the engine's own Python."
        )


def _unseen(_positions: NDArray[Any]) -> None:
    return None


TASKS: dict[str, Task] = {
    "drape": drape,
    "laboratory": laboratory,
    "marker": marker,
    "measure_scan": measure_scan,
    "photograph_swatch": photograph_swatch,
    "read_with_blender": read_with_blender,
    "recommend_evaluate": recommend_evaluate,
    "survey": survey,
    "train_fabrics": train_fabrics,
    "vary_fabric": vary_fabric,
}
