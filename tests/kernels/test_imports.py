# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernels load without Blender, and what loads inside Blender needs NumPy and what the zip brings alone."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ("patterns", "bodies", "sim", "models", "collab_server", "worker")

# Imports every module of a package, with a bpy that cannot be imported, and prints what came along.
LOAD_ALL = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(("bpy", "bmesh", "mathutils", "gpu"), None))
package = importlib.import_module(sys.argv[1])
names = [found.name for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    # sim.implicit is written in Warp, what learns cloth in torch: the worker that needs them loads them, nothing else.
    if not name.endswith("__main__") and not {"implicit", "gan", "pbr", "learning"} & set(name.split(".")):
        importlib.import_module(name)
print(" ".join({name.partition(".")[0] for name, module in sys.modules.items() if module is not None}))
"""


def loaded_with(package: str) -> set[str]:
    """The top-level modules that a Python without Blender holds once it has imported all of a package."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, package],
        env={"PYTHONPATH": str(ROOT / ".dev")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("folder", KERNELS)
def test_loads_without_bpy_and_leaves_heavy_libraries_to_the_worker(folder: str) -> None:
    loaded = loaded_with(f"toile.{folder}")
    heavy = {"scipy", "shapely", "trimesh", "torch", "open3d", "warp", "newton", "cvxopt", "implicit", "PIL"}
    assert not loaded & heavy, "import these inside the function that the worker calls"
