# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: `blender -b --command toile …` where Toile is installed, `python build.py run -- …` in a clone.

Progress goes to stderr. With --json the last line of stdout is one JSON object. Exit status: 0 done, 2 wrong use,
3 refused (with `"refused": "<reason>"`), 1 a fault of ours.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import commands
from .commands import Report, Speaker

DONE, FAULT, WRONG_USE, REFUSED = 0, 1, 2, 3
log = logging.getLogger(__name__)
_PACKAGE = __package__.removesuffix(".addon")


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


def _with_choices(parser: argparse.ArgumentParser, help: str, kind: Callable[[str], Any] = _pair) -> None:
    parser.add_argument(
        "--set", dest="choices", type=kind, action="append", default=[], metavar="NAME=VALUE", help=help
    )


def _parser() -> argparse.ArgumentParser:
    speaker = Speaker(sys.stderr)
    parser = _Parser(prog="toile", description="From any body to a sewn, draped and clothed garment.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    p = _command(
        verbs,
        "demo",
        "Scan, measure, draft, drape, clothe, export and photograph one garment",
        lambda a: commands.demo(a.scan, a.style, a.out, a.particle_distance, a.seed, speaker),
    )
    p.set_defaults(in_words=commands.demo_in_words)
    p.add_argument("--scan", help="a body scan; without it one is synthesised from an avatar of known measures")
    p.add_argument("--style", default="tshirt")
    p.add_argument("--out", required=True, metavar="DIR")
    p.add_argument("--particle-distance", type=float, default=commands.DEFAULT_DISTANCE, metavar="M")
    p.add_argument("--seed", type=int, default=0)

    p = _command(
        verbs,
        "measure",
        "Turn a scan into a measured body",
        lambda a: commands.measure(a.scan, a.out, a.avatar, speaker),
    )
    p.add_argument("scan", metavar="SCAN")
    p.add_argument("--out", metavar="body.json")
    p.add_argument("--avatar", metavar="avatar.glb", help="also write the registered avatar")

    p = _command(
        verbs,
        "avatar",
        "Make a body from a few measures",
        lambda a: commands.make_avatar(dict(a.choices), a.sex, a.out, a.avatar),
    )
    _with_choices(p, "a measurement in metres, such as stature=1.68", _number_pair)
    p.add_argument("--sex", choices=("woman", "man"))
    p.add_argument("--out", metavar="body.json")
    p.add_argument("--avatar", metavar="avatar.glb")

    p = _command(
        verbs,
        "styles",
        "List the styles, or show one",
        lambda a: commands.show_style(a.name) if a.name else commands.list_styles(),
    )
    p.add_argument("show", nargs="?", choices=("show",))
    p.add_argument("name", nargs="?")

    p = _command(
        verbs,
        "draft",
        "Draft a style for a body",
        lambda a: commands.make_draft(a.style, a.body, dict(a.choices), a.out),
    )
    p.add_argument("style", metavar="STYLE")
    p.add_argument("--body", required=True, metavar="body.json")
    _with_choices(p, "a parameter of the style")
    p.add_argument("--out", required=True, metavar="DIR")

    p = _command(
        verbs,
        "drape",
        "Sew and drape a style or a pattern.json on a body",
        lambda a: commands.make_drape(
            a.what, a.body, dict(a.choices), a.fabric, a.engine, a.particle_distance, a.out, speaker
        ),
    )
    p.add_argument("what", metavar="STYLE|pattern.json")
    p.add_argument("--body", required=True, metavar="body.json")
    _with_choices(p, "a parameter of the style")
    p.add_argument("--fabric", metavar="NAME", help="default: the style's own")
    p.add_argument("--engine", choices=("auto", "blender"), default="auto")
    p.add_argument("--particle-distance", type=float, default=commands.DEFAULT_DISTANCE, metavar="M")
    p.add_argument("--out", required=True, metavar="DIR")

    fabric = verbs.add_parser("fabric", help="List the fabrics, or make one's maps")
    fabric_verbs = fabric.add_subparsers(dest="fabric_verb", required=True, metavar="COMMAND")
    _command(fabric_verbs, "list", "List the fabrics", lambda _: commands.list_fabrics())
    p = _command(
        fabric_verbs,
        "make",
        "Weave a recipe into maps at real scale",
        lambda a: commands.make_fabric(a.recipe, a.size, a.pixels, a.seed, a.out),
    )
    p.add_argument("recipe", metavar="RECIPE")
    p.add_argument("--size", type=float, metavar="M", help="about how large the tile is; default: the recipe's own")
    p.add_argument("--pixels", type=int, default=1024, metavar="N")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--out", required=True, metavar="DIR")
    return parser


def _refusal(error: Exception) -> str | None:
    """The sentence of one of our own named errors, or None for anything else."""
    known = isinstance(error, (ValueError, RuntimeError)) and type(error).__module__.startswith(_PACKAGE)
    return str(error) if known else None


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    report: Report
    try:
        report, status = arguments.run(arguments), DONE
    except (ValueError, RuntimeError, OSError) as error:
        sentence = _refusal(error)
        if sentence is None and not isinstance(error, FileNotFoundError):
            log.error("a fault", exc_info=error)
            print(f"toile: {type(error).__name__}: {error}", file=sys.stderr)
            return FAULT
        report, status = {"refused": sentence or f"There is no file {error.filename}."}, REFUSED
        print(f"toile: refused: {report['refused']}", file=sys.stderr)
    sys.stdout.flush()
    if arguments.json:
        print(json.dumps(report), flush=True)
    elif status == DONE:
        in_words = getattr(arguments, "in_words", None)
        print(in_words(report) if in_words else json.dumps(report, indent=1), flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
