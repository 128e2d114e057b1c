# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a release is made from agree with each other."""

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def test_every_python_on_every_platform_has_its_wheel() -> None:
    systems = {
        "linux-x64": "manylinux.*x86_64",
        "windows-x64": "win_amd64",
        "macos-arm64": "macos.*arm64",
        "macos-x64": "macos.*x86_64",
    }
    assert set(MANIFEST["platforms"]) == set(systems)
    pairs = list(product(("cp311", "cp313", "cp314"), systems.values()))
    wheels = [wheel for wheel in MANIFEST["wheels"] if not wheel.endswith("-py3-none-any.whl")]
    for python, system in pairs:
        matching = [wheel for wheel in wheels if re.search(f"-{python}-{python}-{system}.whl$", wheel)]
        assert len(matching) == 1, (python, system)
    assert len(wheels) == len(pairs)


def test_wheels_are_of_the_locked_version() -> None:
    locked = dict(
        re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements" / "extension.lock").read_text(), re.MULTILINE)
    )
    for wheel in MANIFEST["wheels"]:
        name, version, *_ = Path(wheel).name.split("-")
        assert locked[name] == version


def test_permissions_fit_blenders_rules() -> None:
    for reason in MANIFEST["permissions"].values():
        assert len(reason) <= 64
        assert reason[-1].isalnum()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_pins_by_hash_and_names_no_server(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert "-index" not in text
    for requirement in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "==" in requirement
        assert "--hash=sha256:" in requirement
