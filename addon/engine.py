# SPDX-License-Identifier: GPL-3.0-or-later
"""Which interpreter does heavy work, and the engine environment that a designer installs with one button.

The environment is a virtual environment of its own below the extension's user folder: nothing is ever installed into
Blender's Python, and removing the folder removes everything. It comes in parts, each from a lock file of its own.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..worker.client import TaskCancelled, blender_command, python_command

PACKAGE = __package__.removesuffix(".addon")
ASSETS = Path(__file__).parent.parent / "assets"


@dataclass(frozen=True)
class Part:
    """What is installed and removed by itself.

    needs: the part that it stands on, installed first. modules: tried after the installation. size: of the download and
    on disk (Linux, Python 3.11). licences: shown before the installation; their texts come with the packages.
    pinned: what no lock file holds, because its builds, which pip's own settings choose from, have different hashes.
    """

    label: str
    help: str
    lock: Path
    modules: tuple[str, ...]
    size: str
    licences: str
    needs: str = ""
    pinned: str = ""


PARTS = {
    "core": Part(
        "Scans",
        "measures scans, reads photographs of fabrics and lays markers, in a process of its own",
        ASSETS / "engine-requirements.txt",
        ("numpy", "scipy", "trimesh", "pythoncdt", "spyrrow", "PIL"),
        "about 60 MB to download, 245 MB on disk",
        "NumPy and SciPy BSD-3-Clause, trimesh and spyrrow MIT, PythonCDT MPL-2.0, Pillow MIT-CMU",
    ),
    "solver": Part(
        "Toile's drape solver",
        "drapes until the cloth is at rest, on the CPU or a CUDA GPU",
        ASSETS / "engine-requirements-solver.txt",
        ("warp", "cvxopt"),
        "about 170 MB to download, 475 MB on disk; on a Mac 35 MB, and it needs Apple silicon and macOS 15",
        "warp-lang Apache-2.0, CVXOPT GPL-3.0-or-later",
        needs="core",
    ),
    "style3d": Part(
        "Newton Style3D",
        "a second drape engine, quick on a GPU",
        ASSETS / "engine-requirements-style3d.txt",
        ("newton",),
        "about 9 MB to download, 85 MB on disk",
        "newton Apache-2.0, parts of its data CC-BY-4.0",
        needs="solver",
    ),
    "recommend": Part(
        "Recommendations",
        "learns from a shop's customers, and draws how well it did",
        ASSETS / "engine-requirements-recommend.txt",
        ("implicit", "sklearn", "matplotlib"),
        "about 35 MB to download, 150 MB on disk",
        "implicit MIT, scikit-learn BSD-3-Clause, Matplotlib's own, after Python's",
        needs="core",
    ),
    "learn": Part(
        "Learning",
        "learns a swatch of yours, reads relief off photographs, weaves variations",
        ASSETS / "engine-requirements-learn.txt",
        ("torch", "tensorboard"),
        "about 200 MB to download, 1 GB on disk; on Linux 3 GB and 7, for there torch brings CUDA, unless your pip "
        "asks an index of CPU builds; a Mac needs Apple silicon",
        "torch BSD-3-Clause, TensorBoard Apache-2.0, on Linux NVIDIA's own for CUDA",
        needs="core",
        pinned="torch==2.13.0",
    ),
}


class EngineMissing(RuntimeError):
    """A feature needs the engine environment, or a part of it, and it is not installed."""


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


def lacks(part: str) -> bool:
    """Whether a feature has to wait for this part: never where the designer's own Python is the engine."""
    return _bundled() and not os.environ.get("TOILE_ENGINE_PYTHON") and bool(missing(part))


def require(part: str) -> None:
    """Raises EngineMissing where a feature lacks this part."""
    if lacks(part):
        raise EngineMissing(
            f"This needs “{PARTS[part].label}” of Toile's engine: install it in Preferences ▸ Add-ons ▸ Toile, once."
        )


def environment() -> Path:
    """Where the environment is, or would be. Raises EngineRefused where Toile is not installed as an extension."""
    try:
        return Path(bpy.utils.extension_path_user(PACKAGE, path="engine"))
    except ValueError as error:
        raise EngineRefused(
            "Toile runs from a development folder: set TOILE_ENGINE_PYTHON to a Python with scipy and trimesh."
        ) from error


def installed(part: str = "core") -> dict[str, Any] | None:
    """What a part's installation noted about itself (`bytes`), or None if it is not there in this version."""
    try:
        note = _noted(environment(), part)
    except EngineRefused:
        return None
    return note if note.get("requirements") == _digest(part) else None


def missing(part: str) -> list[str]:
    """The part and what it stands on, as far as they are not installed, in the order of installation."""
    needs = PARTS[part].needs
    return [*(missing(needs) if needs else []), *([] if installed(part) else [part])]


def install(
    progress: Callable[[float, str], None], cancelled: Callable[[], bool], folder: Path, part: str = "core"
) -> int:
    """Install a part in `folder`, which for any but "core" holds what the part needs; the bytes it takes.

    Raises EngineRefused, TaskCancelled; then nothing of the part is left. Only wheels whose hashes its lock file knows
    are installed, but for what is `pinned`.
    """
    wanted, python = PARTS[part], _python_of(folder)
    before, others = 0, set[str]()
    try:
        if wanted.needs:
            if not python.exists():
                raise EngineRefused(f"Install “{PARTS[wanted.needs].label}” first: this stands on it.")
            before, others = _size(folder), _there(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)
            progress(0.02, "Making the environment")
            _run([sys.executable, "-m", "venv", str(folder)], cancelled, lambda line: None)
        packages = len(_packages(wanted.lock))
        seen = 0

        def count(line: str) -> None:
            nonlocal seen
            if line.lstrip().startswith(("Downloading", "Using cached", "Collecting")):
                seen += 1
                progress(min(0.1 + 0.7 * seen / (2 * packages), 0.8), line.strip().split(" (")[0])
            elif line.startswith("Installing"):
                progress(0.85, "Installing")

        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar=off"]
        pip.append("--only-binary=:all:")
        _run([*pip, "--no-deps", "--require-hashes", "-r", str(wanted.lock)], cancelled, count)
        if wanted.pinned:
            _run([*pip, wanted.pinned], cancelled, count)
        progress(0.97, "Trying it")
        _run([str(python), "-c", f"import {', '.join(wanted.modules)}"], cancelled, lambda line: None)
        size = _size(folder) - before
        brought = sorted(_there(folder) - others)
        # Last: its presence says that all is there.
        note = {"requirements": _digest(part), "bytes": size, "packages": brought}
        _note(folder, part).write_text(json.dumps(note), "utf-8")
    except BaseException:
        remove(part, folder)
        raise
    return size


def remove(part: str = "core", folder: Path | None = None) -> None:
    """Delete a part and those that stand on it: all packages that none of the others brought or pins."""
    folder = folder or environment()
    if not PARTS[part].needs:
        shutil.rmtree(folder, ignore_errors=True)
        return
    if not _python_of(folder).exists():
        return
    kept = {"pip"}
    for name in PARTS:
        if part in (name, PARTS[name].needs):
            _note(folder, name).unlink(missing_ok=True)
        elif note := _noted(folder, name):
            kept |= {*_packages(PARTS[name].lock), *note.get("packages", [])}
    going = sorted(_there(folder) - {_plain(name) for name in kept})
    command = [_python_of(folder), "-m", "pip", "uninstall", "--yes", "-q", *going]
    subprocess.run(command, capture_output=True, check=False)


def licences() -> list[tuple[str, str, list[Path]]]:
    """(name and version, licence, files with its text) of every package in the environment, as each says itself."""
    found: list[tuple[str, str, list[Path]]] = []
    for distribution in _distributions(environment()):
        about = distribution.metadata
        classified = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier", []) if c.startswith("License ::")]
        said = about.get("License") or ""
        licence = (
            about.get("License-Expression")
            or ", ".join(classified)
            or (said if said and "\n" not in said else "see its text")
        )
        texts = [
            Path(str(file.locate()))
            for file in distribution.files or ()
            if ".dist-info" in str(file) and re.search(r"licen[cs]e|copying|notice", str(file), re.IGNORECASE)
        ]
        found.append((f"{about['Name']} {about['Version']}", licence, [text for text in texts if text.is_file()]))
    return sorted(found)


def licence_texts() -> str:
    """Every licence that came with the packages, one after the other."""
    pages = []
    for name, licence, texts in licences():
        pages.append(f"{name} ({licence})\n")
        pages += [f"\n--- {text.name} ---\n\n{text.read_text('utf-8', errors='replace')}\n" for text in texts]
    return "\n".join(pages)


def _distributions(folder: Path) -> Iterator[importlib.metadata.Distribution]:
    places = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
    yield from importlib.metadata.distributions(path=[str(place) for place in places])


def _there(folder: Path) -> set[str]:
    """The names of all packages in an environment."""
    return {_plain(distribution.metadata["Name"]) for distribution in _distributions(folder)}


def _plain(name: str) -> str:
    """A package's name as all spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _packages(lock: Path) -> list[str]:
    """The names that a lock file pins, each once."""
    return sorted(set(re.findall(r"^([\w.-]+)==", lock.read_text("utf-8"), re.MULTILINE)))


def _size(folder: Path) -> int:
    """Bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


def _note(folder: Path, part: str) -> Path:
    return folder / f"installed-{part}.json"


def _noted(folder: Path, part: str) -> dict[str, Any]:
    """What stands in a part's note; nothing where there is none."""
    try:
        return json.loads(_note(folder, part).read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def _bundled() -> bool:
    """Whether this is a Blender with a Python inside, not a Python with Blender inside."""
    return bool(bpy.app.binary_path)


def _python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _digest(part: str) -> str:
    return hashlib.sha256(PARTS[part].lock.read_bytes() + PARTS[part].pinned.encode()).hexdigest()


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
