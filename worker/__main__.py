# SPDX-License-Identifier: GPL-3.0-or-later
"""The child's entry: `python worker/__main__.py`, or `blender -b --python worker/__main__.py`.

Run as a script it has no package around it, and gets one from its parent folder.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import os
import sys
from pathlib import Path


def _load_package(folder: Path) -> None:
    """Load `folder` as the package `toile` (its links unresolved, so that a development tree stays one package)."""
    spec = importlib.util.spec_from_file_location(
        "toile", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} holds no package")
    package = importlib.util.module_from_spec(spec)
    sys.modules["toile"] = package
    spec.loader.exec_module(package)


def main() -> None:
    """Load the package and serve one task."""
    if hasattr(os, "nice"):
        os.nice(5)  # whoever works in Blender's window comes first
    faulthandler.enable()  # a crash in native code leaves its stack on stderr, which the parent quotes
    _load_package(Path(__file__).absolute().parent.parent)
    child = importlib.import_module("toile.worker.child")
    tasks = importlib.import_module("toile.worker.tasks")
    child.serve(tasks.TASKS, 0, child.private_stdout())


if __name__ == "__main__":
    main()
