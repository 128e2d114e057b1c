# SPDX-License-Identifier: GPL-3.0-or-later
"""Fabric mechanics: the numbers a drape needs, each with its source: Toile's own fabrics and the designer's shelf."""

import difflib
import functools
import itertools
import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

FABRICS_TOML = Path(__file__).parent.parent / "assets" / "fabrics.toml"
SHELF = "TOILE_FABRICS"  # the environment variable that names the folder of a designer's own fabrics, for workers too
EVIDENCE = ("measured", "derived", "declared", "estimate")

# Name -> (smallest, largest) of what any apparel cloth can be: between gossamer and saddle leather. A number outside is
# a slip of units (grams for kilograms, millimetres for metres), and a drape made with it would be silently absurd.
LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "density": (5e-3, 5.0),
        "thickness": (2e-5, 2e-2),
        "stretch_warp": (1.0, 1e6),
        "stretch_weft": (1.0, 1e6),
        "shear": (0.1, 1e5),
        "bend_warp": (1e-9, 1e-1),
        "bend_weft": (1e-9, 1e-1),
        "friction": (0.0, 2.0),
        "friction_skin": (0.0, 2.0),
    }
)
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "density": "kg/m²",
        "thickness": "m",
        "stretch_warp": "N/m",
        "stretch_weft": "N/m",
        "shear": "N/m",
        "bend_warp": "N·m",
        "bend_weft": "N·m",
        "friction": "1",
        "friction_skin": "1",
    }
)
# Curve -> the largest strain (or radians) and the largest N/m that it may reach.
CURVES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"curve_warp": (5.0, 1e6), "curve_weft": (5.0, 1e6), "curve_shear": (math.pi / 2, 1e5)}
)
FLATTEST = 1 / 20  # of a curve's mean slope: a flatter stretch of it is a slip of the reader, and no solver's friend
GRAVITY = 9.80665  # m/s²
SECANT_STRAIN = 0.10  # where stretch_* is read off a curve …
SECANT_TENSION = 98.0665  # N/m … or at FAST's 100 gf/cm, whichever comes first

_MAPS = ("weave", "knit", "pile", "look")  # what the maps are made of: a cloth is woven or knitted

Curve = tuple[tuple[float, float], ...]


class FabricRefused(ValueError):
    """A fabric's description cannot be cloth, or no fabric has that name."""


@dataclass(frozen=True)
class Mechanics:
    """What one cloth weighs and how it resists, in SI.

    density     kg/m² · thickness m (at about 2 gf/cm²)
    stretch_*   N/m: force per width per unit strain; of a knit, warp is the wale direction
    shear       N/m: shear force per width per radian
    bend_*      N·m: moment per width per curvature (bending rigidity B)
    friction    coefficient, cloth on cloth; friction_skin: on the body
    curve_*     ((strain, N/m), …): the measured tension, rising from (0, 0), which is not written down; stretch_* is
                then its `secant`. Empty: linear. curve_shear: ((radians, N/m), …)
    drape       (low, high): the Cusick drape coefficient, 0 … 1, that the class is known for (ISO 9073-9); else (0, 1)
    sources     where each number comes from, by its name; empty for a cloth made in code

    Raises FabricRefused where a number is no number or outside LIMITS, where a curve does not rise strictly from above
    0 or is anywhere flatter than FLATTEST of its mean slope, and where a drape is no band within 0 … 1.
    """

    name: str
    label: str
    density: float
    thickness: float
    stretch_warp: float
    stretch_weft: float
    shear: float
    bend_warp: float
    bend_weft: float
    friction: float
    friction_skin: float
    curve_warp: Curve = ()
    curve_weft: Curve = ()
    curve_shear: Curve = ()
    drape: tuple[float, float] = (0.0, 1.0)
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        for name, (lowest, highest) in LIMITS.items():
            value = getattr(self, name)
            if not math.isfinite(value) or not lowest <= value <= highest:
                raise FabricRefused(
                    f"Fabric “{self.name}”: {name} is {value:g} {UNITS[name]}; "
                    f"give a value from {lowest:g} to {highest:g}."
                )
        for name, limits in CURVES.items():
            if fault := _fault(getattr(self, name), limits):
                raise FabricRefused(f"Fabric “{self.name}”: {name} {fault}.")
        low, high = self.drape
        if not 0 <= low < high <= 1:
            raise FabricRefused(
                f"Fabric “{self.name}”: drape is a band of the drape coefficient within 0 and 1, such as [0.6, 0.76], "
                f"not [{low:g}, {high:g}]."
            )

    @property
    def bending_length(self) -> tuple[float, float]:
        """(warp, weft) bending length c = (B / w)^(1/3) in metres, w the weight per area (Peirce 1930, ASTM D1388)."""
        weight = self.density * GRAVITY
        return (self.bend_warp / weight) ** (1 / 3), (self.bend_weft / weight) ** (1 / 3)


def secant(curve: Curve) -> float:
    """N/m: a curve's tension over its strain at 10 % or 98 N/m, whichever comes first; at its end if neither does."""
    before = (0.0, 0.0)
    for point in curve:
        share = min(
            (SECANT_STRAIN - before[0]) / (point[0] - before[0]), (SECANT_TENSION - before[1]) / (point[1] - before[1])
        )
        if share <= 1:
            strain, tension = (a + share * (b - a) for a, b in zip(before, point, strict=True))
            return tension / strain
        before = point
    return before[1] / before[0]


def fabrics(folder: Path | None = None) -> dict[str, Mechanics]:
    """Every fabric of assets/fabrics.toml in the file's order, then the designer's own.

    folder: where those lie; without it the one that TOILE_FABRICS names. Raises FabricRefused, naming a file at fault.
    """
    return {name: _mechanics(name, row) for name, row in fabric_rows(folder).items()}


def fabric_name(label: str) -> str:
    """The name of a fabric so labelled: “My linen, 2” is my_linen_2."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")


def mechanics(name: str, folder: Path | None = None) -> Mechanics:
    """One fabric by name. Raises FabricRefused, naming the nearest ones."""
    return _mechanics(name, fabric_row(name, folder))


def fabric_row(name: str, folder: Path | None = None) -> Mapping[str, Any]:
    """A fabric's whole table, raw: its mechanics, its yarns and its look. Raises FabricRefused for an unknown name."""
    if name in (own := shipped_rows()):  # no fault in a designer's folder keeps Toile's own fabrics away
        return own[name]
    rows = fabric_rows(folder)
    if name not in rows:
        nearest = difflib.get_close_matches(name, rows, n=3, cutoff=0.4) or list(rows)
        raise FabricRefused(f"There is no fabric “{name}”. Choose {', '.join(nearest)}.")
    return rows[name]


def fabric_rows(folder: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """All tables by name: the shipped ones and those of every .toml in the folder (see `fabrics`)."""
    rows = dict(shipped_rows())
    for file in _files(folder or shelf()):
        for name, row in _own(file).items():
            if name in rows:
                raise FabricRefused(f"{file} names a fabric “{name}”, which there is already: give it another name.")
            rows[name] = row
    return rows


@functools.cache
def shipped_rows() -> Mapping[str, Mapping[str, Any]]:
    """The tables of assets/fabrics.toml alone, read once."""
    return MappingProxyType(tomllib.loads(FABRICS_TOML.read_text(encoding="utf-8")))


def shelf() -> Path | None:
    """The folder of the designer's own fabrics, where one is set."""
    return Path(folder) if (folder := os.environ.get(SHELF)) else None


def fabric_toml(fabric: Mechanics, like: str, own: Mapping[str, Any] = MappingProxyType({})) -> str:
    """A fabric's table as TOML, every number with its source; its yarns and look are those of the fabric `like`.

    own: what it has of its own instead: `weave`, a table of yarns, or `maps`, a folder of maps beside its file.
    """
    lines = [f"[{fabric.name}]", f"label = {_text(fabric.label)}", f"like = {_text(like)}"]
    lines += [f"{key} = {_value(value)}" for key, value in own.items() if not isinstance(value, Mapping)]
    for key, table in own.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{fabric.name}.{key}]", *(f"{name} = {_value(value)}" for name, value in table.items())]
    lines += ["", f"[{fabric.name}.mechanics]"]
    said = dict(fabric.sources)
    for key in LIMITS:
        lines.append(f"{key} = {{ value = {getattr(fabric, key):.9g}, source = {_text(said[key])} }}")
    for key in CURVES:
        if curve := getattr(fabric, key):
            points = ", ".join(f"[{strain:.9g}, {tension:.9g}]" for strain, tension in curve)
            lines.append(f"{key} = {{ points = [{points}], source = {_text(said[key])} }}")
    if "drape" in said:
        lines.append(f"drape = {{ value = {list(fabric.drape)!r}, source = {_text(said['drape'])} }}")
    return "\n".join([*lines, ""])


def keep_fabric(
    fabric: Mechanics, like: str, folder: Path | None = None, own: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """Write a fabric to the designer's shelf, as NAME.toml, in place of an earlier one of that name; see `fabric_toml`.

    Raises FabricRefused for a name that is taken or none, a `like` that is not Toile's own, or an unwritable folder.
    """
    folder = folder or shelf()
    if folder is None:
        raise FabricRefused(f"Say where your fabrics are kept: give a folder, or set {SHELF}.")
    new_name(fabric.name)
    file = folder / f"{fabric.name}.toml"
    if any(fabric.name in _own(other) for other in _files(folder) if other != file):
        raise FabricRefused(f"Another file in {folder} has a fabric “{fabric.name}”: give yours another name.")
    if like not in shipped_rows():
        raise FabricRefused(f"“{like}” is no fabric of Toile's own: say which of those yours looks like.")
    beside = folder / f".{file.name}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_text(fabric_toml(fabric, like, own), encoding="utf-8")
        os.replace(beside, file)
    except UnicodeError as error:
        raise FabricRefused("The fabric's label holds signs that no file can: write it anew.") from error
    except OSError as error:
        raise FabricRefused(f"{folder} takes no fabric: {error.strerror}. Choose another folder.") from error
    return file


def new_name(name: str) -> str:
    """The name, if a new fabric may bear it. Raises FabricRefused."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        raise FabricRefused(f"A fabric's name is small letters, digits and _, such as my_linen, not “{name[:80]}”.")
    if name in shipped_rows():
        raise FabricRefused(f"“{name}” is a fabric of Toile's own: give yours another name.")
    return name


def _files(folder: Path | None) -> list[Path]:
    return sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []


def _own(file: Path) -> Mapping[str, Mapping[str, Any]]:
    stamp = file.stat()
    return _read(file, stamp.st_mtime_ns, stamp.st_size)


@functools.lru_cache(maxsize=256)
def _read(file: Path, _modified: int, _size: int) -> Mapping[str, Mapping[str, Any]]:
    """A designer's tables, as the file stands; the yarns and the look that one lacks are those of what it is like."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise FabricRefused(f"{file} is no table of fabrics: {error}. Mend it or take it away.") from error
    rows: dict[str, Mapping[str, Any]] = {}
    for name, row in tables.items():
        parts = [row.get(key, {}) for key in ("mechanics", *_MAPS)] if isinstance(row, dict) else []
        if not parts or not all(isinstance(part, dict) for part in parts) or not isinstance(row.get("label"), str):
            raise FabricRefused(f'{file}: a fabric is a table [{name}] with label = "…" and [{name}.mechanics].')
        like = row.get("like")
        if like is not None and (not isinstance(like, str) or like not in shipped_rows()):
            raise FabricRefused(f"{file}: “{name}” is like “{like}”, which is no fabric of Toile's own.")
        borrowed = shipped_rows()[like] if like else {}
        own_yarns = any(kind in row for kind in ("weave", "knit", "pile", "maps"))
        given = {key: borrowed[key] for key in _MAPS if key in borrowed and not (own_yarns and key != "look")}
        rows[name] = given | row | ({"maps": str(_beside(file, name, row["maps"]))} if "maps" in row else {})
        _mechanics(name, rows[name])
    return rows


def _beside(file: Path, name: str, folder: object) -> Path:
    """The folder of maps that a table names, which lies beside its file and nowhere else."""
    if not isinstance(folder, str) or folder in ("", ".", "..") or Path(folder).name != folder or "\\" in folder:
        raise FabricRefused(f"{file}: the maps of “{name}” are a folder beside this file: write its name alone.")
    return file.parent / folder


def _mechanics(name: str, row: Mapping[str, Any]) -> Mechanics:
    table: Mapping[str, Any] = row.get("mechanics", {})
    if not set(LIMITS) <= set(table) <= {*LIMITS, *CURVES, "drape"}:
        odd = ", ".join(sorted((set(LIMITS) - set(table)) | (set(table) - {*LIMITS, *CURVES, "drape"})))
        raise FabricRefused(f"Fabric “{name}”: its mechanics lack or do not know {odd}.")
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for key, entry in table.items():
        source = entry.get("source") if isinstance(entry, dict) else None
        if not isinstance(source, str) or source.split(":")[0] not in EVIDENCE:
            raise FabricRefused(
                f'Fabric “{name}”: write {key} = {{ {_FORMS.get(key, "value = …")}, source = "…" }}, '
                f"the source beginning with {', '.join(EVIDENCE)} and a colon."
            )
        values[key], sources[key] = _entry(name, key, entry), source
    return Mechanics(name=name, label=row["label"], sources=MappingProxyType(sources), **values)


_FORMS = dict.fromkeys(CURVES, "points = [[strain, N/m], …]") | {"drape": "value = [low, high]"}


def _entry(name: str, key: str, entry: Mapping[str, Any]) -> Any:
    """The value of one row: a number, a curve's points, or a band."""
    try:
        if key in CURVES:
            return tuple((_number(strain), _number(tension)) for strain, tension in entry["points"])
        if key == "drape":
            low, high = entry["value"]
            return _number(low), _number(high)
        return _number(entry["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise FabricRefused(f"Fabric “{name}”: {key} wants {_FORMS.get(key, 'value = a number')}.") from error


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _fault(curve: Curve, limits: tuple[float, float]) -> str:
    """What keeps a curve from being a cloth's, or nothing."""
    if not curve:
        return ""
    if not all(math.isfinite(number) for point in curve for number in point):
        return "holds something that is no number"
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(((0.0, 0.0), *curve))]
    if not all(strain > 0 and tension > 0 for strain, tension in steps):
        return "does not rise: start above 0, and let strain and N/m grow with every point"
    end = curve[-1]
    if end[0] > limits[0] or end[1] > limits[1]:
        return f"ends at {end[0]:g} and {end[1]:g} N/m; it may reach {limits[0]:.3g} and {limits[1]:g}"
    if min(tension / strain for strain, tension in steps) < FLATTEST * end[1] / end[0]:
        return f"is flatter somewhere than {FLATTEST:g} of its mean slope, where cloth would give way: read it again"
    return ""


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's, and DEL is what JSON lets through."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: object) -> str:
    """A text, a number or a table of such as TOML writes it in a line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in value.items()) + " }"
    return _text(value) if isinstance(value, str) else repr(value)
