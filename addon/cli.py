# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `blender -b --command toile …` where Toile is installed, `python build.py run -- …` in a clone.

Progress goes to stderr. With --json the last line of stdout is one JSON object. Exit status: 0 done, 2 wrong use,
3 refused (with `"refused": "<reason>"`), 1 a fault of ours.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import logging
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn, get_args

from ..patterns.marker import Fabric, Nap
from ..patterns.printing import PAPERS, WHOLE
from ..sim.fabric_measure import Hung, Readings
from ..sim.laboratory import MESH_KINDS, TESTS
from ..sim.laboratory.cusick import DISCS
from . import commands, export_command, fabric_commands, fabric_learning, recommend_commands
from .batch_command import make_batch
from .commands import Report, Speaker
from .fabric_test import ALL, Wanted, fabric_test
from .refusals import sentence_of
from .size_commands import sizes
from .techpack_command import PackWanted, make_tech_pack

DONE, FAULT, WRONG_USE, REFUSED, STOPPED = 0, 1, 2, 3, 130  # 130: by Ctrl-C, as shells have it
log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not name=value")
    return name, value


def _number_pair(text: str) -> tuple[str, float]:
    name, value = _pair(text)
    try:
        return name, float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is not a number (metres)") from None


def _command(verbs: Any, name: str, help: str, run: Callable[[argparse.Namespace], Report]) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=help, description=help)
    parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")
    parser.set_defaults(run=run)
    return parser


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not 0, 1, 2 …")
    return int(text)


def _with_choices(parser: argparse.ArgumentParser, help: str, kind: Callable[[str], Any] = _pair) -> None:
    parser.add_argument(
        "--set", dest="choices", type=kind, action="append", default=[], metavar="NAME=VALUE", help=help
    )


def _with_styles(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--styles-dir", action="append", default=[], metavar="DIR", help="a folder of your studio's own styles"
    )


def _with_hand(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preset", metavar="FILE", help="in place of a style: its choices and adjustments too")
    parser.add_argument("--adjustments", metavar="FILE", help="a JSON list of what a hand changes on the draft")
    _with_styles(parser)


def _with_inner(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inner", action="store_true", help="drape facings and linings too")


def _counted(text: str) -> tuple[str, int]:
    path, equals, count = text.rpartition("=")
    if not equals:
        return text, 1
    if not (path and count.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not FILE or FILE=how many")
    return path, int(count)


def _with_paper(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--paper", choices=(WHOLE, *PAPERS), default=WHOLE, help="of the PDF, in tiles; default: one page for a plotter"
    )


def _wanted(a: argparse.Namespace) -> commands.Wanted:
    return commands.Wanted(a.what, dict(a.choices), a.preset, a.adjustments, getattr(a, "inner", False))


def _size_count(text: str) -> tuple[str, int]:
    size, count = _pair(text)
    if not count.isdecimal():
        raise argparse.ArgumentTypeError(f"{count!r} is no number of garments")
    return size, int(count)


def _with_sizes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size", dest="sizes", type=_pair, action="append", required=True, metavar="NAME=body.json",
        help="a size and its body, from the smallest to the largest",
    )  # fmt: skip
    parser.add_argument(
        "--sample", default="", metavar="NAME", help="the size that others count from; default: the middle"
    )


def _with_lay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=float, required=True, metavar="M", help="of the fabric, between its selvedges")
    parser.add_argument(
        "--nap",
        choices=get_args(Nap),
        nargs="?",
        const="one_way",
        default="none",
        help="the fabric has a direction: all pieces lie one way round, or each garment's do",
    )
    parser.add_argument("--repeat-along", type=float, default=0.0, metavar="M", help="of stripes, along the warp")
    parser.add_argument("--repeat-across", type=float, default=0.0, metavar="M", help="of stripes, across the warp")
    parser.add_argument(
        "--match",
        action="append",
        default=[],
        metavar="SEAM",
        help="over which stripes go on, the first first; default: all, the longest first",
    )
    parser.add_argument("--face-to-face", action="store_true", help="every second ply lies face down")
    parser.add_argument("--gap", type=float, default=0.002, metavar="M", help="between pieces, for the knife")
    parser.add_argument("--seconds", type=int, default=20, metavar="S", help="to look for a shorter marker")


def _cloth(a: argparse.Namespace) -> Fabric:
    return Fabric(
        a.width, a.nap, a.gap, 0.0, a.repeat_along, a.repeat_across, tuple(a.match), face_to_face=a.face_to_face
    )


def _pack(a: argparse.Namespace) -> PackWanted:
    return PackWanted(
        garment=_wanted(a),
        bodies=a.sizes,
        sample=a.sample,
        number=a.number,
        fabric=a.fabric,
        laid_on=_cloth(a),
        counts=dict(a.counts),
        seconds=a.seconds,
        prices=a.prices,
        drape=not a.no_drape,
        engine=a.engine,
        distance=a.particle_distance,
    )


def _with_new_fabric(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="small letters, digits and _")
    parser.add_argument("--label", default="")
    parser.add_argument(
        "--like", default="cotton_poplin", metavar="FABRIC", help="looks like it, and lends what is not told"
    )
    parser.add_argument("--out", metavar="DIR", help="your fabrics' folder; default: the one that TOILE_FABRICS names")


def _weight(text: str) -> tuple[float, float]:
    mass, extension = _number_pair(text)
    try:
        return float(mass), extension
    except ValueError:
        raise argparse.ArgumentTypeError(f"{mass!r} is not a number (kilograms)") from None


def _readings(a: argparse.Namespace) -> Readings:
    (width, length), strip = a.piece, a.strip
    warp, weft = (Hung(strip[0], strip[1], tuple(hung)) if hung else None for hung in (a.hung_warp, a.hung_weft))
    return Readings(
        mass=a.mass,
        width=width,
        length=length,
        overhang_warp=tuple(a.overhang_warp),
        overhang_weft=tuple(a.overhang_weft),
        angle=math.radians(a.angle),
        warp=warp,
        weft=weft,
        ruler=a.ruler,
        scale=a.scale,
        protractor=math.radians(a.protractor),
    )


def _parser() -> argparse.ArgumentParser:
    speaker = Speaker(sys.stderr)
    parser = _Parser(prog="toile", description="From any body to a sewn, draped and clothed garment.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    p = _command(
        verbs,
        "demo",
        "Scan, measure, draft, drape, clothe, export and photograph one garment",
        lambda a: commands.demo(a.scan, a.style, a.engine, a.out, a.particle_distance, a.seed, speaker),
    )
    p.set_defaults(in_words=commands.demo_in_words)
    p.add_argument("--scan", help="a body scan; without it one is synthesised from an avatar of known measures")
    p.add_argument("--style", default="tshirt")
    p.add_argument("--engine", choices=commands.ENGINES, default="auto")
    p.add_argument("--out", required=True, metavar="DIR")
    p.add_argument("--particle-distance", type=float, default=commands.DEFAULT_DISTANCE, metavar="M")
    p.add_argument("--seed", type=_seed, default=0)

    p = _command(
        verbs,
        "measure",
        "Turn a scan into a measured body",
        lambda a: commands.measure(a.scan, a.out, a.avatar, a.freesewing, speaker),
    )
    p.add_argument("scan", metavar="SCAN")
    p.add_argument("--out", metavar="body.json")
    p.add_argument("--avatar", metavar="avatar.glb", help="also write the registered avatar")
    p.add_argument("--freesewing", metavar="measurements.json", help="also write a table for FreeSewing")

    p = _command(
        verbs,
        "avatar",
        "Make a body from a few measures",
        lambda a: commands.make_avatar(dict(a.choices), a.sex, a.out, a.avatar, a.freesewing),
    )
    _with_choices(p, "a measurement in metres, such as stature=1.68", _number_pair)
    p.add_argument("--sex", choices=("woman", "man"))
    p.add_argument("--out", metavar="body.json")
    p.add_argument("--avatar", metavar="avatar.glb")
    p.add_argument("--freesewing", metavar="measurements.json")

    p = _command(
        verbs,
        "sizes",
        "List the size systems, tell a body's size in each, or make a system's run of avatars",
        lambda a: sizes(a.system, a.body, a.stature, a.build, a.out),
    )
    p.add_argument("system", nargs="?", metavar="SYSTEM")
    p.add_argument("--body", metavar="body.json", help="whose size to tell")
    p.add_argument("--stature", type=float, metavar="M", help="of the run; the system's middle one without it")
    p.add_argument("--build", metavar="LETTER", help="of the run, such as A or AB")
    p.add_argument("--out", metavar="DIR", help="write an avatar's body.json for every size")

    p = _command(
        verbs,
        "styles",
        "List the styles, or show one",
        lambda a: commands.show_style(a.name) if a.name else commands.list_styles(),
    )
    p.add_argument("show", nargs="?", choices=("show",))
    p.add_argument("name", nargs="?")
    _with_styles(p)

    p = _command(
        verbs,
        "draft",
        "Draft a style for a body",
        lambda a: commands.make_draft(_wanted(a), a.body, a.measurements, a.person, a.paper, a.out),
    )
    p.add_argument("what", nargs="?", metavar="STYLE|pattern.json")
    measured = p.add_mutually_exclusive_group(required=True)
    measured.add_argument("--body", metavar="body.json")
    measured.add_argument("--measurements", metavar="FILE", help="a table of FreeSewing, Seamly2D or Valentina")
    p.add_argument("--person", default="", metavar="NAME", help="which of several in FreeSewing's table")
    _with_choices(p, "a parameter of the style")
    _with_hand(p)
    _with_paper(p)
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "grade",
        "Draft a style for every size of a run, with grade rules, DXF, RUL and nested PDF",
        lambda a: commands.make_grade(_wanted(a), a.sizes, a.sample, a.paper, a.out),
    )
    p.add_argument("what", nargs="?", metavar="STYLE")
    _with_sizes(p)
    _with_choices(p, "a parameter of the style")
    _with_hand(p)
    _with_paper(p)
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "marker",
        "Lay garments' pieces on a width of fabric, as short as they go",
        lambda a: commands.make_marker(a.garments, _cloth(a), a.role, a.fabric, a.seconds, a.out),
    )
    p.add_argument("garments", nargs="+", type=_counted, metavar="pattern.json[=N]", help="and how many of each")
    _with_lay(p)
    p.add_argument("--role", default="main", metavar="NAME", help="which of the garments' fabrics, such as lining")
    p.add_argument("--fabric", metavar="NAME", help="what it is made of, for its weight")
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "techpack",
        "Write what a factory works from: measures, pictures, seams, materials and costs, in English and Chinese",
        lambda a: make_tech_pack(_pack(a), a.out, speaker),
    )
    p.add_argument("what", nargs="?", metavar="STYLE")
    _with_sizes(p)
    _with_choices(p, "a parameter of the style")
    _with_hand(p)
    _with_lay(p)
    p.add_argument("--count", dest="counts", type=_size_count, action="append", default=[], metavar="SIZE=N",
                   help="garments of a size on the marker; default: one of each")  # fmt: skip
    p.add_argument("--fabric", metavar="NAME", help="default: the style's own")
    p.add_argument("--number", default="", metavar="TEXT", help="the style's number in your house")
    p.add_argument("--prices", metavar="FILE.toml", help="your prices; default: assets/costs.toml, which are examples")
    p.add_argument("--no-drape", action="store_true", help="without pictures, flats and fit")
    _with_inner(p)
    p.add_argument("--engine", choices=commands.ENGINES, default="auto")
    p.add_argument("--particle-distance", type=float, default=commands.DEFAULT_DISTANCE, metavar="M")
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "batch",
        "Make the garments of a job file side by side, each in a process of its own; again: what is missing",
        lambda a: make_batch(a.job, a.out, a.workers, a.scheduler, a.dry_run, speaker),
    )
    p.add_argument("job", nargs="?", metavar="JOB.toml", help="without it: the JSON schema of such a file")
    p.add_argument("--out", metavar="DIR", help="a folder per garment, manifest.json and log.jsonl")
    p.add_argument("--workers", type=int, default=1, metavar="N", help="garments at a time")
    p.add_argument("--scheduler", default="", metavar="tcp://HOST:PORT", help="of a Dask cluster with the same disk")
    p.add_argument("--dry-run", action="store_true", help="say what would be made, and about how long it takes")
    _with_styles(p)

    p = _command(
        verbs,
        "import",
        "Bring in a pattern of Seamly2D, Valentina (.sm2d, .val), GarmentCode, FreeSewing (.json) or a factory (.dxf)",
        lambda a: commands.import_pattern(a.file, a.measurements, a.body, dict(a.choices), a.out),
    )
    p.add_argument("file", metavar="FILE")
    p.add_argument("--measurements", metavar="FILE", help="of Seamly2D or Valentina; default: the one beside FILE")
    p.add_argument("--body", metavar="body.json", help="whose measurements take the place of the table's")
    _with_choices(p, "a measurement by the file's own name, in metres", _number_pair)
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "drape",
        "Sew and drape a style or a pattern.json on a body",
        lambda a: commands.make_drape(
            _wanted(a),
            a.body,
            a.fabric,
            a.engine,
            a.device,
            a.particle_distance,
            export_command.in_colours(a, speaker),
            a.out,
            speaker,
        ),
    )
    p.add_argument("what", nargs="?", metavar="STYLE|pattern.json")
    p.add_argument("--body", required=True, metavar="body.json")
    _with_choices(p, "a parameter of the style")
    _with_hand(p)
    p.add_argument("--fabric", metavar="NAME", help="default: the style's own")
    p.add_argument("--engine", choices=commands.ENGINES, default="auto")
    p.add_argument("--device", default="", metavar="cpu|cuda|cuda:1", help="default: the best there is")
    p.add_argument("--particle-distance", type=float, default=commands.DEFAULT_DISTANCE, metavar="M")
    _with_inner(p)
    p.add_argument("--colour", dest="colours", action="append", default=[], metavar="#RRGGBB",
                   help="that the garment is dyed; give it again for more")  # fmt: skip
    export_command.with_formats(p, required=False)
    p.add_argument("--out", required=True, metavar="DIR")

    export_command.declare(verbs, _command, speaker)
    recommend_commands.declare(verbs, _command, speaker)

    p = verbs.add_parser(
        "serve", help="The review server: designers and customers, live (serve --help says more)", add_help=False
    )
    p.add_argument("words", nargs=argparse.REMAINDER)

    fabric = verbs.add_parser("fabric", help="List fabrics; make, measure, import or vary one; train what learns them")
    fabric_verbs = fabric.add_subparsers(dest="fabric_verb", required=True, metavar="COMMAND")
    _command(fabric_verbs, "list", "List the fabrics", lambda _: commands.list_fabrics())
    fabric_learning.declare(fabric_verbs, _command, speaker)
    fabric_commands.declare(fabric_verbs, _command, speaker)
    p = _command(
        fabric_verbs,
        "import",
        "Make a fabric from a data sheet of the KES or FAST instruments",
        lambda a: commands.import_fabric(a.sheet, a.name, a.label, a.like, a.out),
    )
    p.add_argument("sheet", metavar="FILE", help="CSV or text")
    _with_new_fabric(p)

    p = _command(
        fabric_verbs,
        "measure",
        "Make a fabric from what a scale, a ruler and weights say (metres, kilograms, degrees)",
        lambda a: commands.measure_fabric(_readings(a), a.name, a.label, a.like, a.out),
    )
    p.add_argument("--mass", type=float, required=True, metavar="KG", help="of a piece cut out")
    p.add_argument("--piece", type=float, nargs=2, required=True, metavar="M", help="its width and length")
    for way in ("warp", "weft"):
        p.add_argument(
            f"--overhang-{way}", type=float, nargs="+", required=True, metavar="M",
            help="of each strip at which the line from the edge to its tip falls by the angle",
        )  # fmt: skip
        p.add_argument(
            f"--hung-{way}",
            type=_weight,
            nargs="+",
            metavar="KG=M",
            help="each weight, and how far the strip gave",
        )
    p.add_argument("--angle", type=float, default=41.5, metavar="DEGREES")
    p.add_argument("--strip", type=float, nargs=2, default=(0.05, 0.2), metavar="M", help="hung strips: width, length")
    p.add_argument("--ruler", type=float, default=1e-3, metavar="M", help="its smallest division")
    p.add_argument("--scale", type=float, default=1e-5, metavar="KG", help="its smallest division")
    p.add_argument("--protractor", type=float, default=1.0, metavar="DEGREES", help="its smallest division")
    _with_new_fabric(p)

    p = _command(
        verbs,
        "fabric-test",
        "Take the trade's tests of a fabric on a drape engine, beside what is exactly right",
        lambda a: fabric_test(
            Wanted(
                a.test, a.fabric, a.engine, a.mesh, a.particle_distance, a.direction, a.disc, a.specimens, a.picture
            ),
            speaker,
        ),
    )
    p.add_argument("test", choices=(*TESTS, ALL))
    p.add_argument("--fabric", required=True, metavar="NAME")
    p.add_argument("--particle-distance", type=float, metavar="M", help="default: the test's own")
    p.add_argument("--direction", type=float, metavar="DEGREES", help="from the warp; default: 0, and 45 for bias")
    p.add_argument("--mesh", choices=MESH_KINDS, default="alternate")
    p.add_argument("--engine", choices=commands.ENGINES, default="auto")
    p.add_argument("--disc", type=float, choices=DISCS, metavar="M", help="Cusick: 0.24, 0.30 (default) or 0.36 across")
    p.add_argument("--specimens", type=int, metavar="N", help="Cusick: how many discs to take the mean of; default: 1")
    p.add_argument("--picture", type=Path, metavar="FILE.png", help="of cusick and cantilever")
    return parser


def _served(words: Sequence[str]) -> int:
    """What `python -m collab_server` does with these words; its exit status."""
    try:
        from ..collab_server import __main__ as server
    except ImportError as error:
        print(f"toile: the review server needs {error.name}: pip install it beside Toile.", file=sys.stderr)
        return REFUSED
    return server.main(words)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        words, parser = sys.argv[1:] if argv is None else argv, _parser()
        if "" in words:  # a shell's variable that was never set: a path of "" would be the folder one stands in
            parser.error("an empty argument: give it a value, or leave it out")
        arguments = parser.parse_args(words)
        if arguments.verb == "serve":
            return _served(arguments.words)
    except SystemExit as stop:
        return int(stop.code or 0)
    report: Report
    try:
        commands.name_styles(getattr(arguments, "styles_dir", ()))
        report, status = arguments.run(arguments), DONE
    except KeyboardInterrupt:
        print("toile: stopped", file=sys.stderr)
        return STOPPED
    except (ValueError, RuntimeError, OSError) as error:
        sentence = sentence_of(error) if getattr(error, "refused", True) else None
        if sentence is None:
            log.error("a fault", exc_info=error)
            print(f"toile: {type(error).__name__}: {error}", file=sys.stderr)
            return FAULT
        report, status = {"refused": sentence}, REFUSED
        print(f"toile: refused: {report['refused']}", file=sys.stderr)
    _flush()
    if arguments.json:
        print(json.dumps(report), flush=True)
    elif status == DONE:
        in_words = getattr(arguments, "in_words", None)
        print(in_words(report) if in_words else json.dumps(report, indent=1), flush=True)
    return status


def _flush() -> None:
    """Python's output and then C's: what Blender's exporters say would come out of a pipe last, after the report."""
    sys.stdout.flush()
    ctypes.CDLL("ucrtbase" if os.name == "nt" else None).fflush(None)


if __name__ == "__main__":
    sys.exit(main())
