# SPDX-License-Identifier: GPL-3.0-or-later
"""A studio's and a host's way in a real Blender without a window: the zip installed, a batch, a review.

TOILE_BLENDER is the command that opens a Blender, as for `test_walk.py`.
"""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hosting import HOST_REVIEW

ROOT = Path(__file__).resolve().parents[2]
OUT = Path("out/background")

JOB = """
[[garments]]
styles = ["pencil_skirt"]
bodies = ["anna.json"]
particle_distance = 0.05
"""

INSTALL = """
import sys
import bpy

assert bpy.ops.extensions.package_install_files(
    repo="user_default", filepath=sys.argv[-1], enable_on_install=True
) == {"FINISHED"}
bpy.ops.wm.save_userpref()
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        "TOILE_BLENDER" not in os.environ, reason="no Blender: set TOILE_BLENDER to the command that opens one"
    ),
]


def blender(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Blender in background, with a user folder of its own."""
    *wrapper, program = shlex.split(os.environ["TOILE_BLENDER"])
    command = [
        *wrapper, "env", f"BLENDER_USER_RESOURCES={OUT}/user", program, "-b", "--python-exit-code", "1", *arguments,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module", autouse=True)
def installed():
    zips = sorted((ROOT / "dist").glob("toile-*linux_x64.zip"))
    if not zips:
        pytest.skip("no extension zip: python build.py zip")
    shutil.rmtree(ROOT / OUT, ignore_errors=True)
    (ROOT / OUT).mkdir(parents=True)
    (ROOT / OUT / "install.py").write_text(INSTALL)
    done = blender("--python", str(OUT / "install.py"), "--", str(zips[-1].relative_to(ROOT)))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_batch_makes_its_garments_and_makes_none_twice():
    made = blender("--command", "toile", "avatar", "--set", "stature=1.68", "--out", str(OUT / "anna.json"))
    assert made.returncode == 0, made.stdout + made.stderr
    (ROOT / OUT / "job.toml").write_text(JOB)
    for done, skipped in ((1, 0), (1, 1)):
        ran = blender("--command", "toile", "batch", str(OUT / "job.toml"), "--out", str(OUT / "night"), "--json")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        told = json.loads(next(line for line in reversed(ran.stdout.splitlines()) if line.startswith("{")))
        assert (told["done"], told["skipped"], told["failed"]) == (done, skipped, 0)
    folder = ROOT / OUT / "night" / "pencil_skirt-anna"
    assert (folder / "garment.glb").read_bytes()[:4] == b"glTF"
    assert json.loads((folder / "proof.json").read_text())["max_error"] <= 1e-4


def test_a_review_is_hosted_by_what_the_zip_brings():
    (ROOT / OUT / "review.py").write_text(HOST_REVIEW)
    done = blender("--python", str(OUT / "review.py"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
