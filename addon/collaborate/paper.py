# SPDX-License-Identifier: GPL-3.0-or-later
"""A review's minutes as files: on paper, and as `collab_server.minutes` writes them for programs. No bpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...collab_server import minutes
from ...patterns.techpack.pdf import document_to_pdf
from ...patterns.techpack.sheets import Column, Document, Page, Row, Table
from ...patterns.writing import write_beside

_WHO = (Column("When", share=1.3), Column("Who", share=1.2))
_GLB = Column("GLB", share=1.6)  # the first of its SHA-256's digits


def write_minutes(documents: minutes.Documents, room: str, folder: Path) -> list[Path]:
    """Write ROOM.json, ROOM.bcfzip and ROOM.pdf; the files. Raises OSError."""
    paper = folder / f"{room}.pdf"
    written = minutes.write(documents, room, folder)
    write_beside(paper, document_to_pdf(document(minutes.take(documents["review"]), room)))
    return [*written, paper]


def document(taken: minutes.Minutes, room: str) -> Document:
    """The minutes as sheets: what was said, and what was decided."""
    said: list[tuple[str, ...]] = []
    for comment in taken["comments"]:
        where = comment.get("piece", "")
        said.append((*_who(comment), str(where), str(comment.get("text", "")), comment["status"]))
        said += [(*_who(answer), "", f"→ {answer.get('text', '')}", "") for answer in comment["answers"]]
    asked = [
        (*_who(each), f"{each.get('parameter')} = {each.get('value')}", str(each.get("text", "")), each["status"])
        for each in taken["proposals"]
    ]
    for each in taken["choices"]:
        asked.append((*_who(each), f"{each.get('what')}, {each.get('part')}", str(each.get("value")), "chosen"))
    shown: list[tuple[str, ...]] = []
    for version in taken["versions"]:
        by = "; ".join(f"{one['by']}, {one['at'][:10]}, {one.get('signature', '')}" for one in version["approvals"])
        shown.append((*_who(version), str(version.get("label", "")), str(version.get("glb", ""))[:16], by))
    words, status = Column("Words", share=4.5), Column("Status")
    tables = (
        Table("Said", (*_WHO, Column("Piece"), words, status), tuple(said)),
        Table("Proposed and chosen", (*_WHO, Column("What", share=2.0), words, status), tuple(asked)),
        Table("Versions", (*_WHO, Column("Version"), _GLB, Column("Approved", share=4.0)), tuple(shown)),
    )
    rows = tuple(Row((table,), (1.0,)) for table in tables if table.rows)
    return Document(f"Minutes of {room}", (room,), (Page(f"Minutes of {room}", rows),))


def _who(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["at"][:16].replace("T", " "), entry["by"]
