# SPDX-License-Identifier: GPL-3.0-or-later
"""Binary glTF 2.0 as data: what Blender's exporter cannot say is written into its file afterwards. No bpy.

Variants after KHR_materials_variants, levels of detail after MSFT_lod, authorship after KHR_xmp_json_ld.
"""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LARGEST = 1 << 30  # bytes: nothing we write comes near
_MAGIC, _JSON, _BIN = 0x46546C67, 0x4E4F534A, 0x004E4942
_HEADER = 12


class GlbRefused(ValueError):
    """Bytes that are no binary glTF, or one that lacks what is spoken of."""


@dataclass
class Glb:
    """A glTF document and its one buffer."""

    json: dict[str, Any]
    binary: bytes

    @classmethod
    def parse(cls, data: bytes) -> Glb:
        """The document in the bytes of a .glb. Raises GlbRefused."""
        if not _HEADER <= len(data) <= LARGEST:
            raise GlbRefused(f"A GLB has from {_HEADER} bytes to 1 GiB, this has {len(data)}: is it the right file?")
        magic, version, length = struct.unpack_from("<III", data)
        if magic != _MAGIC or version != 2 or length != len(data):
            raise GlbRefused("This is not a whole binary glTF 2.0 file: export it again.")
        chunks = list(_chunks(data))
        if not chunks or chunks[0][0] != _JSON or any(kind == _JSON for kind, _ in chunks[1:]):
            raise GlbRefused("A GLB begins with its one JSON chunk, this does not: export it again.")
        try:
            document = json.loads(chunks[0][1])
        except (ValueError, RecursionError) as error:
            raise GlbRefused(f"The GLB's JSON cannot be read: {error}.") from error
        if not isinstance(document, dict) or not isinstance(document.get("asset"), dict):
            raise GlbRefused("The GLB's JSON is no glTF: export it again.")
        return cls(document, next((body for kind, body in chunks if kind == _BIN), b""))

    def to_bytes(self) -> bytes:
        """The .glb: the same document gives the same bytes."""
        document = json.dumps(self.json, separators=(",", ":"), ensure_ascii=False).encode()
        document += b" " * (-len(document) % 4)
        binary = self.binary + b"\0" * (-len(self.binary) % 4)
        chunks = struct.pack("<II", len(document), _JSON) + document
        if binary:
            chunks += struct.pack("<II", len(binary), _BIN) + binary
        return struct.pack("<III", _MAGIC, 2, _HEADER + len(chunks)) + chunks

    def node(self, name: str) -> int:
        """The index of the one node of that name. Raises GlbRefused."""
        found = [i for i, node in enumerate(self.json.get("nodes", ())) if node.get("name") == name]
        if len(found) != 1:
            raise GlbRefused(f"The file has {len(found)} nodes named {name!r}, and needs one.")
        return found[0]

    def material(self, name: str) -> int:
        """The index of the first material of that name. Raises GlbRefused."""
        for i, material in enumerate(self.json.get("materials", ())):
            if material.get("name") == name:
                return i
        raise GlbRefused(f"The file has no material {name!r}.")


def _chunks(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEADER
    while at < len(data):
        if at + 8 > len(data):
            raise GlbRefused("The GLB ends in the middle of a chunk: export it again.")
        length, kind = struct.unpack_from("<II", data, at)
        if at + 8 + length > len(data):
            raise GlbRefused("A chunk of the GLB is longer than the file: export it again.")
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length


def _use(document: dict[str, Any], extension: str) -> None:
    used = document.setdefault("extensionsUsed", [])
    if extension not in used:
        used.append(extension)
        used.sort()


def with_variants(glb: Glb, variants: Mapping[str, Mapping[int, int]]) -> Glb:
    """The file with named variants, each of which puts materials (by index) in the place of others."""
    made = copy.deepcopy(glb)
    for mesh in made.json.get("meshes", ()):
        for primitive in mesh["primitives"]:
            worn: dict[int, list[int]] = {}
            for number, swap in enumerate(variants.values()):
                if primitive.get("material") in swap:
                    worn.setdefault(swap[primitive["material"]], []).append(number)
            if worn:
                mappings = [{"material": m, "variants": numbers} for m, numbers in worn.items()]
                primitive.setdefault("extensions", {})["KHR_materials_variants"] = {"mappings": mappings}
    names = [{"name": name} for name in variants]
    made.json.setdefault("extensions", {})["KHR_materials_variants"] = {"variants": names}
    _use(made.json, "KHR_materials_variants")
    return made


def with_sheen(glb: Glb, weights: Mapping[str, float]) -> Glb:
    """The file whose materials' sheen has these weights, by name: Blender's exporter leaves them out."""
    made = copy.deepcopy(glb)
    for material in made.json.get("materials", ()):
        sheen = material.get("extensions", {}).get("KHR_materials_sheen", {})
        if "sheenColorFactor" in sheen and material.get("name") in weights:
            sheen["sheenColorFactor"] = [weights[material["name"]] * c for c in sheen["sheenColorFactor"]]
    return made


def with_skins_at_root(glb: Glb) -> Glb:
    """The file whose skinned nodes stand at the scene's root: they follow their joints, and no parent of theirs."""
    made = copy.deepcopy(glb)
    skinned = {i for i, node in enumerate(made.json["nodes"]) if "skin" in node}
    for node in made.json["nodes"]:
        if "children" in node:
            node["children"] = [child for child in node["children"] if child not in skinned]
            if not node["children"]:
                del node["children"]
    for scene in made.json["scenes"]:
        scene["nodes"] += sorted(skinned - set(scene["nodes"]))
    return made


def with_levels(glb: Glb, levels: Sequence[str], coverage: Sequence[float]) -> Glb:
    """The file in which the node levels[0] has the others as coarser levels, seen from these shares of the screen on.

    coverage: one share a level, falling; below the last nothing is drawn.
    """
    made = copy.deepcopy(glb)
    first, *rest = [made.node(name) for name in levels]
    node = made.json["nodes"][first]
    node.setdefault("extensions", {})["MSFT_lod"] = {"ids": rest}
    node.setdefault("extras", {})["MSFT_screencoverage"] = list(coverage)
    for parent in (*made.json.get("scenes", ()), *made.json["nodes"]):
        key = "nodes" if "nodes" in parent else "children"
        if key in parent:
            parent[key] = [child for child in parent[key] if child not in rest]
            if key == "children" and not parent[key]:
                del parent[key]
    _use(made.json, "MSFT_lod")
    return made


def with_credit(glb: Glb, title: str, author: str, licence: str) -> Glb:
    """The file that says whose it is and under which licence, in Dublin Core's words, where either is known."""
    made = copy.deepcopy(glb)
    if not (author or licence):
        return made
    packet: dict[str, Any] = {"@context": {"dc": "http://purl.org/dc/elements/1.1/"}, "dc:title": title}
    if author:
        packet["dc:creator"] = {"@list": [author]}
    if licence:
        packet["dc:rights"] = licence
    made.json["asset"]["copyright"] = ", ".join(filter(None, (author, licence)))
    made.json.setdefault("extensions", {})["KHR_xmp_json_ld"] = {"packets": [packet]}
    made.json["asset"].setdefault("extensions", {})["KHR_xmp_json_ld"] = {"packet": 0}
    _use(made.json, "KHR_xmp_json_ld")
    return made


def without_nodes(glb: Glb, names: Iterable[str]) -> Glb:
    """The file without these nodes, which have no children, and without the meshes and buffers of theirs alone.

    Their materials stay: that is what they were for.
    """
    made = copy.deepcopy(glb)
    document = made.json
    gone = {made.node(name) for name in names}
    kept = [i for i in range(len(document["nodes"])) if i not in gone]
    new = {old: i for i, old in enumerate(kept)}
    document["nodes"] = [document["nodes"][i] for i in kept]
    for owner in (*document.get("scenes", ()), *document["nodes"]):
        for key in ("nodes", "children"):
            if key in owner:
                owner[key] = [new[i] for i in owner[key] if i in new]
    for skin in document.get("skins", ()):
        skin["joints"] = [new[i] for i in skin["joints"]]
        if "skeleton" in skin:
            skin["skeleton"] = new[skin["skeleton"]]
    _drop_unused(document, "meshes", [(node, "mesh") for node in document["nodes"]])
    return _compact(made)


def without_idle_tangents(glb: Glb) -> Glb:
    """The file with tangents only where a material has a relief or a grain that is turned by them.

    Blender gives them to all that is unwrapped, a body too, and sums them up in another order each time.
    """
    made = copy.deepcopy(glb)
    materials = made.json.get("materials", ())
    for primitive in _primitives(made.json):
        if "material" not in primitive or not _is_turned(materials[primitive["material"]]):
            for packed in (primitive, *_packed(primitive)):
                packed["attributes"].pop("TANGENT", None)
    return _compact(made)


def _is_turned(material: Mapping[str, Any]) -> bool:
    extensions = material.get("extensions", {})
    coat = extensions.get("KHR_materials_clearcoat", {})
    return "normalTexture" in material or "KHR_materials_anisotropy" in extensions or "clearcoatNormalTexture" in coat


def _primitives(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [primitive for mesh in document.get("meshes", ()) for primitive in mesh["primitives"]]


def _packed(primitive: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What Draco made of it, if it did."""
    draco = primitive.get("extensions", {}).get("KHR_draco_mesh_compression")
    return [] if draco is None else [draco]


def _compact(made: Glb) -> Glb:
    """The file itself without what nothing reads any more of its buffer."""
    document = made.json
    primitives = _primitives(document)
    reading = [(p["attributes"], name) for p in primitives for name in p["attributes"]]
    reading += [(p, "indices") for p in primitives]
    reading += [(target, name) for p in primitives for target in p.get("targets", ()) for name in target]
    reading += [(skin, "inverseBindMatrices") for skin in document.get("skins", ())]
    _drop_unused(document, "accessors", reading)
    packed = [each for p in primitives for each in _packed(p)]
    owners = (*document.get("accessors", ()), *document.get("images", ()), *packed)
    _drop_unused(document, "bufferViews", [(owner, "bufferView") for owner in owners])
    binary = bytearray()
    for view in document.get("bufferViews", ()):
        start = view.get("byteOffset", 0)
        view["byteOffset"] = len(binary)
        binary += made.binary[start : start + view["byteLength"]]
        binary += b"\0" * (-len(binary) % 4)
    made.binary = bytes(binary)
    if document.get("buffers"):
        document["buffers"][0]["byteLength"] = len(binary)
    return made


def _drop_unused(document: dict[str, Any], kind: str, uses: Iterable[tuple[dict[str, Any], str]]) -> None:
    """Keep only the members of document[kind] that some owner[key] names, and name them anew."""
    uses = [(owner, key) for owner, key in uses if key in owner]
    kept = sorted({owner[key] for owner, key in uses})
    new = {old: i for i, old in enumerate(kept)}
    for owner, key in uses:
        owner[key] = new[owner[key]]
    if kind in document:
        document[kind] = [document[kind][i] for i in kept]
