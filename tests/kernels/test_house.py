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


LOCKED = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements" / "extension.lock").read_text(), re.MULTILINE))
WHEELS = [Path(wheel).name.removesuffix(".whl").split("-") for wheel in MANIFEST["wheels"]]


@pytest.mark.parametrize("package", LOCKED)
def test_every_python_on_every_platform_has_its_wheel(package: str) -> None:
    """As Blender picks them: by the last platform that a wheel's name tells."""
    systems = {
        "linux-x64": "any|manylinux.*x86_64",
        "windows-x64": "any|win_amd64",
        "macos-arm64": "any|macosx.*(arm64|universal2)",
        "macos-x64": "any|macosx.*(x86_64|universal2)",
    }
    assert set(MANIFEST["platforms"]) == set(systems)
    mine = [wheel[2:] for wheel in WHEELS if wheel[0] == package.replace("-", "_")]
    for minor, system in product((11, 13, 14), systems.values()):
        matching = [
            platform
            for python, abi, platform in mine
            if (python in ("py3", f"cp3{minor}") or (abi == "abi3" and int(python.removeprefix("cp3")) <= minor))
            and re.fullmatch(system, platform.rpartition(".")[2])
        ]
        assert len(matching) == 1, (minor, system)


def test_wheels_are_of_the_locked_version() -> None:
    for package, version, *_ in WHEELS:
        assert LOCKED[package.replace("_", "-")] == version


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
