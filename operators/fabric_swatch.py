# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a swatch: a photograph or scan of cloth becomes a fabric of the designer's own, at its real scale."""

import os
import shutil
import tempfile
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..addon import bridge, engine, job_runner, shelf
from ..addon.fabrics import library
from ..addon.material import forget_fabric
from ..addon.verb import Verb, needs, needs_garment, needs_idle
from ..models.design import likened
from ..models.swatch import read_swatch, rescale_swatch
from ..sim.fabric import SHELF, FabricRefused, fabric_row, keep_fabric, new_name
from ..sim.fabric import shelf as shelf_folder
from ..worker.client import call
from .import_file import ImportFile

EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp")
INCH, CM = 0.0254, 0.01  # metres

# How a picture's scale is told: the property that says it, and what of it the kernel takes.
_SCALES = {
    "WIDTH": ("width", lambda value: ["width", value]),
    "ENDS": ("ends", lambda value: ["ends", value / CM]),
    "DPI": ("dpi", lambda value: ["dpi", value / INCH]),
    "COIN": ("coin", lambda value: ["coin", value]),
}


def _length(name, default, description):
    return FloatProperty(
        name=name, description=description, default=default, min=0.001, max=10.0, subtype="DISTANCE", precision=4
    )


class ReadSwatch(ImportFile, bpy.types.Operator):
    """Make a fabric of your own from a photograph or a scan of cloth, and wear it"""

    bl_idname = "toile.read_swatch"
    bl_label = "Read Swatch"
    bl_options = {"REGISTER"}

    filename_ext = ".png"
    filter_glob: StringProperty(default=";".join(f"*{extension}" for extension in EXTENSIONS), options={"HIDDEN"})
    label: StringProperty(name="Name", description="Of the fabric; the file's, if empty", options={"SKIP_SAVE"})
    like: EnumProperty(
        name="Hangs Like", description="Its weight, stretch and sheen, which no picture shows", items=shelf.own_menu
    )
    scale: EnumProperty(
        name="Scale",
        description="What is known of the picture's scale",
        items=[
            ("WIDTH", "Width Shown", "How much cloth the picture shows across"),
            ("ENDS", "Thread Count", "Warp threads, counted across a centimetre"),
            ("DPI", "Scanner's dpi", "Pixels an inch"),
            ("COIN", "Coin", "A coin lies on the cloth"),
        ],
    )
    width: _length("Width Shown", 0.10, "How much cloth the picture shows across")
    ends: FloatProperty(name="Ends per cm", description="Warp threads across a centimetre", default=24, min=1, max=200)
    dpi: FloatProperty(name="dpi", description="Pixels an inch", default=600, min=26, max=9600)
    coin: _length("Diameter", 0.02325, "Of the coin: 23.25 mm for a euro")
    tile: _length("Tile", 0.05, "About how large the seamless piece of it shall be")
    pixels: IntProperty(name="Pixels", description="Of the tile, a side", default=1024, min=64, max=4096)
    seed: IntProperty(name="Seed", description="Another one quilts another tile", min=0)
    roughness: FloatProperty(
        name="Roughness", description="Its mean, where you know better; 0: as it is estimated", min=0, max=1
    )
    adapt: BoolProperty(
        name="Learn It", description="Let a loom learn the cloth for some minutes, and weave no patch of it twice"
    )

    @classmethod
    def poll(cls, context):
        return needs_garment(cls, context) and needs_idle(cls)

    def invoke(self, context, event):
        """A picture that was dropped is known already; its scale is not."""
        return context.window_manager.invoke_props_dialog(self) if self.filepath else super().invoke(context, event)

    def draw(self, _context):
        """The name, what it hangs like, the one number that says the scale."""
        layout = self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        for name in ("label", "like", "scale", _SCALES[self.scale][0], "tile", "pixels", "seed", "roughness"):
            layout.prop(self, name)
        row = layout.row()
        if engine.lacks("learn"):
            row.label(text="To learn it, Toile's engine needs a part")
            row.operator("toile.install_engine", icon="IMPORT").part = "learn"
        else:
            row.prop(self, "adapt")

    def act(self, context):
        path, shelf_at = Path(bpy.path.abspath(self.filepath)), shelf_folder()
        if shelf_at is None:
            raise FabricRefused(f"Toile is not installed here and has no place for fabrics: name a folder in {SHELF}.")
        label, like = self.label or path.stem, self.like
        fabric = likened(label, like)
        new_name(fabric.name)
        if self.adapt:
            engine.require("learn")
        toile_id, worker = bridge.claim_id(bridge.active_garment(context)), engine.engine_worker()
        said, told = _SCALES[self.scale]
        asked = {
            "path": str(path), "size": self.tile, "pixels": self.pixels, "scale": told(getattr(self, said)),
            "corners": None, "corner_size": None, "seed": self.seed, "roughness": self.roughness or None,
            "adapt": self.adapt,
        }  # fmt: skip

        def work(progress, cancelled):
            folder = tempfile.mkdtemp(prefix="toile-swatch-")
            try:
                report = call(
                    worker, "photograph_swatch", asked | {"out": folder}, {}, progress=progress, cancelled=cancelled
                ).values
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return folder, report

        def apply(delivered):
            folder, report = delivered
            try:
                yield
                garment = bridge.find(toile_id, "GARMENT")
                _move(Path(folder), shelf_at / fabric.name)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            keep_fabric(fabric, like, own={"maps": fabric.name})
            forget_fabric(fabric.name)
            bridge.wear(garment, fabric.name)
            library.make_picture(fabric.name)
            return " ".join((f"{label}: a tile of {_size(report['period'])}.", *report["notes"]))

        return job_runner.start(f"Read {path.name}", "fabric", work, apply).sentence()


def _move(made: Path, place: Path) -> None:
    """Put a folder in another's place, from any disk; that one is whole until it is replaced. Raises FabricRefused."""
    beside = place.with_name(f".{place.name}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.move(made, beside)
        shutil.rmtree(place, ignore_errors=True)
        os.replace(beside, place)
    except OSError as error:
        raise FabricRefused(f"{place.parent} takes no maps: {error.strerror}. Choose another folder.") from error


def _size(size_m) -> str:
    return f"{1000 * size_m[0]:.1f} × {1000 * size_m[1]:.1f} mm"


class SwatchFileHandler(bpy.types.FileHandler):
    """A picture dropped onto the sidebar; one that is dropped beside it is Blender's, as ever."""

    bl_idname = "TOILE_FH_swatch"
    bl_label = "Swatch of cloth (Toile)"
    bl_import_operator = "toile.read_swatch"
    bl_file_extensions = ";".join(EXTENSIONS)

    @classmethod
    def poll_drop(cls, context):
        """Blender's question."""
        return (
            context.area is not None
            and context.area.type == "VIEW_3D"
            and context.region is not None
            and context.region.type == "UI"
        )


class RescaleFabric(Verb, bpy.types.Operator):
    """Say how wide a repeat of a photographed fabric is in truth"""

    bl_idname = "toile.rescale_fabric"
    bl_label = "Repeat"
    bl_options = {"REGISTER", "UNDO"}

    repeat: _length("Repeat", 0.01, "From one repeat of the cloth to the next, across the warp")

    @classmethod
    def poll(cls, context):
        garment = bridge.active_garment(context)
        return needs(cls, garment and maps_of(garment), "This garment's fabric is no photograph")

    def invoke(self, context, event):
        """Show what it is taken for, and ask."""
        self.repeat = _repeat(maps_of(bridge.active_garment(context)))
        return context.window_manager.invoke_props_dialog(self)

    def act(self, context):
        garment = bridge.active_garment(context)
        fabric = garment.toile.fabric
        folder = maps_of(garment)
        rescale_swatch(folder, self.repeat / _repeat(folder))
        forget_fabric(fabric)
        bridge.wear(garment, fabric)
        return f"{shelf.label(fabric)}: a tile of {_size(read_swatch(folder).size_m)}."


def maps_of(garment: bpy.types.Object) -> Path | None:
    """The folder of a garment's photographed fabric; None for one that is woven from yarns."""
    try:
        maps = fabric_row(garment.toile.fabric).get("maps")
    except FabricRefused:
        return None
    return Path(maps) if maps else None


def _repeat(folder: Path) -> float:
    swatch = read_swatch(folder)
    return swatch.size_m[0] / swatch.repeats[0]
