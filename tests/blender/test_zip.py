# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension zip, as a person installs it: into an empty Blender, enabled, used, disabled and enabled again.

`python build.py test` builds the zip and makes the environments; each Blender is the bpy module of one of them.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from hosting import HOST_REVIEW

ROOT = Path(__file__).resolve().parents[2]
BLENDERS = {"4.5": ".venv45", "5.0": ".venv", "5.2": ".venv313"}
# What a Blender's own Python holds beside the standard library. The environments here hold more (scipy, pythoncdt, …):
# the extension shall find none of that.
BLENDERS_OWN = (
    "bpy", "numpy", "numpy.libs", "requests", "urllib3", "idna", "certifi", "charset_normalizer", "zstandard",
    "attr", "attrs", "cattr", "cattrs", "typing_extensions.py",
)  # fmt: skip
PLATFORMS = {
    ("Linux", "x86_64"): "linux_x64",
    ("Windows", "AMD64"): "windows_x64",
    ("Darwin", "arm64"): "macos_arm64",
    ("Darwin", "x86_64"): "macos_x64",
}

# Runs inside each Blender; what it prints last is looked at below.
WALK = """
import sys
import bpy
import addon_utils

NAME = "bl_ext.user_default.toile"
factory = set(dir(bpy.types)), set(dir(bpy.ops.toile)), set(bpy.types.Scene.bl_rna.properties.keys())

def now():
    return set(dir(bpy.types)), set(dir(bpy.ops.toile)), set(bpy.types.Scene.bl_rna.properties.keys())

assert bpy.ops.extensions.package_install_files(
    repo="user_default", filepath=sys.argv[1], enable_on_install=True
) == {"FINISHED"}
assert NAME in bpy.context.preferences.addons, "installed, but not enabled"
enabled = now()
assert enabled[1] - factory[1], "no operator of toile is registered"
assert any(name.startswith("TOILE_PT_") for name in enabled[0]), "no panel of toile is registered"

import importlib
for name in ("pythoncdt", "pydyf", "Crypto", "pycrdt", "anyio", "websockets", "itsdangerous", "prometheus_client"):
    found = importlib.import_module(name).__file__
    assert "extensions" in found, f"the wheel came from {found}, not out of the zip"

bodies = importlib.import_module(NAME + ".bodies")
patterns = importlib.import_module(NAME + ".patterns")
body = bodies.avatar({"stature": 1.68})
measurements = {name: taken.value for name, taken in body.measurements.items()}
pattern = patterns.draft("tshirt", measurements)
assert pattern.proof().max_error <= 1e-4

from pathlib import Path
provenance = importlib.import_module(NAME + ".addon.exports.provenance")
file = Path("made.txt")
file.write_text("made")
provenance.write_sidecar(file, [], provenance.Making("Ada", "", "Toile", {}), provenance.signing_key(Path("key.pem")))
assert provenance.verify(file).key, "not signed"
"""
LEAVE = """
addon_utils.disable(NAME, default_set=True)
assert NAME not in bpy.context.preferences.addons
assert now() == factory, f"left behind: {[a ^ b for a, b in zip(now(), factory)]}"
addon_utils.enable(NAME, default_set=True)
assert now() == enabled, "enabled a second time, it registers something else"
print("walked", bpy.app.version_string, len(pattern.pieces))
"""


@pytest.fixture(scope="module")
def extension() -> Path:
    found = sorted((ROOT / "dist").glob(f"toile-*-{PLATFORMS.get((platform.system(), platform.machine()))}.zip"))
    if not found:
        pytest.skip("no zip for this platform in dist/: python build.py zip")
    return found[-1]


@pytest.mark.parametrize("blender", BLENDERS)
def test_installs_works_and_leaves(blender: str, extension: Path, tmp_path: Path) -> None:
    python = ROOT / BLENDERS[blender] / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        pytest.skip(f"no {BLENDERS[blender]}: python build.py test makes it where its Python is found")
    packages = tmp_path / "packages"
    packages.mkdir()
    installed = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    for name in BLENDERS_OWN:
        if (installed / name).exists():
            (packages / name).symlink_to(installed / name)
    done = subprocess.run(
        [python, "-S", "-c", WALK + HOST_REVIEW + LEAVE, extension],
        env={**os.environ, "PYTHONPATH": str(packages), "BLENDER_USER_RESOURCES": str(tmp_path / "user")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert f"walked {blender}" in done.stdout, output
    assert "Traceback" not in output, output
    assert "Error" not in output, output
    assert "Warning" not in output, output
