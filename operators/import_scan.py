# SPDX-License-Identifier: GPL-3.0-or-later
"""Import a body scan: clean, orient and measure it in a worker process. Also what a scan dropped into the view does."""

import json
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ..addon import bridge, engine, job_runner, scan_overlay
from ..addon.verb import needs_idle, needs_object_mode
from ..bodies import Body
from ..bodies.template import template
from ..worker.client import call
from .import_file import DroppedIntoViewport, ImportFile

EXTENSIONS = (".ply", ".obj", ".stl", ".glb", ".gltf", ".fbx", ".usd", ".usda", ".usdc", ".usdz", ".xyz", ".pcd")
BLENDER_READS = (".fbx", ".usd", ".usda", ".usdc", ".usdz")  # through Blender's importers, in a Blender of their own


class ImportScan(ImportFile, bpy.types.Operator):
    """Bring in a scan of a person, in any unit and any pose upright or lying, and measure it"""

    bl_idname = "toile.import_scan"
    bl_label = "Import Body Scan"

    filename_ext = ".ply"
    filter_glob: StringProperty(default=";".join(f"*{extension}" for extension in EXTENSIONS), options={"HIDDEN"})

    @classmethod
    def poll(cls, context):
        return needs_object_mode(cls, context) and needs_idle(cls)

    def act(self, context):
        path = Path(self.filepath)
        measuring = engine.engine_worker()
        reading = engine.blender_worker() if path.suffix.lower() in BLENDER_READS else None

        def work(progress, cancelled):
            params, arrays = {"path": str(path), "name": path.name}, {}
            if reading:
                progress(0.0, "Reading the file")
                arrays = call(reading, "read_with_blender", params, {}, cancelled=cancelled).arrays
            result = call(measuring, "measure_scan", params, arrays, progress=progress, cancelled=cancelled)
            template()  # read once in each process: better here than while Blender waits
            return Body.from_json(result.values["body"]), json.dumps(result.values["body"]), result.arrays["points"]

        def apply(delivered):
            yield
            body, text, points = delivered
            obj = bridge.new_object(bpy.context, path.stem, "BODY")
            bridge.write_body(obj, body, text)
            made = obj.toile.toile_id
            yield
            scan_overlay.lay_over(bridge.find(made, "BODY"), points)
            error = 1000 * body.registration["mean"]
            return f"{path.name}: {len(body.measurements)} measurements, {error:.1f} mm mean error of the surface."

        return job_runner.start(f"Measure {path.name}", "body", work, apply).sentence()


class ScanFileHandler(DroppedIntoViewport, bpy.types.FileHandler):
    """A scan file dropped into a 3D viewport."""

    bl_idname = "TOILE_FH_scan"
    bl_label = "Body scan (Toile)"
    bl_import_operator = "toile.import_scan"
    bl_file_extensions = ";".join(EXTENSIONS)


def menu_entry(self, _context):
    """File ▸ Import ▸ Body scan."""
    self.layout.operator(ImportScan.bl_idname, text="Body scan (.ply, .obj, .stl, .glb, .fbx, .usd, .xyz, .pcd)")
