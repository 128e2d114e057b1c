# SPDX-License-Identifier: GPL-3.0-or-later
"""A garment as it hangs in other sizes: drafted for a body of each size and draped on it, and shown for a moment."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import bpy

from ..bodies import Body, avatar
from ..patterns import Pattern
from ..sim import Cloth
from ..worker.client import Result
from . import bridge, draping
from .fabrics.prints import objects_of


@dataclass(frozen=True)
class Worn:
    """A garment draped on a body of a size."""

    pattern: Pattern
    body: Body
    cloth: Cloth
    result: Result


def drape_sizes(
    asked: draping.Asked,
    drafted: Callable[[Mapping[str, float]], Pattern],
    people: Mapping[str, Mapping[str, float]],
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
) -> dict[str, Worn]:
    """Drape a garment in sizes, from any thread: `people` has the measures (metres) of each, `asked` all else.

    Raises AvatarRefused, what drafting refuses, and what `draping.drape` raises.
    """
    worn: dict[str, Worn] = {}
    for number, (size, measures) in enumerate(people.items()):

        def tell(share: float, text: str, number: int = number, size: str = size) -> None:
            progress((number + share) / len(people), f"{size}: {text}")

        tell(0.0, "Drafting")
        body = avatar(measures)
        pattern = drafted({name: m.value for name, m in body.measurements.items()})
        ordered = replace(asked, pattern=pattern, body=body, hung=None, recording=None)
        worn[size] = Worn(pattern, body, *draping.drape(ordered, tell, cancelled))
    return worn


@contextlib.contextmanager
def shown(garment: bpy.types.Object, worn: Worn) -> Iterator[tuple[bpy.types.Object, bpy.types.Object]]:
    """The garment and its body in that size, among the scene's objects meanwhile; the garment itself stays as it is."""
    other, figure = garment.copy(), bpy.data.objects.new("Body", bpy.data.meshes.new("Body"))
    other.toile.toile_id, other.toile.last_drape = uuid.uuid4().hex, None
    for obj in (other, figure):
        bpy.context.collection.objects.link(obj)
    try:
        bridge.write_body(figure, worn.body)
        bridge.write_pieces(other, worn.pattern, worn.body)
        mesh = bridge.draped_mesh(garment.data.name, worn.cloth, **worn.result.arrays)
        bridge.show_drape(other, mesh, worn.result.values["report"])
        yield other, figure
    finally:
        for obj in (*objects_of(other), other, figure):
            mesh = obj.data
            bpy.data.objects.remove(obj)
            if mesh.users == 0:
                bpy.data.meshes.remove(mesh)
