# SPDX-License-Identifier: GPL-3.0-or-later
"""Export: the garment for the web, games, phones, films and printers, and its pattern, into one folder."""

from types import MappingProxyType

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..addon import bridge, job_runner
from ..addon.export import ExportRefused
from ..addon.exports.formats import FORMATS, Format
from ..addon.exports.staging import Detail
from ..addon.exports.variants import read_variants
from ..addon.exports.writing import Wanted, prints_of, solids, write_all
from ..addon.provenance import author_and_licence, user_key
from ..addon.verb import IntoFolder, needs_garment, needs_idle, needs_object_mode
from ..patterns.exchange import write_aama, write_garmentcode
from ..patterns.grading import Sizes
from ..patterns.printing import PAPERS, WHOLE, pattern_to_pdf
from ..patterns.svg import pattern_to_svg
from ..patterns.writing import write_beside

PATTERN_FORMATS = {
    "GARMENTCODE": Format(
        "Pattern (GarmentCode)", "_specification.json", "The panels as they are placed and sewn, as JSON in centimetres"
    ),
    "SVG": Format("Pattern (SVG)", ".svg", "The pieces at full size, to draw on"),
    "PDF": Format("Pattern (PDF)", ".pdf", "The pieces at full size, for a plotter or in tiles for a printer"),
    "DXF": Format(
        "Pattern (DXF)", ".dxf", "The pieces for a factory's systems after AAMA and ASTM D6673, in millimetres"
    ),
}
SHEETS = (
    (WHOLE, "Plotter", "One page as large as the pattern"),
    *((p, p, "Tiles to cut and lay together") for p in PAPERS),
)


class ExportOptions:
    """What every export can be asked for."""

    triangles: IntProperty(
        name="Triangles", description="Reduce the garment to at most so many; 0: as it was draped", min=0, default=0
    )
    levels: IntProperty(
        name="Levels", description="Coarser levels after the first, each with a quarter of its triangles", min=0, max=4
    )
    pixels: IntProperty(
        name="Baked Pixels",
        description="For games: bake fabrics, and the folds of the full garment as relief, into pictures of so many "
        "pixels a side; 0: no pictures of its own",
        min=0,
        max=8192,
        default=0,
    )
    variants: StringProperty(
        name="Variants",
        description="Fabrics and colours that a GLB can also show, such as: denim, Navy=#1f2a44",
        options={"SKIP_SAVE"},
    )
    draco: BoolProperty(name="Compress", description="Draco compression of a GLB, for small files on the web")
    with_body: BoolProperty(
        name="With Body", description="The body that wears it, where a format can do without", default=True
    )
    wall: FloatProperty(
        name="Wall", description="Thickness of the print", default=0.002, min=0.0004, max=0.02, subtype="DISTANCE",
        unit="LENGTH", precision=4, step=0.01,
    )  # fmt: skip
    scale: FloatProperty(
        name="Scale",
        description="Size of the print beside the garment's",
        default=0.25,
        min=0.01,
        max=1.0,
        subtype="FACTOR",
    )
    flat: BoolProperty(name="Flat Pieces", description="Print the pieces as they are cut, not the garment as it hangs")
    author: StringProperty(
        name="Author", description="Who made it; empty: as in the preferences", options={"SKIP_SAVE"}
    )
    licence: StringProperty(
        name="Licence", description="What others may do with it; empty: as in the preferences", options={"SKIP_SAVE"}
    )

    def wanted(self, formats):
        """These options as the kernel takes them. Raises VariantRefused, FabricRefused."""
        author, licence = author_and_licence()
        return Wanted(
            formats,
            Detail(self.triangles, self.levels, self.pixels),
            read_variants(self.variants),
            draco=self.draco,
            wall=self.wall,
            scale=self.scale,
            flat=self.flat,
            with_body=self.with_body,
            author=self.author or author,
            licence=self.licence or licence,
        )

    def draw_options(self, formats):
        """Those that bear on the formats."""
        column = self.layout.column()
        kinds = [FORMATS[name] for name in formats if name in FORMATS and name != "BLEND"]
        if any(not kind.solid for kind in kinds):
            column.prop(self, "triangles")
            column.prop(self, "pixels")
        if {"GLB", "FBX"} & set(formats):
            column.prop(self, "levels")
        if "GLB" in formats:
            column.prop(self, "variants")
            column.prop(self, "draco")
        if any(not (kind.solid or kind.rigged) for kind in kinds):
            column.prop(self, "with_body")
        if any(kind.solid for kind in kinds):
            for name in ("wall", "scale", "flat"):
                column.prop(self, name)
        column.prop(self, "author")
        column.prop(self, "licence")

    def exported(self, garment, place, formats, others=MappingProxyType({}), losses=()):
        """Export as a job; the closing sentence, where it is over already. others: what else to write, by ending."""
        wanted, name, toile_id = self.wanted(formats), garment.name, bridge.claim_id(garment)
        prints, (key, unsigned) = prints_of(garment, wanted), user_key()

        def work(progress, _cancelled):
            return solids(prints, wanted, name, progress) if prints else {}

        def apply(bodies):
            written = yield from write_all(bridge.find(toile_id, "GARMENT"), wanted, bodies, place, key, others)
            return " ".join(filter(None, (f"{name}: {len(written)} files in {place.parent}.", unsigned, *losses)))

        return job_runner.start(f"Export {name}", "export", work, apply).sentence()


class Export(ExportOptions, IntoFolder, bpy.types.Operator):
    """Write the garment and its pattern into a folder"""

    bl_idname = "toile.export"
    bl_label = "Export"

    formats: EnumProperty(
        name="Formats",
        items=[(name, kind.label, kind.help) for name, kind in (FORMATS | PATTERN_FORMATS).items()],
        options={"ENUM_FLAG"},
        default={"GLB", "SVG"},
    )
    paper: EnumProperty(name="Paper", items=SHEETS, default=WHOLE)

    @classmethod
    def poll(cls, context):
        return may_export(cls, context)

    def draw(self, _context):
        self.layout.column().prop(self, "formats")
        self.draw_options(self.formats)
        if "PDF" in self.formats:
            self.layout.prop(self, "paper")

    def act(self, context):
        garment = bridge.active_garment(context)
        if not self.formats:
            raise ExportRefused("Choose at least one format.")
        place = self.folder() / bpy.path.clean_name(garment.name)
        others, losses = pattern_writers(garment, self.formats, self.paper)
        return self.exported(garment, place, tuple(n for n in FORMATS if n in self.formats), others, losses)


def pattern_writers(garment, formats, paper):
    """What writes a garment's pattern in these formats, by what follows the file's name; and what was lost, later."""
    pattern, losses = bridge.pattern_of(garment), []
    writers = {
        "GARMENTCODE": lambda path: losses.extend(write_garmentcode(pattern, path)),
        "SVG": lambda path: write_beside(path, pattern_to_svg(pattern).encode()),
        "PDF": lambda path: write_beside(path, pattern_to_pdf(pattern, paper)),
        "DXF": lambda path: write_aama(Sizes({"-": pattern}, "-"), path),
    }
    return {PATTERN_FORMATS[name].ending: writer for name, writer in writers.items() if name in formats}, losses


def may_export(operator, context):
    """For polls."""
    return needs_garment(operator, context) and needs_idle(operator) and needs_object_mode(operator, context)
