# SPDX-License-Identifier: GPL-3.0-or-later
"""The drape task, called as the child calls it, with an engine of the test's own."""

import sys
import types
from dataclasses import fields, replace

import numpy as np
import pytest
from toile.bodies import avatar
from toile.patterns import draft
from toile.sim import Drape, DrapeReport, build_cloth, mechanics
from toile.sim.drape import Wishes
from toile.sim.warm_start import Hung
from toile.worker import tasks
from toile.worker.records import pack


class Onlooker:
    def __init__(self):
        self.told, self.frames = [], []

    def progress(self, fraction, text):
        self.told.append(text)

    def cancelled(self):
        return False

    def frame(self, positions):
        self.frames.append(np.array(positions))


@pytest.fixture(scope="module")
def body():
    return avatar({})


@pytest.fixture(scope="module")
def cloth_at(body):
    pattern = draft("pencil_skirt", {name: m.value for name, m in body.measurements.items()}, {})
    return lambda distance: build_cloth(pattern, body, distance)


@pytest.fixture
def engine(monkeypatch):
    """Put a drape function where engines are looked for; it is given what the task makes of a request."""

    def put(drape):
        module = types.ModuleType("loom")
        module.Loom = type("Loom", (), {"name": "loom", "drape": staticmethod(drape)})
        monkeypatch.setitem(sys.modules, "loom", module)
        monkeypatch.setitem(tasks.DRAPE_ENGINES, "loom", ("loom", "Loom"))

    return put


def settled(cloth, positions, **more):
    figures = {f.name: 0 for f in fields(DrapeReport)} | {
        "engine": "loom",
        "settled": True,
        "ease": {},
        "energies": {},
        "notes": (),
    }
    return Drape(cloth, positions, cloth.welded_faces, np.zeros((len(cloth.faces), 2)), DrapeReport(**figures), **more)


def asked(body, wishes, **records):
    params = {"engine": "loom", "body": body.to_json(), "fabrics": {"self": pack(mechanics("denim"), "self")[0]}}
    arrays = {}
    for name, record in {"wishes": wishes, **records}.items():
        params[name], packed = pack(record, name)
        arrays |= packed
    return params, arrays


def test_the_engine_is_given_what_was_asked_and_its_answer_comes_back(body, cloth_at, engine):
    given = {}

    def drape(cloth, body, fabrics, watch, wishes):
        given.update(fabrics=fabrics, wishes=wishes, body=body)
        x = cloth.welded(cloth.vertices)
        watch.step(0.5, "Weaving", x)
        return settled(cloth, x, pressure=np.arange(len(x), dtype=float))

    engine(drape)
    cloth, onlooker = cloth_at(0.04), Onlooker()
    wishes = Wishes(gravity=(0.0, 0.0, -1.6), residual=1e-3, device="cpu", pinned=np.array([1, 2], np.int32))
    values, arrays = tasks.drape(*asked(body, wishes, cloth=cloth), onlooker)
    assert given["fabrics"] == {"self": mechanics("denim")}
    assert (given["wishes"].gravity, given["wishes"].residual, given["wishes"].device) == ((0, 0, -1.6), 1e-3, "cpu")
    assert given["wishes"].start is None
    assert given["wishes"].coarse is None
    np.testing.assert_array_equal(given["body"].vertices, body.vertices)
    assert set(arrays) == {"positions", "faces", "strain", "pressure", "pinned"}
    np.testing.assert_array_equal(arrays["pinned"], [1, 2])
    assert values["report"]["engine"] == "loom"
    assert values["fit"]["pressure"] == "the engine"
    assert values["fit"]["maps"]["pressure"]["most"] == len(arrays["pressure"]) - 1
    assert onlooker.told == ["Weaving"]
    np.testing.assert_array_equal(onlooker.frames[0], cloth.welded(cloth.vertices))


def test_rough_work_is_shown_and_recorded_as_the_cloths_own(body, cloth_at, engine, tmp_path):
    def drape(cloth, body, fabrics, watch, wishes):
        rough = wishes.coarse.welded(wishes.coarse.vertices)
        watch.step(0.2, "Rough", rough)
        watch.step(0.4, "Rough", rough + np.array([0.0, 0.0, 1.0]))
        return settled(cloth, cloth.welded(cloth.vertices))

    engine(drape)
    cloth, coarse, onlooker = cloth_at(0.03), cloth_at(0.06), Onlooker()
    params, arrays = asked(body, Wishes(), cloth=cloth, coarse=coarse)
    path = tmp_path / "skirt.pc2"
    _, settled_arrays = tasks.drape({**params, "recording": str(path), "samples": 10}, arrays, onlooker)
    assert "pressure" not in settled_arrays
    assert [frame.shape for frame in onlooker.frames] == [(cloth.welded_count, 3)] * 2
    np.testing.assert_allclose(onlooker.frames[1] - onlooker.frames[0], [[0, 0, 1]] * cloth.welded_count, atol=1e-9)
    assert np.median(np.linalg.norm(onlooker.frames[0] - cloth.welded(cloth.vertices), axis=1)) < 0.03
    assert path.stat().st_size == 32 + 4 * 12 * cloth.welded_count, "placed, rough twice, settled"


def test_a_warm_start_takes_its_pins_along(body, cloth_at, engine):
    given = {}

    def drape(cloth, body, fabrics, watch, wishes):
        given["wishes"] = wishes
        return settled(cloth, wishes.start)

    engine(drape)
    old, new = cloth_at(0.03), cloth_at(0.026)
    hung = replace(Hung.of(old, old.welded(old.vertices)), pinned=np.array([0, 7], np.int32))
    _, arrays = tasks.drape(*asked(body, Wishes(), cloth=new, hung=hung), Onlooker())
    assert len(given["wishes"].start) == new.welded_count
    assert len(arrays["pinned"]) == 2
    kept = given["wishes"].start[arrays["pinned"]]
    assert np.linalg.norm(kept[:, None] - hung.vertices[hung.pinned], axis=2).min(axis=1).max() < 0.026


def test_a_survey_finds_what_is_there():
    modules, _ = tasks.survey({"modules": ["numpy", "no_such_module"]}, {}, Onlooker())
    assert modules == {"modules": ["numpy"], "devices": ["cpu"]}
