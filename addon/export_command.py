# SPDX-License-Identifier: GPL-3.0-or-later
"""`toile export` and `toile verify`: a saved scene's garment into files, and whose a file is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .commands import CommandRefused, Report, Speaker, folder_of
from .exports.formats import FORMATS
from .exports.provenance import verify

NAMES = {kind.ending[1:]: name for name, kind in FORMATS.items()}  # glb → GLB, usdc → USD


def declare(verbs: Any, command: Callable[..., argparse.ArgumentParser], speaker: Speaker) -> None:
    """Add both commands to the command line."""
    p = command(
        verbs,
        "export",
        "Export the garment of a saved scene for the web, games, phones, films and printers, each file with a sidecar",
        lambda a: export_scene(a, speaker),
    )
    _of_a_scene(p)
    with_formats(p, required=True)
    p.add_argument("--alone", action="store_true", help="without the body, where a format can do without")

    p = command(
        verbs,
        "photograph",
        "Photograph a draped garment of a saved scene on its body, a PNG for each view",
        lambda a: photograph_scene(a, speaker),
    )
    _of_a_scene(p)
    p.add_argument("--view", dest="views", action="append", metavar="NAME", help="default: front and back")

    p = command(
        verbs,
        "verify",
        "Say whose an exported file is, or that it was changed",
        lambda a: verify_file(a.file, a.key),
    )
    p.add_argument("file", metavar="FILE")
    p.add_argument("--key", default="", metavar="FINGERPRINT", help="that it must be signed with")
    p.set_defaults(in_words=lambda report: report["sentence"])


def _of_a_scene(p: argparse.ArgumentParser) -> None:
    p.add_argument("file", metavar="SCENE.blend")
    p.add_argument("--garment", default="", metavar="NAME", help="which of several")
    p.add_argument("--out", required=True, metavar="DIR")


def with_formats(p: argparse.ArgumentParser, *, required: bool) -> None:
    """What a garment is written as: for whatever command writes one."""
    p.add_argument(
        "--format", dest="formats", choices=NAMES, action="append", required=required, help="give it again for more"
    )
    p.add_argument(
        "--triangles", type=int, default=0, metavar="N", help="reduce to at most so many; 0: as it was draped"
    )
    p.add_argument(
        "--levels", type=int, default=0, metavar="N", help="coarser levels, each with a quarter of the triangles"
    )
    p.add_argument(
        "--pixels", type=int, default=0, metavar="N", help="bake fabrics and folds into pictures of N × N, for games"
    )
    p.add_argument(
        "--variants", default="", metavar="LIST", help="of a GLB: fabrics and colours, as denim,Navy=#1f2a44"
    )
    p.add_argument("--draco", action="store_true", help="compress a GLB")
    p.add_argument("--wall", type=float, default=0.002, metavar="M", help="of a print")
    p.add_argument("--scale", type=float, default=0.25, metavar="SHARE", help="of a print, beside the garment's size")
    p.add_argument("--flat", action="store_true", help="print the pieces as they are cut")
    p.add_argument("--author", default="")
    p.add_argument("--licence", default="", help="an SPDX identifier, or any words")


def export_scene(a: argparse.Namespace, speaker: Speaker) -> Report:
    """A garment of a .blend → the files that are asked for, all or none."""
    from .provenance import user_key

    wanted = _wanted(a, a.formats, with_body=not a.alone)
    garment, (key, unsigned) = _garment(Path(a.file), a.garment), user_key()
    files = _written(garment, wanted, Path(a.out) / _clean(garment.name), key, speaker)
    return {"garment": garment.name, "files": files, "unsigned": unsigned or None}


def photograph_scene(a: argparse.Namespace, speaker: Speaker) -> Report:
    """A garment of a .blend on its body → a PNG for each view."""
    from . import bridge
    from .photography import SHOTS, photograph

    garment = _garment(Path(a.file), a.garment)
    figure = bridge.body_object_of(garment)
    if figure is None:
        raise CommandRefused(f"The body of {garment.name} was deleted: make the garment anew.")
    taken = photograph(figure, garment, folder_of(a.out), speaker, a.views or SHOTS)
    return {"garment": garment.name, "files": {path.name: str(path) for path in taken.values()}}


def in_colours(a: argparse.Namespace, speaker: Speaker) -> Callable[[Any, Path], Report]:
    """What writes a garment that was just draped, in every colour that is asked for or else its own; alone, where a
    format can do without the body. Raises what is wrong with the wishes before there is a garment.
    """
    from .dye import checked

    wanted = _wanted(a, a.formats or ["glb"], with_body=False)
    colours = [checked(colour) for colour in a.colours]

    def write(garment: Any, place: Path) -> Report:
        from . import bridge
        from .provenance import user_key

        key, files = user_key()[0], {}
        for colour in colours or [""]:
            garment.toile.colour = colour
            bridge.wear(garment, garment.toile.fabric)
            dyed = place.with_name(f"{place.name}-{colour[1:]}") if colour else place
            files |= _written(garment, wanted, dyed, key, speaker)
        return files

    return write


def _wanted(a: argparse.Namespace, formats: Sequence[str], *, with_body: bool) -> Any:
    from .exports.staging import Detail
    from .exports.variants import read_variants
    from .exports.writing import Wanted

    if a.levels < 0 or a.triangles < 0:
        raise CommandRefused("Levels and triangles are counted from 0 on.")
    if not (a.pixels == 0 or 64 <= a.pixels <= 8192):
        raise CommandRefused(f"Pictures are baked with 64 to 8192 pixels a side, not {a.pixels}.")
    return Wanted(
        tuple(name for name in FORMATS if name in {NAMES[each] for each in formats}),
        Detail(a.triangles, a.levels, a.pixels),
        read_variants(a.variants),
        draco=a.draco,
        wall=a.wall,
        scale=a.scale,
        flat=a.flat,
        with_body=with_body,
        author=a.author,
        licence=a.licence,
    )


def _written(garment: Any, wanted: Any, place: Path, key: bytes | None, speaker: Speaker) -> Report:
    from .exports.writing import prints_of, solids, write_all

    prints = prints_of(garment, wanted)
    bodies = solids(prints, wanted, garment.name, speaker) if prints else {}
    steps = write_all(garment, wanted, bodies, place, key)
    while True:
        try:
            told = next(steps)
            speaker(told.fraction, told.text)
        except StopIteration as done:
            return done.value


def _clean(name: str) -> str:
    import bpy

    return bpy.path.clean_name(name)


def _garment(file: Path, name: str) -> Any:
    """The garment of that name in a .blend, or its only one. Raises CommandRefused."""
    import bpy

    from .registration import ensure_registered

    if not file.is_file():
        raise CommandRefused(f"There is no file {file}.")
    ensure_registered()
    try:
        bpy.ops.wm.open_mainfile(filepath=str(file), load_ui=False, use_scripts=False)
    except RuntimeError as error:
        raise CommandRefused(f"{file.name} is no scene that this Blender can open.") from error
    garments = {obj.name: obj for obj in bpy.context.scene.objects if obj.toile.kind == "GARMENT"}
    if name not in garments and (name or len(garments) != 1):
        held = ", ".join(sorted(garments)) or "none"
        raise CommandRefused(f"{file.name} holds these garments: {held}. Give one with --garment NAME.")
    return garments[name] if name else next(iter(garments.values()))


def verify_file(file: str, key: str) -> Report:
    """Whose a file is, by its sidecar. Raises ProvenanceRefused where it was changed."""
    found = verify(Path(file), key)
    told = {name: getattr(found, name) for name in ("author", "licence", "tool", "sha256", "key")}
    return {**told, "garment": dict(found.garment), "sentence": f"{Path(file).name}: {found.in_words()}"}
