# SPDX-License-Identifier: GPL-3.0-or-later
"""A photograph of the garment as for a lookbook: front, three-quarter and back, side by side in one studio."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from .export import Exported, ExportRefused, receipt
from .fabrics.prints import objects_of
from .material import labelled, pixels_of
from .stitching import stitch

VIEWS = {"front": 0.0, "three_quarter": -40.0, "side": -90.0, "back": 180.0}  # degrees the figure turns about Z
LENS = 135.0  # mm on a 36 mm film: long, so that outer figures are seen as frontally as the middle one
AROUND_FOCUS = 0.32  # metres of the figure shown above and below what the picture is about
MARGIN = 0.05  # of the picture, round the figures
GAP = 0.04  # of a figure's height, between figures
BACKDROP = (0.48, 0.475, 0.465, 1.0)  # a middle grey, from which white cloth and black both stand out
EXPOSURE = -0.3  # stops: white cotton keeps its folds
SEAM = 0.0008, 0.35  # radius of a drawn seam: at least so many metres, and so much of a pixel

Progress = Callable[[float, str], None]


def render_preview(
    objects: Sequence[bpy.types.Object],
    out_png: Path,
    *,
    views: Sequence[str] = ("front", "three_quarter", "back"),
    size: tuple[int, int] = (1600, 900),
    samples: int = 48,
    focus: bpy.types.Object | None = None,
    progress: Progress = lambda _fraction, _text: None,
) -> Exported:
    """Render objects with Cycles on the CPU, one figure a view, into one PNG; their own scene is left as it was.

    objects: meshes standing on Z = 0 and facing −Y; what is printed on them comes along. focus: the one to come close
    to, else the figures are seen whole.
    Raises ExportRefused for nothing to show, an unknown view or a folder that cannot be written.
    """
    if unknown := [view for view in views if view not in VIEWS]:
        raise ExportRefused(f"There is no view {', '.join(unknown)}: choose among {', '.join(VIEWS)}.")
    if not objects or not views:
        raise ExportRefused("There is nothing to show: make a garment first.")
    objects = [*objects, *(laid for obj in objects for laid in objects_of(obj))]
    progress(0.0, "Setting up the studio")
    with _studio(objects, [VIEWS[view] for view in views], size, focus) as scene:
        _cycles(scene, samples)
        progress(0.05, f"Rendering {size[0]} × {size[1]}")
        try:
            out_png.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{out_png.stem}.", dir=out_png.parent) as folder:
                scene.render.filepath = str(Path(folder) / out_png.name)
                bpy.ops.render.render(write_still=True, scene=scene.name)
                os.replace(scene.render.filepath, out_png)
        except OSError as error:
            raise ExportRefused(
                f"{out_png.parent} cannot be written: {error.strerror}. Choose another folder."
            ) from error
    progress(1.0, "Rendered")
    return receipt(out_png)


def framing(
    width: float, height: float, focus: tuple[float, float] | None, size: tuple[int, int]
) -> tuple[float, tuple[float, float]]:
    """How many metres a picture is across, and the heights between which it shows figures, so wide and high in all.

    focus: the heights between which lies what it is about. The picture's middle is half-way between those shown.
    """
    shown = (0.0, height)
    if focus is not None:
        shown = (max(focus[0] - AROUND_FOCUS, 0.0), min(focus[1] + AROUND_FOCUS, height))
    return max(width, (shown[1] - shown[0]) * size[0] / size[1]) / (1 - 2 * MARGIN), shown


@contextlib.contextmanager
def _studio(
    objects: Sequence[bpy.types.Object],
    turns: Sequence[float],
    size: tuple[int, int],
    focus: bpy.types.Object | None,
) -> Iterator[bpy.types.Scene]:
    """A scene of its own with the figures in a row, lit, and a camera that frames them; removed afterwards."""
    before = {
        kind: set(getattr(bpy.data, kind))
        for kind in ("meshes", "curves", "cameras", "lights", "materials", "images", "worlds")
    }
    scene = bpy.data.scenes.new("Toile studio")
    figure = bpy.data.collections.new("Toile figure")
    try:
        points = _frozen(objects, figure)
        low, high = points.min(axis=0), points.max(axis=0)
        height, middle = float(high[2] - low[2]), (low + high) / 2
        figure.instance_offset = (*middle[:2], low[2])
        across = points[:, :2] - middle[:2]

        right = 0.0
        spans = []
        for turn in np.radians(turns):
            x = across @ (math.cos(turn), -math.sin(turn))
            spans.append((right - float(x.min()), float(turn)))
            right += float(np.ptp(x)) + GAP * height
        width = right - GAP * height
        for x, turn in spans:
            stand = bpy.data.objects.new("Toile stand", None)
            stand.instance_type, stand.instance_collection = "COLLECTION", figure
            stand.location, stand.rotation_euler = (x - width / 2, 0, 0), (0, 0, turn)
            scene.collection.objects.link(stand)
        deep = 2 * float(np.linalg.norm(across, axis=1).max())
        heights = None
        if focus is not None:
            corners = [(focus.matrix_world @ Vector(corner)).z - float(low[2]) for corner in focus.bound_box]
            heights = (min(corners), max(corners))
        frame, shown = framing(width, height, heights, size)
        distance = _camera(scene, frame, shown, deep)
        pixel = frame / size[0]
        _coarsen_textures(figure, pixel)
        for garment in [obj for obj in figure.objects if "panel" in obj.data.attributes]:
            stitch(garment, figure, max(SEAM[0], SEAM[1] * pixel))
        _backdrop(scene, height, width, distance)
        _lights(scene, height, width)
        scene.render.resolution_x, scene.render.resolution_y = size
        yield scene
    finally:
        for obj in [*scene.collection.objects, *figure.objects]:
            bpy.data.objects.remove(obj)
        bpy.data.collections.remove(figure)
        bpy.data.scenes.remove(scene)
        for kind, known in before.items():
            blocks = getattr(bpy.data, kind)
            for block in set(blocks) - known:
                blocks.remove(block)


def _frozen(objects: Sequence[bpy.types.Object], figure: bpy.types.Collection) -> np.ndarray:
    """Copies of the objects as they look now, for a cloth modifier would start anew in another scene; points (n, 3)."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    points = []
    for obj in objects:
        mesh = bpy.data.meshes.new_from_object(
            obj.evaluated_get(depsgraph), preserve_all_data_layers=True, depsgraph=depsgraph
        )
        mesh.transform(obj.matrix_world)
        figure.objects.link(bpy.data.objects.new(f"Toile {obj.name}", mesh))
        flat = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", flat)
        points.append(flat.reshape(-1, 3))
    every = np.concatenate(points)
    if len(every) == 0:
        raise ExportRefused("There is nothing to show: the objects have no vertices.")
    return every


def _coarsen_textures(figure: bpy.types.Collection, pixel: float) -> None:
    """Average tiled textures down towards a picture's pixel of `pixel` metres, on copies of the figure's materials.

    Cycles does not filter textures: a dozen samples of yarns far below a pixel would leave blotches for the denoiser.
    What the averaged normals lose of the yarns' slopes goes into the roughness, or satin would shine like varnish
    (Olano & Baker, "LEAN mapping", I3D 2010).
    """
    coarse: dict[bpy.types.Material, bpy.types.Material] = {}
    for slot in [slot for obj in figure.objects for slot in obj.material_slots if slot.material]:
        if slot.material not in coarse:
            coarse[slot.material] = material = slot.material.copy()
            relief = labelled(material, "Normal")
            slopes = relief.image if relief is not None else None
            for node in material.node_tree.nodes:
                if node.type == "TEX_IMAGE" and node.image and (tiles_per_metre := _tiles_per_metre(node)):
                    texels_per_pixel = min(node.image.size) * tiles_per_metre * pixel
                    halvings = math.floor(math.log2(texels_per_pixel)) if texels_per_pixel > 2 else 0
                    rough = slopes if node.label == "Roughness" else None
                    node.image = _averaged(node.image, 2**halvings, rough)
        slot.material = coarse[slot.material]


def _tiles_per_metre(texture: bpy.types.Node) -> float:
    """How often a texture repeats a metre, as its Mapping node says; 0 without one."""
    for link in texture.inputs["Vector"].links or ():
        if link.from_node.type == "MAPPING":
            return min(link.from_node.inputs["Scale"].default_value[:2])
    return 0.0


def _averaged(image: bpy.types.Image, block: int, relief: bpy.types.Image | None = None) -> bpy.types.Image:
    """An image's means over blocks of `block`² pixels, of light rather than of codes where it is sRGB.

    relief: a map of normals, as large, whose slopes within a block make the roughness that the image is greater.
    """
    width, height = image.size
    if block == 1 or width % block or height % block:
        return image

    def means(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return values.reshape(height // block, block, width // block, block, -1).mean(axis=(1, 3))

    pixels = pixels_of(image)
    if image.colorspace_settings.name == "sRGB":
        small = means(pixels**2.2) ** (1 / 2.2)
    elif relief is not None and tuple(relief.size) == (width, height):
        across = 2 * pixels_of(relief)[..., :2] - 1
        variance = (means(across**2) - means(across) ** 2).mean(axis=2, keepdims=True)
        small = (means(pixels**4) + 2 * variance) ** 0.25  # Principled's roughness is the root of a Beckmann lobe's
        small = np.minimum(small, 1.0)
    else:
        small = means(pixels)
    made = bpy.data.images.new(f"{image.name} coarse", width // block, height // block)
    made.colorspace_settings.name = image.colorspace_settings.name
    made.pixels.foreach_set(small.ravel())
    made.update()
    return made


def _camera(scene: bpy.types.Scene, frame: float, shown: tuple[float, float], deep: float) -> float:
    """A long lens, far enough to see `frame` metres across, on what lies between two heights; returns its distance."""
    camera = bpy.data.objects.new("Toile camera", bpy.data.cameras.new("Toile camera"))
    camera.data.lens, camera.data.sensor_width, camera.data.sensor_fit = LENS, 36.0, "HORIZONTAL"
    distance = frame * LENS / 36.0 + deep / 2
    camera.data.clip_end = 10 * distance
    low, high = shown
    camera.location = (0, -distance, low + 0.62 * (high - low))
    camera.rotation_euler = (Vector((0, 0, (low + high) / 2)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    return distance


def _backdrop(scene: bpy.types.Scene, height: float, width: float, distance: float) -> None:
    """A seamless paper sweep: floor, a wide curve, wall."""
    radius, back = 1.2 * height, 1.4 * height
    bend = np.linspace(0, np.pi / 2, 24)
    profile = [(-1.1 * distance, 0.0)]
    profile += [(back + radius * math.sin(a), radius * (1 - math.cos(a))) for a in bend]
    profile += [(back + radius, 6 * height)]
    half = 3 * width + 3 * height
    vertices = [(x, y, z) for y, z in profile for x in (-half, half)]
    faces = [(2 * i, 2 * i + 1, 2 * i + 3, 2 * i + 2) for i in range(len(profile) - 1)]
    mesh = bpy.data.meshes.new("Toile backdrop")
    mesh.from_pydata(vertices, [], faces)
    mesh.polygons.foreach_set("use_smooth", [True] * len(faces))
    paper = bpy.data.materials.new("Toile backdrop")
    if paper.node_tree is None:
        paper.use_nodes = True
    surface = next(node for node in paper.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = BACKDROP
    surface.inputs["Roughness"].default_value = 1.0
    surface.inputs["Specular IOR Level"].default_value = 0.0
    mesh.materials.append(paper)
    scene.collection.objects.link(bpy.data.objects.new("Toile backdrop", mesh))


def _lights(scene: bpy.types.Scene, height: float, width: float) -> None:
    """Three soft areas (key from the left, fill from the right, rim from behind) and a little light from all round."""
    reach = max(width, 1.5 * height)
    target = Vector((0, 0, 0.55 * height))
    for name, place, extent, irradiance in (
        ("key", (-1.05, -0.85, 0.95), 0.4, 5.0),
        ("fill", (1.3, -1.0, 0.55), 0.7, 0.3),
        ("rim", (0.5, 0.95, 1.5), 0.5, 2.6),
    ):
        light = bpy.data.objects.new(f"Toile {name}", bpy.data.lights.new(f"Toile {name}", "AREA"))
        light.location = target + reach * Vector(place)
        away = target - light.location
        light.rotation_euler = away.to_track_quat("-Z", "Y").to_euler()
        light.data.size = extent * reach
        light.data.energy = irradiance * math.pi * away.length_squared  # a small Lambert source: E = P / π d²
        light.visible_camera = False
        scene.collection.objects.link(light)
    world = bpy.data.worlds.new("Toile studio")
    if world.node_tree is None:
        world.use_nodes = True
    sky = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    sky.inputs["Color"].default_value = (0.94, 0.97, 1.0, 1.0)
    sky.inputs["Strength"].default_value = 0.22
    scene.world = world


def _cycles(scene: bpy.types.Scene, samples: int) -> None:
    scene.render.engine = "CYCLES"
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = EXPOSURE
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = samples
    cycles.use_adaptive_sampling = True
    cycles.adaptive_threshold = 0.1  # the paper is done after a few samples, and the denoiser sees to the rest
    cycles.adaptive_min_samples = 8
    cycles.use_light_tree = False  # three lamps need none: a fifth faster
    cycles.max_bounces = 4
    cycles.diffuse_bounces = 2
    cycles.caustics_reflective = cycles.caustics_refractive = False
    try:
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_quality = "BALANCED"
        cycles.use_denoising = True
    except TypeError:  # a build without it (Debian's, for one): half as noisy takes four times the samples
        cycles.use_denoising = False
        cycles.samples = 4 * samples
