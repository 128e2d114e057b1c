# SPDX-License-Identifier: GPL-3.0-or-later
"""Garments into files: GLB, USD and .blend, each written beside its place and renamed there, each with its checksum."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import bpy


class ExportRefused(ValueError):
    """What was to be exported, or where to, cannot be; the message says what to do."""


class Exported(TypedDict):
    """One written file."""

    path: str
    bytes: int
    sha256: str


def export_glb(path: Path, objects: Sequence[bpy.types.Object], attributes: bool = False) -> Exported:
    """Write objects as binary glTF: metres, Y up, modifiers applied, textures inside. Raises ExportRefused.

    attributes: custom properties, and attributes whose names begin with an underscore, go along.
    """
    with _only_selected(objects), _written_beside(path, ".glb") as part:
        bpy.ops.export_scene.gltf(
            filepath=str(part),
            export_format="GLB",
            use_selection=True,
            export_apply=True,
            export_yup=True,
            export_animations=False,
            export_skins=False,
            export_morph=False,
            export_attributes=attributes,
            export_extras=attributes,
            export_draco_mesh_compression_enable=False,  # 5.2's wheel has no Draco and would only pretend
        )
    return receipt(path)


def export_usd(path: Path, objects: Sequence[bpy.types.Object]) -> Exported:
    """Write objects as USD, metres and Z up; .usdc puts its textures into `textures` beside it, .usdz holds them.

    Raises ExportRefused.
    """
    with _only_selected(objects), _written_beside(path, ".usdc", ".usdz", ".usda", ".usd") as part:
        bpy.ops.wm.usd_export(
            filepath=str(part),
            selected_objects_only=True,
            export_animation=False,
            export_materials=True,
            generate_preview_surface=True,
            export_textures_mode="NEW",
            overwrite_textures=True,
            relative_paths=True,
            evaluation_mode="RENDER",
        )
    return receipt(path)


def export_blend(path: Path) -> Exported:
    """Write the whole session as a compressed .blend; the open file stays the open one. Raises ExportRefused."""
    if not bpy.data.objects:
        raise ExportRefused("There is nothing to export: make a garment first.")
    with _written_beside(path, ".blend") as part:
        bpy.ops.wm.save_as_mainfile(filepath=str(part), copy=True, compress=True)
    return receipt(path)


@contextlib.contextmanager
def _only_selected(objects: Sequence[bpy.types.Object]) -> Iterator[None]:
    """Select exactly these objects, and put the selection back. Raises ExportRefused for none or a hidden one."""
    if not objects:
        raise ExportRefused("There is nothing to export: make a garment first.")
    layer = bpy.context.view_layer
    if hidden := [obj.name for obj in objects if not obj.visible_get(view_layer=layer)]:
        raise ExportRefused(f"{', '.join(hidden)} is hidden, so it would be left out: show it, then export again.")
    selected, active = [obj for obj in layer.objects if obj.select_get()], layer.objects.active
    try:
        for obj in layer.objects:
            obj.select_set(obj in objects)
        layer.objects.active = objects[0]
        yield
    finally:
        for obj in layer.objects:
            obj.select_set(obj in selected)
        layer.objects.active = active


@contextlib.contextmanager
def _written_beside(path: Path, *suffixes: str) -> Iterator[Path]:
    """A place in a new folder beside `path` to write to; afterwards all of it is renamed to where it belongs.

    Raises ExportRefused where the folder cannot be written or nothing came.
    """
    if path.suffix.lower() not in suffixes:
        raise ExportRefused(f"{path.name} should end in {' or '.join(suffixes)}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.stem}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            try:
                yield part
            except RuntimeError as error:  # how bpy.ops reports an error
                raise ExportRefused(f"{path.name} was not written: {error}") from error
            if not part.is_file():
                raise ExportRefused(f"{path.name} was not written; the console says why.")
            for written in sorted(
                Path(folder).rglob("*"), key=lambda each: each == part
            ):  # textures first, the file last
                if written.is_file():
                    target = path.parent / written.relative_to(folder)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(written, target)
    except OSError as error:
        raise ExportRefused(f"{path.parent} cannot be written: {error.strerror}. Choose another folder.") from error


def receipt(path: Path) -> Exported:
    """A written file's path, size and checksum."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "bytes": path.stat().st_size, "sha256": digest}
