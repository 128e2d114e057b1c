# SPDX-License-Identifier: GPL-3.0-or-later
import copy
import importlib

import pytest
from toile.models.recommend.plots import PlotsRefused, plot

GROUPS = {"occasion": {"work": {"gain": [0.01, 0.005, 0.015]}, "party": {"gain": [-0.002, -0.006, 0.002]}}}
CALIBRATION = {felt: [[0.1, 0.12, 50], [0.6, 0.55, 50]] for felt in ("small", "fit", "large")}
REPORT = {"known": {"segments": GROUPS}, "new": {"segments": GROUPS}, "calibration": CALIBRATION}


def drawn(report, folder):
    return {name: (folder / name).read_bytes() for name in plot(report, folder)}


def test_a_report_is_drawn_twice_the_same_and_another_one_otherwise(tmp_path):
    pytest.importorskip("matplotlib")
    first = drawn(REPORT, tmp_path / "new folder")
    assert set(first) == {"calibration.png", "segments.png"}
    assert set(first) == {path.name for path in (tmp_path / "new folder").iterdir()}
    assert all(picture.startswith(b"\x89PNG") for picture in first.values())
    assert drawn(REPORT, tmp_path) == first
    other = copy.deepcopy(REPORT)
    other["known"]["segments"]["occasion"]["party"]["gain"] = [0.004, 0.001, 0.007]
    changed = drawn(other, tmp_path)
    assert changed["segments.png"] != first["segments.png"]
    assert changed["calibration.png"] == first["calibration.png"]


def test_without_fit_there_is_no_calibration_and_one_kind_of_customer_is_enough(tmp_path):
    pytest.importorskip("matplotlib")
    assert plot({"new": REPORT["new"]}, tmp_path) == ["segments.png"]
    assert plot({"new": {"segments": {}}}, tmp_path) == ["segments.png"], "too few customers for any group"


def test_without_the_library_pictures_are_refused(tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(PlotsRefused, match="matplotlib"):
        plot(REPORT, tmp_path / "pictures")
    assert not (tmp_path / "pictures").exists()
