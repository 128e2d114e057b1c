# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sheets of the KES-FB and FAST instruments → a fabric's mechanics.

KES: S. Kawabata, The Standardization and Analysis of Hand Evaluation, 2nd ed. 1980. FAST: A. De Boos and D. Tester,
SiroFAST, CSIRO report WT92.02, 1994. Where no unit stands, the instrument's own is meant; what a drape has no use for
is named, not hidden.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from .fabric import SECANT_TENSION, Curve, FabricRefused, Mechanics, mechanics, new_name, secant
from .fabric_table import Readings, Table, read_table

GF_PER_CM = 0.980665  # N/m in one gf/cm
KES_LOAD = 500.0  # gf/cm at which EMT, WT and LT are read, unless the sheet has Fm
FAST_LOADS = (("E5", 5 * GF_PER_CM), ("E20", 20 * GF_PER_CM), ("E100", SECANT_TENSION))
TOE = 0.1  # initial slope of a tension curve over its mean slope: within what KES charts of woven cloths show
POINTS = 12

HEAVIEST = 1.5  # kg/m²
LENGTHS = (0.002, 0.060)  # m of bending length, from gossamer to what stands by itself

_MOST_BYTES = 1_000_000
_AGREE = 0.15  # two ways to one number may differ by this much, a sheet's rounding included

# Kind of quantity -> unit as `_unit` writes it -> its factor to SI. The first of each system is its instrument's own.
_UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "number": {"": 1.0, "1": 1.0},
        "strain": {"%": 0.01, "percent": 0.01, "pct": 0.01},
        "density": {"mg/cm2": 0.01, "g/m2": 1e-3, "gsm": 1e-3, "kg/m2": 1.0, "oz/yd2": 0.0339057},
        "length": {"mm": 1e-3, "cm": 1e-2, "um": 1e-6, "m": 1.0},
        "bending": {
            "gfcm2/cm": 98.0665e-6, "gcm2/cm": 98.0665e-6, "unm": 1e-6, "unm2/m": 1e-6, "mnm": 1e-3, "nm": 1.0,
            "nm2/m": 1.0, "mgcm": 9.80665e-8, "mgfcm": 9.80665e-8,
        },
        "shear": {
            "gf/cmdeg": GF_PER_CM * 180 / math.pi, "g/cmdeg": GF_PER_CM * 180 / math.pi, "n/m": 1.0, "n/mrad": 1.0,
        },
        "work": {"gfcm/cm2": GF_PER_CM, "gcm/cm2": GF_PER_CM, "j/m2": 1.0, "nm/m2": 1.0},
        "load": {"gf/cm": GF_PER_CM, "g/cm": GF_PER_CM, "n/m": 1.0},
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Quantity:
    kind: str
    own: str  # the instrument's unit
    names: tuple[str, ...] = ()
    two: bool = False  # measured along warp and weft
    used: bool = True


def _idle(names: tuple[str, ...] = ()) -> _Quantity:
    return _Quantity("any", "", names, two=True, used=False)


_SYSTEMS: Mapping[str, Mapping[str, _Quantity]] = MappingProxyType(
    {
        "KES": {
            "W": _Quantity("density", "mg/cm2", ("weight", "mass")),
            "T0": _Quantity("length", "mm", ("to",)),
            "TM": _Quantity("length", "mm"),
            "LT": _Quantity("number", "", ("tensile linearity", "linearity"), two=True),
            "WT": _Quantity("work", "gfcm/cm2", ("tensile energy", "tensile work"), two=True),
            "EMT": _Quantity("strain", "%", ("em", "elongation", "tensile strain"), two=True),
            "FM": _Quantity("load", "gf/cm", ("maximum load", "max load")),
            "B": _Quantity("bending", "gfcm2/cm", ("bending rigidity", "bending stiffness"), two=True),
            "G": _Quantity("shear", "gf/cmdeg", ("shear rigidity", "shear stiffness"), two=True),
            "MIU": _Quantity("number", "", ("coefficient of friction", "friction coefficient"), two=True),
            "RT": _idle(("tensile resilience",)),
            **{symbol: _idle() for symbol in ("2HB", "2HG", "2HG3", "2HG5", "MMD", "SMD", "LC", "WC", "RC", "EMC")},
        },
        "FAST": {
            "W": _Quantity("density", "g/m2", ("weight", "mass")),
            "T2": _Quantity("length", "mm"),
            "E5": _Quantity("strain", "%", two=True),
            "E20": _Quantity("strain", "%", two=True),
            "E100": _Quantity("strain", "%", two=True),
            "EB5": _Quantity("strain", "%", ("bias extension",)),
            "C": _Quantity("length", "mm", ("bending length",), two=True),
            "B": _Quantity("bending", "unm", ("bending rigidity", "bending stiffness"), two=True),
            "G": _Quantity("shear", "n/m", ("shear rigidity", "shear stiffness")),
            **{symbol: _idle() for symbol in ("T100", "ST", "T2R", "T100R", "STR", "RS", "HE", "HC", "F", "PP")},
        },
    }
)
_NAMES = {symbol: each.names for quantities in _SYSTEMS.values() for symbol, each in quantities.items()}


@dataclass(frozen=True)
class SheetFabric:
    """A fabric read off a data sheet.

    system KES or FAST · like: the fabric whose yarns and look it takes, and these numbers: taken · unused: quantities
    of the sheet that a drape has no use for · passed_over: its lines that name no quantity
    """

    fabric: Mechanics
    system: str
    like: str
    taken: tuple[str, ...]
    unused: tuple[str, ...]
    passed_over: tuple[str, ...]


def read_fabric_sheet(path: Path, name: str, label: str = "", like: str = "cotton_poplin") -> SheetFabric:
    """A fabric from a file, see `fabric_of_sheet`. Raises FabricRefused."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FabricRefused(f"{path.name} is larger than any data sheet: give the CSV or text of one fabric.")
        raw = path.read_bytes()
    except OSError as error:
        raise FabricRefused(f"{path} cannot be read: {error.strerror}.") from error
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if "\0" in text:
        raise FabricRefused(f"{path.name} is no text: save the sheet as CSV or text.")
    return fabric_of_sheet(text, name, label or path.stem, like)


def fabric_of_sheet(text: str, name: str, label: str, like: str = "cotton_poplin") -> SheetFabric:
    """A KES or FAST sheet's text → the fabric `name`.

    A sheet must hold weight, bending, shear and extension: KES W, B, G, EMT and LT or WT; FAST W, B or C, G or EB5, and
    E100. The rest (thickness, friction; friction on the skin, which neither measures) is taken from the fabric `like`
    where the sheet lacks it. Raises FabricRefused, naming what is missing, impossible or in an odd unit.
    """
    new_name(name)
    model = mechanics(like)
    table = read_table(text, _NAMES)
    symbols = list(dict.fromkeys(symbol for symbol, _ in table.readings))
    system = _system(set(symbols))
    quantities = _SYSTEMS[system]
    si = _si(table, quantities)
    values, sources = (_from_kes if system == "KES" else _from_fast)(si)
    taken = [key for key in ("thickness", "friction", "friction_skin") if key not in values]
    for key in taken:
        values[key] = getattr(model, key)
        sources[key] = f"estimate: as {model.label} ({model.sources[key]})"
    fabric = Mechanics(name=name, label=label, sources=MappingProxyType(sources), **values)  # type: ignore[arg-type]
    _look_at(fabric)
    unused = tuple(symbol for symbol in symbols if not quantities[symbol].used)
    return SheetFabric(fabric, system, like, tuple(taken), unused, table.passed_over)


def kes_curve(linearity: float, extension: float, load: float) -> Curve:
    """The tension curve ((strain, N/m), …) of given LT, EMT (a strain) and greatest load (N/m).

    T/load = TOE x + (1 − TOE) x^p with x = strain/EMT: a steady toe, then the stiffening that LT tells of. Its area is
    LT/2 of the rectangle for p = 2 (1 − TOE)/(LT − TOE) − 1.
    """
    power = 2 * (1 - TOE) / (linearity - TOE) - 1
    shares = [(k + 1) / POINTS for k in range(POINTS)]
    return tuple((extension * x, load * (TOE * x + (1 - TOE) * x**power)) for x in shares)


Values = dict[str, float | Curve]
Si = Mapping[tuple[str, str], float]


def _from_kes(si: Si) -> tuple[Values, dict[str, str]]:
    tension = [f"EMT {way}" for way in ("warp", "weft") if ("EMT", way) not in si]
    tension += [f"LT or WT {way}" for way in ("warp", "weft") if not {("LT", way), ("WT", way)} & set(si)]
    _require("KES", [*_lacking(si, "W", "B", "G"), *tension])
    values: Values = {
        "density": si["W", "both"],
        "shear": (si["G", "warp"] + si["G", "weft"]) / 2,
        "bend_warp": si["B", "warp"],
        "bend_weft": si["B", "weft"],
    }
    sources = {
        "density": "measured: KES W",
        "shear": "measured: KES G, mean of warp and weft",
        "bend_warp": "measured: KES B along the warp",
        "bend_weft": "measured: KES B along the weft",
    }
    load = si.get(("FM", "both"), KES_LOAD * GF_PER_CM)
    for way in ("warp", "weft"):
        extension = si["EMT", way]
        implied = 2 * si["WT", way] / (load * extension) if ("WT", way) in si else si["LT", way]
        linearity = si.get(("LT", way), implied)
        if abs(implied - linearity) > _AGREE * linearity:
            raise FabricRefused(
                f"LT, WT and EMT of the {way} do not belong together: WT / (0.5 · EMT · {load / GF_PER_CM:g} gf/cm) is "
                f"{implied:.3g}, LT {linearity:.3g}. Look for a slip, or state Fm if it is not {KES_LOAD:g} gf/cm."
            )
        if not 0.25 <= linearity <= 1.2:
            raise FabricRefused(f"LT of the {way} is {linearity:.3g}; cloth has 0.25 to 1.2.")
        curve = kes_curve(linearity, extension, load)
        values[f"curve_{way}"], values[f"stretch_{way}"] = curve, secant(curve)
        sources[f"curve_{way}"] = f"derived: KES EMT and LT along the {way}, a curve of that end and area"
        sources[f"stretch_{way}"] = f"derived: secant of curve_{way} at 10 % or 98 N/m"
    if ("T0", "both") in si:
        thick, pressed = si["T0", "both"], si.get(("TM", "both"))
        if pressed is not None and pressed > thick:
            raise FabricRefused("TM is greater than T0: cloth under 50 gf/cm² is thinner than under 0.5.")
        share = math.log(2 / 0.5) / math.log(50 / 0.5)  # thickness falls with the logarithm of pressure
        values["thickness"] = thick if pressed is None else thick - share * (thick - pressed)
        sources["thickness"] = "measured: KES T0" if pressed is None else "derived: KES T0 and TM, taken to 2 gf/cm2"
    if {("MIU", "warp"), ("MIU", "weft")} <= set(si):
        values["friction"] = (si["MIU", "warp"] + si["MIU", "weft"]) / 2
        sources["friction"] = "estimate: KES MIU, cloth on the instrument's steel wires; on cloth it is rather more"
    return values, sources


def _from_fast(si: Si) -> tuple[Values, dict[str, str]]:
    bending = [f"B or C {way}" for way in ("warp", "weft") if not {("B", way), ("C", way)} & set(si)]
    shear = [] if {("G", "both"), ("EB5", "both")} & set(si) else ["G or EB5"]
    _require("FAST", [*_lacking(si, "W", "E100"), *bending, *shear])
    density = si["W", "both"]
    values: Values = {"density": density}
    sources = {"density": "measured: FAST W"}
    for way in ("warp", "weft"):
        from_length = density * 9.81 * si["C", way] ** 3 if ("C", way) in si else si["B", way]
        rigidity = si.get(("B", way), from_length)
        _agree(f"B of the {way}", rigidity, "W · C³ · 9.81", from_length, 1e6, "µN·m")
        values[f"bend_{way}"] = rigidity
        sources[f"bend_{way}"] = (
            f"measured: FAST B along the {way}" if ("B", way) in si else f"derived: FAST W C^3 9.81 along the {way}"
        )
        known = [(si[symbol, way], load) for symbol, load in FAST_LOADS if (symbol, way) in si]
        points = tuple(point for point in known if point[0] > 0)  # a ruler may see nothing under 5 gf/cm
        if any(b[0] <= a[0] for a, b in itertools.pairwise(points)):
            raise FabricRefused(f"E5, E20 and E100 of the {way} must grow: cloth gives more under more load.")
        values[f"stretch_{way}"] = SECANT_TENSION / si["E100", way]
        sources[f"stretch_{way}"] = f"measured: FAST E100 along the {way}, stretch = 98.1/E100"
        if len(points) > 1:
            values[f"curve_{way}"], values[f"stretch_{way}"] = points, secant(points)
            sources[f"curve_{way}"] = f"measured: FAST extension along the {way} at 5, 20 and 100 gf/cm"
    from_bias = 123 / (100 * si["EB5", "both"]) if ("EB5", "both") in si else si["G", "both"]
    values["shear"] = shear_rigidity = si.get(("G", "both"), from_bias)
    _agree("G", shear_rigidity, "123/EB5", from_bias, 1.0, "N/m")
    sources["shear"] = "measured: FAST G" if ("G", "both") in si else "derived: FAST 123/EB5"
    if ("T2", "both") in si:
        values["thickness"], sources["thickness"] = si["T2", "both"], "measured: FAST T2"
    return values, sources


def _look_at(fabric: Mechanics) -> None:
    """Raise FabricRefused for what slips of units make of a cloth, though each number by itself might be one's."""
    if fabric.density > HEAVIEST:
        raise FabricRefused(f"W makes {1e3 * fabric.density:.4g} g/m², more than any cloth: look at its unit.")
    for way, length in zip(("warp", "weft"), fabric.bending_length, strict=True):
        if not LENGTHS[0] <= length <= LENGTHS[1]:
            raise FabricRefused(
                f"B of the {way} and W make a bending length of {1e3 * length:.3g} mm; cloth has "
                f"{1e3 * LENGTHS[0]:g} to {1e3 * LENGTHS[1]:g} mm: look at their units."
            )


def _lacking(si: Si, *symbols: str) -> list[str]:
    """What is missing of these, each in its one or two directions."""
    lacking: list[str] = []
    for symbol in symbols:
        ways = ("both",) if symbol == "W" else ("warp", "weft")
        lacking += [symbol if way == "both" else f"{symbol} {way}" for way in ways if (symbol, way) not in si]
    return lacking


def _require(system: str, missing: list[str]) -> None:
    if missing:
        raise FabricRefused(f"The {system} sheet lacks {', '.join(missing)}: add what was measured.")


def _agree(one: str, value: float, other: str, again: float, scale: float, unit: str) -> None:
    if abs(again - value) > _AGREE * value:
        raise FabricRefused(
            f"{one} is {scale * value:.3g} {unit}, but {other} gives {scale * again:.3g}: one of them is a slip."
        )


def _system(symbols: set[str]) -> str:
    telling = {name: symbols & (set(_SYSTEMS[name]) - set(_SYSTEMS[other])) for name, other in _PAIRS}
    if telling["KES"] and telling["FAST"]:
        mixed = ", ".join(sorted(telling["KES"] | telling["FAST"]))
        raise FabricRefused(f"The sheet mixes quantities of KES and FAST ({mixed}): give one instrument's sheet.")
    if not telling["KES"] and not telling["FAST"]:
        raise FabricRefused("This is no sheet of KES (LT, WT, EMT, B, G, W …) or FAST (E100, C, B, G, W …).")
    return "KES" if telling["KES"] else "FAST"


_PAIRS = (("KES", "FAST"), ("FAST", "KES"))


def _si(table: Table, quantities: Mapping[str, _Quantity]) -> dict[tuple[str, str], float]:
    """Every used quantity in SI, readings averaged; what was given for both directions stands for each."""
    given: Readings = {}
    for (symbol, way), readings in table.readings.items():  # a weight may stand in the warp's column
        if quantities[symbol].used:
            given.setdefault((symbol, way if quantities[symbol].two else "both"), []).extend(readings)
    si: dict[tuple[str, str], float] = {}
    for (symbol, way), readings in given.items():
        quantity = quantities[symbol]
        units = _UNITS[quantity.kind]
        for reading in readings:
            if reading.unit and reading.unit not in units:
                known = ", ".join(each for each in units if each) or "no unit"
                raise FabricRefused(f"{symbol} is in “{reading.unit}”, which is odd for it: write it in {known}.")
        value = sum(each.value * units[each.unit or quantity.own] for each in readings) / len(readings)
        if not math.isfinite(value) or value < 0 or (value == 0 and symbol not in ("E5", "E20")):
            raise FabricRefused(f"{symbol} is {value:g}, which cannot be: read it again.")
        if way != "both" or not quantity.two:
            si[symbol, way] = value
            continue
        for each in ("warp", "weft"):
            if (symbol, each) not in given:
                si[symbol, each] = value
    return si
