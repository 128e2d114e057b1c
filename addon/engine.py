# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreter does heavy work, and the engine environment that a designer installs with one button.

The environment is a virtual environment of its own below the extension's user folder: nothing is ever installed into
Blender's Python, and removing the folder removes everything.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import bpy

from ..worker.client import TaskCancelled, blender_command, python_command

PACKAGE = __package__.removesuffix(".addon")
REQUIREMENTS = Path(__file__).parent.parent / "assets" / "engine-requirements.txt"
DOWNLOAD = "about 60 MB to download, 240 MB on disk"


class EngineMissing(RuntimeError):
    """A feature needs the engine environment, and it is not installed."""


class EngineRefused(RuntimeError):
    """The engine environment could not be made."""


def blender_worker() -> list[str]:
    """The command of a worker that has bpy: this Blender in background, or this Python where bpy is a module."""
    return blender_command(bpy.app.binary_path) if _bundled() else python_command(sys.executable)


def engine_worker() -> list[str]:
    """The command of a worker that has scipy and trimesh. Raises EngineMissing."""
    return python_command(engine_python())


def engine_python() -> Path:
    """The interpreter with the heavy libraries: TOILE_ENGINE_PYTHON, bpy-as-a-module's own, or the installed one's."""
    if chosen := os.environ.get("TOILE_ENGINE_PYTHON"):
        return Path(chosen)
    if not _bundled():
        return Path(sys.executable)
    if not installed():
        raise EngineMissing("This needs Toile's engine: install it in Preferences ▸ Add-ons ▸ Toile, once.")
    return _python_of(environment())


def environment() -> Path:
    """Where the environment is, or would be. Raises EngineRefused where Toile is not installed as an extension."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="engine"))
    except ValueError as error:
        raise EngineRefused(
            "Toile runs from a development folder: set TOILE_ENGINE_PYTHON to a Python with scipy and trimesh."
        ) from error


def installed() -> dict[str, int] | None:
    """What the installation noted about itself (`bytes`), or None if there is none of this version."""
    try:
        note = json.loads((environment() / "installed.json").read_text("utf-8"))
    except (EngineRefused, OSError, ValueError):
        return None
    return note if note.get("requirements") == _digest() else None


def install(progress: Callable[[float, str], None], cancelled: Callable[[], bool], folder: Path) -> int:
    """Make the environment in `folder`; its size in bytes. Raises EngineRefused, TaskCancelled; then nothing is left.

    Only wheels whose hashes the lock file knows are installed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        progress(0.02, "Making the environment")
        _run([sys.executable, "-m", "venv", str(folder)], cancelled, lambda line: None)
        wanted = sum(not line.startswith((" ", "#", "\n")) for line in REQUIREMENTS.read_text("utf-8").splitlines())
        seen = 0

        def count(line: str) -> None:
            nonlocal seen
            if line.lstrip().startswith(("Downloading", "Using cached", "Collecting")):
                seen += 1
                progress(min(0.1 + 0.7 * seen / (2 * wanted), 0.8), line.strip().split(" (")[0])
            elif line.startswith("Installing"):
                progress(0.85, "Installing")

        pip = [str(_python_of(folder)), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar=off"]
        _run([*pip, "--only-binary=:all:", "--require-hashes", "-r", str(REQUIREMENTS)], cancelled, count)
        progress(0.97, "Trying it")
        _run([str(_python_of(folder)), "-c", "import numpy, scipy, trimesh"], cancelled, lambda line: None)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
        note = {"requirements": _digest(), "bytes": size}
        (folder / "installed.json").write_text(json.dumps(note), "utf-8")  # last: its presence says that all is there
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return size


def remove() -> None:
    """Delete the environment."""
    shutil.rmtree(environment(), ignore_errors=True)


def _bundled() -> bool:
    """Whether this is a Blender with a Python inside, not a Python with Blender inside."""
    return bool(bpy.app.binary_path)


def _python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _digest() -> str:
    return hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def _run(command: list[str], cancelled: Callable[[], bool], line_seen: Callable[[str], None]) -> None:
    """Run a command, line by line. Raises EngineRefused with its last line, or TaskCancelled."""
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except OSError as error:
        raise EngineRefused(f"{command[0]} could not be started: {error.strerror}.") from error
    threading.Thread(target=_kill_when_cancelled, args=(process, cancelled), daemon=True).start()
    last = ""
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            last = line.strip() or last
            line_seen(line)
    if cancelled():
        raise TaskCancelled("The installation was cancelled.")
    if process.returncode:
        raise EngineRefused(f"The engine could not be installed: {last or 'no reason was given'}")


def _kill_when_cancelled(process: subprocess.Popen[str], cancelled: Callable[[], bool]) -> None:
    while process.poll() is None:
        if cancelled():
            process.kill()
        time.sleep(0.1)
