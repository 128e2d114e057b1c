# SPDX-License-Identifier: GPL-3.0-or-later
"""3MF, the printers' own format: bodies in millimetres with who made them, in a zip that is alike each time. No bpy.

Source: 3MF Core Specification 1.3 (3MF Consortium).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from .solid import Solid

_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel0" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
_MICROMETRES = 3  # decimals of a millimetre: a printer's step is ten times as long
_DAWN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def to_3mf(bodies: Mapping[str, Solid], title: str, author: str = "", licence: str = "") -> bytes:
    """The file of bodies by their names, each an object of its own, where they stand."""
    said = {"Title": title, "Designer": author, "LicenseTerms": licence, "Application": "Toile"}
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}">\n',
        *(f'<metadata name="{name}">{escape(text)}</metadata>\n' for name, text in said.items() if text),
        "<resources>\n",
    ]
    for number, (name, body) in enumerate(bodies.items(), 1):
        parts.append(f'<object id="{number}" type="model" name={quoteattr(name)}><mesh><vertices>\n')
        rounded = np.round(1000 * body.vertices, _MICROMETRES) + 0.0  # no -0
        parts += [f'<vertex x="{x:.3f}" y="{y:.3f}" z="{z:.3f}"/>\n' for x, y, z in rounded.tolist()]
        parts.append("</vertices><triangles>\n")
        parts += [f'<triangle v1="{a}" v2="{b}" v3="{c}"/>\n' for a, b, c in body.faces.tolist()]
        parts.append("</triangles></mesh></object>\n")
    items = "".join(f'<item objectid="{number}"/>' for number in range(1, len(bodies) + 1))
    parts.append(f"</resources>\n<build>{items}</build>\n</model>\n")
    return stable_zip(
        {
            "[Content_Types].xml": _TYPES.encode(),
            "_rels/.rels": _RELATIONS.encode(),
            "3D/3dmodel.model": "".join(parts).encode(),
        }
    )


def stable_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by their names, the same bytes at any time and on any machine."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _DAWN)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 6)
    return stream.getvalue()
