# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects into files by Blender's own exporters, each written beside its place and renamed there, with its checksum.

The same objects give the same bytes: what Blender writes of the process and the place is taken out (`exports.stable`).
Not of Alembic, into which Blender writes the hour and a byte that it never set, and not of a .blend, which holds
addresses.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import bpy

from .exports.glb import Glb, with_sheen, without_idle_tangents
from .exports.stable import stable_fbx, stable_usdz

_TEXTURES = "textures"  # the folder beside a file
_MAP = re.compile(rb"(?m)^(map_\w+ .*?)([^ /]+\.png)$")


class ExportRefused(ValueError):
    """What was to be exported, or where to, cannot be; the message says what to do."""


class Exported(TypedDict):
    """One written file."""

    path: str
    bytes: int
    sha256: str


def export_glb(
    path: Path,
    objects: Sequence[bpy.types.Object],
    *,
    attributes: bool = False,
    skins: bool = False,
    draco: bool = False,
    finished: Callable[[Glb], Glb] = lambda glb: glb,
) -> Exported:
    """Write objects as binary glTF: metres, Y up, modifiers applied, textures inside. Raises ExportRefused.

    attributes: custom properties, and attributes whose names begin with an underscore, go along. skins: weights and
    skeletons. finished: what is to be done to the file before it is in its place. A .vrm is a GLB too.
    """
    with _only_selected(objects), _written_beside(path, ".glb", ".vrm") as part:
        made = part.with_suffix(".glb")
        bpy.ops.export_scene.gltf(
            filepath=str(made),
            export_format="GLB",
            use_selection=True,
            export_apply=True,
            export_yup=True,
            export_animations=False,
            export_attributes=attributes,
            export_extras=attributes,
            export_skins=skins,
            export_tangents=True,  # else each viewer makes its own for the weave's relief
            export_morph=False,
            export_draco_mesh_compression_enable=draco,
        )
        glb = with_sheen(without_idle_tangents(Glb.parse(made.read_bytes())), _sheen_weights(objects))
        if draco and "KHR_draco_mesh_compression" not in glb.json.get("extensionsUsed", ()):
            raise ExportRefused("This Blender has no Draco, as the official builds have: export without compression.")
        made.unlink()
        part.write_bytes(finished(glb).to_bytes())
    return receipt(path)


def _sheen_weights(objects: Sequence[bpy.types.Object]) -> dict[str, float]:
    """The weight of the sheen of each material that says one number."""
    weights: dict[str, float] = {}
    worn = {slot.material for obj in objects for slot in obj.material_slots}
    for material in (m for m in worn if m is not None and m.node_tree):
        for node in material.node_tree.nodes:
            if node.type == "BSDF_PRINCIPLED" and not node.inputs["Sheen Weight"].is_linked:
                weights[material.name] = node.inputs["Sheen Weight"].default_value
    return weights


def export_usd(path: Path, objects: Sequence[bpy.types.Object]) -> Exported:
    """Write objects as USD in metres; .usdc puts its textures into `textures` beside it and has Z up, as Blender.

    .usdz holds them, and has Y up, as phones expect it. Raises ExportRefused.
    """
    phone = path.suffix.lower() == ".usdz"
    with _only_selected(objects), _in_a_row(objects), _written_beside(path, ".usdc", ".usdz", ".usda", ".usd") as part:
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
            convert_orientation=phone,
            export_global_forward_selection="NEGATIVE_Z",
            export_global_up_selection="Y",
        )
        if phone and part.is_file():
            part.write_bytes(stable_usdz(part.read_bytes()))
    return receipt(path)


def export_fbx(path: Path, objects: Sequence[bpy.types.Object]) -> Exported:
    """Write objects and skeleton as FBX 7.4 for Unity and Unreal: Y up, textures inside. Raises ExportRefused."""
    with (
        _only_selected(objects),
        _written_beside(path, ".fbx") as part,
        _on_disk(objects, part.parent / _TEXTURES) as folder,
    ):
        bpy.ops.export_scene.fbx(
            filepath=str(part),
            use_selection=True,
            apply_scale_options="FBX_SCALE_UNITS",
            axis_forward="-Z",
            axis_up="Y",
            mesh_smooth_type="FACE",
            use_mesh_modifiers=True,
            add_leaf_bones=False,
            bake_anim=False,
            path_mode="COPY",
            embed_textures=True,
        )
        if part.is_file():
            part.write_bytes(stable_fbx(part.read_bytes()))
        shutil.rmtree(folder, ignore_errors=True)  # they are inside
    return receipt(path)


def export_obj(path: Path, objects: Sequence[bpy.types.Object]) -> Exported:
    """Write objects as OBJ in metres, Y up, with a .mtl and its textures beside it. Raises ExportRefused."""
    with _only_selected(objects), _written_beside(path, ".obj") as part, _on_disk(objects, part.parent / _TEXTURES):
        bpy.ops.wm.obj_export(
            filepath=str(part),
            export_selected_objects=True,
            apply_modifiers=True,
            export_materials=True,
            export_pbr_extensions=True,
            path_mode="STRIP",
        )
        library = part.with_suffix(".mtl")
        if library.is_file():
            library.write_bytes(_MAP.sub(rb"\1" + _TEXTURES.encode() + rb"/\2", library.read_bytes()))
    return receipt(path)


def export_alembic(path: Path, objects: Sequence[bpy.types.Object], frames: tuple[int, int]) -> Exported:
    """Write objects as they move from the first to the last of these frames as Alembic. Raises ExportRefused."""
    with _only_selected(objects), _written_beside(path, ".abc") as part:
        bpy.ops.wm.alembic_export(
            filepath=str(part),
            selected=True,
            start=frames[0],
            end=frames[1],
            uvs=True,
            packuv=False,
            normals=True,
            evaluation_mode="RENDER",
            as_background_job=False,
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
    layer.update()  # a new object can be selected only then
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
def _in_a_row(objects: Sequence[bpy.types.Object]) -> Iterator[None]:
    """Hang each object on the next: Blender writes siblings into USD in the order of their addresses."""
    free = [(obj, host) for obj, host in itertools.pairwise(objects) if obj.parent is None]
    try:
        for obj, host in free:
            obj.parent = host
            obj.matrix_parent_inverse = host.matrix_world.inverted()
        yield
    finally:
        for obj, _ in free:
            obj.parent = None


@contextlib.contextmanager
def _on_disk(objects: Sequence[bpy.types.Object], folder: Path) -> Iterator[Path]:
    """The textures of objects as PNG files in a folder, for an exporter that passes over packed ones."""
    materials = {slot.material for obj in objects for slot in obj.material_slots if slot.material is not None}
    nodes = [node for material in materials if material.node_tree for node in material.node_tree.nodes]
    images = {node.image for node in nodes if node.type == "TEX_IMAGE" and node.image is not None}
    before = {image: (image.filepath_raw, image.file_format) for image in images}
    try:
        for image in images:
            folder.mkdir(exist_ok=True)
            target = folder / f"{bpy.path.clean_name(image.name)}.png"
            image.file_format = "PNG"
            image.save(filepath=str(target))
            image.filepath_raw = str(target)
        yield folder
    finally:
        for image, (filepath, file_format) in before.items():
            image.filepath_raw, image.file_format = filepath, file_format


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
