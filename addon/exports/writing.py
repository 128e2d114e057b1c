# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment into the formats that are asked for: all of them or none, each with the sidecar that says whose it is."""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import bpy
import numpy as np

from ...patterns.writing import write_beside
from .. import bridge, overlay
from ..dye import dyed, in_pictures, lightens
from ..export import (
    Exported,
    ExportRefused,
    export_alembic,
    export_blend,
    export_fbx,
    export_glb,
    export_obj,
    export_usd,
    receipt,
)
from ..job_runner import in_a_window
from ..jobs import Advanced
from ..material import fabric_material
from .formats import FORMATS
from .glb import Glb, with_credit, with_levels, with_skins_at_root, with_variants, without_nodes
from .provenance import Making, version_hash, write_sidecar
from .reduction import Surface, coverage
from .solid import Solid, slab, solid_cloth
from .staging import AS_DRAPED, Detail, NotDraped, Staged, staged, surface_of
from .stl import to_stl
from .threemf import to_3mf
from .variants import Variant, VariantRefused
from .vrm import to_vrm

_MANIFEST = Path(__file__).parents[2] / "blender_manifest.toml"
_RECORDED = "MESH_CACHE"  # the modifier that plays a drape


@dataclass(frozen=True)
class Wanted:
    """What is asked of an export. wall and scale are of the print: metres, and its size beside the garment's.

    flat: print the pieces as they are cut, not the garment as it hangs. with_body: where a format can do without it.
    """

    formats: tuple[str, ...]
    detail: Detail = AS_DRAPED
    variants: tuple[Variant, ...] = ()
    draco: bool = False
    wall: float = 0.002
    scale: float = 0.25
    flat: bool = False
    with_body: bool = True
    author: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Prints:
    """What a printer is to make of a garment, before it has a wall: a surface whole, or flat pieces by name."""

    surface: Surface
    pieces: tuple[str, ...]


# ---- What is printed ----


def prints_of(garment: bpy.types.Object, wanted: Wanted) -> Prints | None:
    """The garment's arrays, where something is to be printed. Raises NotDraped, ExportRefused for no scale."""
    if not any(FORMATS[name].solid for name in wanted.formats):
        return None
    if not (np.isfinite(wanted.scale) and 0 < wanted.scale <= 1):
        raise ExportRefused(f"A print is up to as large as the garment: a scale from 0 to 1, not {wanted.scale:g}.")
    if not wanted.flat and garment.toile.state != "DRAPED":
        raise NotDraped("This garment is still in pieces: drape it first, or print the pieces flat.")
    depsgraph = bpy.context.evaluated_depsgraph_get()
    mesh = bpy.data.meshes.new_from_object(
        garment.evaluated_get(depsgraph), preserve_all_data_layers=True, depsgraph=depsgraph
    )
    try:
        names = tuple(panel.name for panel in bridge.pattern_of(garment).draped().panels())
        return Prints(surface_of(mesh), names)
    finally:
        bpy.data.meshes.remove(mesh)


def solids(prints: Prints, wanted: Wanted, name: str, progress: Callable[[float, str], None]) -> dict[str, Solid]:
    """Closed bodies by their names, standing on Z = 0 in the first quadrant. Touches no bpy; takes seconds.

    Raises SolidRefused.
    """
    surface = prints.surface
    if not wanted.flat:
        progress(0.1, "Giving the cloth a wall")
        whole = solid_cloth(surface.vertices * wanted.scale, surface.faces, wanted.wall)
        return {name: Solid(whole.vertices - whole.vertices.min(axis=0), whole.faces)}
    made: dict[str, Solid] = {}
    for number in np.unique(surface.panel):
        progress(0.1, "Giving the pieces a wall")
        corners = surface.corner_uv[surface.panel == number].reshape(-1, 2)
        points, faces = np.unique(corners, axis=0, return_inverse=True)
        made[prints.pieces[number]] = slab(points * wanted.scale, faces.reshape(-1, 3), wanted.wall)
    least = np.min([body.vertices.min(axis=0) for body in made.values()], axis=0)
    return {piece: Solid(body.vertices - least, body.faces) for piece, body in made.items()}


def _together(bodies: Sequence[Solid]) -> Solid:
    starts = np.cumsum([0, *(len(body.vertices) for body in bodies)])
    faces = [body.faces + start for body, start in zip(bodies, starts, strict=False)]
    return Solid(np.concatenate([body.vertices for body in bodies]), np.concatenate(faces))


# ---- Writing ----


def write_all(
    garment: bpy.types.Object,
    wanted: Wanted,
    bodies: Mapping[str, Solid],
    place: Path,
    key: bytes | None,
    others: Mapping[str, Callable[[Path], object]] = MappingProxyType({}),
) -> Generator[Advanced, None, dict[str, Exported]]:
    """Write a garment in every format; yields how far it is before each, and gives the files back by their names.

    Stopped midway, nothing is there. place: the files' path without their endings. bodies: what `solids` made. others:
    further files by what follows that path, and what writes each. key: what the sidecars are signed with.
    Raises ExportRefused and whatever a format refuses.
    """
    if any(FORMATS[name].pictured for name in wanted.formats) and any(map(lightens, garment.data.materials)):
        raise ExportRefused("The garment's colour is lighter than its cloth, and files can only darken it: dye it "
                            "darker, or choose a lighter fabric.")  # fmt: skip
    if wanted.detail.pixels and wanted.variants:
        raise ExportRefused("Baked pictures show one fabric and colour: export variants without them.")
    folder, stem, making = place.parent, place.name, _making(garment, wanted)
    toile_id, steps = bridge.claim_id(garment), [*wanted.formats, *others]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".toile-", dir=folder) as beside:
            for number, step in enumerate(steps):
                yield Advanced(number / len(steps), f"Writing {FORMATS[step].label if step in FORMATS else step}")
                part = Path(beside) / str(number)
                part.mkdir()
                if step in FORMATS:
                    main = part / (stem + FORMATS[step].ending)
                    with in_a_window():
                        _write(step, bridge.find(toile_id, "GARMENT"), wanted, bodies, main)
                else:
                    main = part / (stem + step)
                    others[step](main)
                write_sidecar(main, [p for p in part.rglob("*") if p.is_file() and p != main], making, key)
            made: list[Path] = []
            for written in sorted(p for p in Path(beside).rglob("*") if p.is_file()):
                made.append(folder.joinpath(*written.relative_to(beside).parts[1:]))
                made[-1].parent.mkdir(parents=True, exist_ok=True)
                os.replace(written, made[-1])
    except OSError as error:
        raise ExportRefused(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from error
    return {path.relative_to(folder).as_posix(): receipt(path) for path in made}


def _write(step: str, garment: bpy.types.Object, wanted: Wanted, bodies: Mapping[str, Solid], path: Path) -> None:
    figure, name = bridge.body_object_of(garment), garment.name
    if FORMATS[step].solid:
        data = (
            to_stl(_together(list(bodies.values())))
            if step == "STL"
            else to_3mf(bodies, name, wanted.author, wanted.licence)
        )
        write_beside(path, data)
    elif step == "BLEND":
        export_blend(path)
    elif FORMATS[step].rigged:
        if figure is None:
            raise ExportRefused(f"{FORMATS[step].label} needs the body that wears the garment, which was deleted.")
        in_t_pose = step == "VRM"
        detail = replace(wanted.detail, levels=0) if in_t_pose else wanted.detail
        with overlay.in_fabric(garment), staged(garment, figure, detail, bridge.body_of(figure), t=in_t_pose) as worn:
            if in_t_pose:
                export_glb(path, worn.objects, skins=True, finished=lambda glb: _vrm(glb, name, wanted))
            else:
                with _one_of(worn.levels, name) as group, in_pictures(worn.levels):
                    export_fbx(path, [*worn.objects, *group])
    else:
        figure = figure if wanted.with_body else None
        detail = wanted.detail if step == "GLB" else replace(wanted.detail, levels=0)
        with overlay.in_fabric(garment), staged(garment, figure, detail, moving=step == "ABC") as shown:
            _EXPORTERS[step](path, garment, shown, wanted)


def _write_glb(path: Path, garment: bpy.types.Object, shown: Staged, wanted: Wanted) -> None:
    with swatches_of(_dressed_in(garment, variant) for variant in wanted.variants) as swatches:
        export_glb(
            path,
            [*shown.objects, *swatches],
            draco=wanted.draco,
            finished=lambda glb: _glb(glb, garment, shown, [s.name for s in swatches], wanted),
        )


def _write_alembic(path: Path, _garment: bpy.types.Object, shown: Staged, _wanted: Wanted) -> None:
    scene = bpy.context.scene
    recorded = any(modifier.type == _RECORDED for modifier in shown.levels[0].modifiers)
    frames = (scene.frame_start, scene.frame_end) if recorded else (scene.frame_current, scene.frame_current)
    export_alembic(path, shown.objects, frames)


def _dyed_by_picture(export: Callable[[Path, Sequence[bpy.types.Object]], object]) -> _Writer:
    def write(path: Path, _garment: bpy.types.Object, shown: Staged, _wanted: Wanted) -> None:
        with in_pictures(shown.levels):
            export(path, shown.objects)

    return write


_Writer = Callable[[Path, bpy.types.Object, Staged, Wanted], object]
_EXPORTERS: dict[str, _Writer] = {
    "GLB": _write_glb,
    "ABC": _write_alembic,
    "USD": _dyed_by_picture(export_usd),
    "USDZ": _dyed_by_picture(export_usd),
    "OBJ": _dyed_by_picture(export_obj),
}


def _vrm(glb: Glb, name: str, wanted: Wanted) -> Glb:
    made = with_credit(with_skins_at_root(glb), name, wanted.author, wanted.licence)
    return to_vrm(made, name, wanted.author, wanted.licence)


def _glb(glb: Glb, garment: bpy.types.Object, shown: Staged, swatches: Sequence[str], wanted: Wanted) -> Glb:
    """What Blender's exporter cannot say of a garment."""
    made = without_nodes(glb, swatches) if swatches else glb
    if wanted.variants:
        own = dyed(fabric_material(garment.toile.fabric), garment.toile.colour).name
        first = made.material(own)
        worn = {own: {first: first}}
        for variant in wanted.variants:
            worn[variant.label] = {first: made.material(_dressed_in(garment, variant).name)}
        made = with_variants(made, worn)
    if len(shown.levels) > 1:
        made = with_levels(made, [level.name for level in shown.levels], coverage(len(shown.levels)))
    return with_credit(made, garment.name, wanted.author, wanted.licence)


@contextlib.contextmanager
def _one_of(levels: Sequence[bpy.types.Object], name: str) -> Iterator[list[bpy.types.Object]]:
    """What Unreal takes for levels of detail: a group that they hang on. Unity goes by their names."""
    if len(levels) == 1:
        yield []
        return
    group = bpy.data.objects.new(name, None)
    group["fbx_type"] = "LodGroup"  # so Blender's exporter is told
    bpy.context.scene.collection.objects.link(group)
    for level in levels:
        level.parent = group
    try:
        yield [group]
    finally:
        bpy.data.objects.remove(group)


def _dressed_in(garment: bpy.types.Object, variant: Variant) -> bpy.types.Material:
    """What a garment wears in a variant. Raises VariantRefused for a colour that a GLB cannot say."""
    if variant.fabric:
        return fabric_material(variant.fabric)
    material = dyed(fabric_material(garment.toile.fabric), variant.colour)
    if lightens(material):
        raise VariantRefused(
            f"{variant.label} is lighter than the cloth, and a GLB can only darken it: choose a lighter fabric."
        )
    return material


@contextlib.contextmanager
def swatches_of(materials: Iterable[bpy.types.Material]) -> Iterator[list[bpy.types.Object]]:
    """A triangle in each material, so that Blender's exporter brings it along (see `without_nodes`)."""
    made: list[bpy.types.Object] = []
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float64)
    try:
        for material in materials:
            mesh = bridge.mesh_of("swatch", corners, np.array([[0, 1, 2]]), corners[:, :2])
            mesh.materials.append(material)
            obj = bpy.data.objects.new(f"swatch of {material.name}", mesh)
            bpy.context.scene.collection.objects.link(obj)
            made.append(obj)
        yield made
    finally:
        for obj in made:
            bpy.data.meshes.remove(obj.data)


# ---- Whose it is ----


def _making(garment: bpy.types.Object, wanted: Wanted) -> Making:
    pattern, figure = bridge.pattern_of(garment), bridge.body_object_of(garment)
    kind = "none" if figure is None else "avatar" if figure.toile.source == "avatar" else "scan"  # whose, is private
    told: dict[str, Any] = {"style": pattern.style, "fabric": garment.toile.fabric, "body": kind}
    if garment.toile.colour:
        told["colour"] = garment.toile.colour
    hands = [dict(each) for each in pattern.adjustments]
    worn = garment.toile.fabric, garment.toile.colour
    told["version_hash"] = version_hash(pattern.style, dict(pattern.parameters), hands, kind, *worn)
    version = tomllib.loads(_MANIFEST.read_text("utf-8"))["version"]
    return Making(wanted.author, wanted.licence, f"Toile {version}", told)
