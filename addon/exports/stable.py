# SPDX-License-Identifier: GPL-3.0-or-later
"""What Blender's exporters write of the hour and of the process, taken out: same garment, same bytes. No bpy."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

_FBX_HEAD = b"Kaydara FBX Binary  \x00\x1a\x00"
_ALIGNMENT = 64  # bytes, of each file in a USDZ
_DAWN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


class ForeignFile(ValueError):
    """Bytes that are not of the format that they are taken for."""


def stable_usdz(data: bytes) -> bytes:
    """A USDZ whose files are as old as a zip can say, uncompressed and aligned as it must be."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _DAWN)
            entry.create_system = 3
            pad = -(stream.tell() + 30 + len(name.encode()) + 4) % _ALIGNMENT
            entry.extra = struct.pack("<HH", 0x1986, pad) + b"\0" * pad
            new.writestr(entry, old.read(name), zipfile.ZIP_STORED)
    return stream.getvalue()


# ---- FBX ----


@dataclass
class _Record:
    """A record of a binary FBX: its name, its properties as (kind, bytes), and the records in it."""

    name: bytes
    properties: list[tuple[bytes, bytes]]
    records: list[_Record]
    ended: bool  # an empty record follows the last one in it

    def longs(self) -> list[int]:
        """Which properties are whole numbers of 64 bits, as objects' numbers are."""
        return [k for k, (kind, _) in enumerate(self.properties) if kind == b"L"]

    def to_bytes(self, at: int) -> bytes:
        """The record where it begins at this place of the file."""
        own = b"".join(kind + value for kind, value in self.properties)
        begin = at + _HEAD.size + len(self.name) + len(own)
        within = bytearray()
        for record in self.records:
            within += record.to_bytes(begin + len(within))
        if self.ended:
            within += bytes(_HEAD.size)
        head = _HEAD.pack(begin + len(within), len(self.properties), len(own), len(self.name))
        return head + self.name + own + within


_FBX_BEGIN, _FBX_VERSION = 27, 7400  # what Blender writes
_HEAD = struct.Struct("<IIIB")
_PLACES = (b"filename", b"relativefilename", b"Path", b"Original|ApplicationNativeFile")
_FOOT, _TAIL = 20, 140  # bytes of the footer before and after what fills it up to sixteen
_SIZES = {b"Y": 2, b"C": 1, b"B": 1, b"Z": 1, b"I": 4, b"F": 4, b"D": 8, b"L": 8}


def stable_fbx(data: bytes) -> bytes:
    """A binary FBX written at the epoch, its objects numbered in order and not by a hash, its files by their names.

    Blender writes where pictures and scene lay when it exported: nobody's business, and true nowhere else.
    Raises ForeignFile for what is no FBX 7.4.
    """
    if not data.startswith(_FBX_HEAD) or struct.unpack_from("<I", data, 23)[0] != _FBX_VERSION:
        raise ForeignFile("This is no binary FBX 7.4.")
    records, at = _records(data, _FBX_BEGIN)
    tops = {record.name: record.records for record in records}
    _number(tops)
    for record in _within(tops[b"FBXHeaderExtension"]):
        if record.name == b"CreationTimeStamp":
            for part in record.records[1:]:
                part.properties = [(b"I", struct.pack("<i", 1970 if part.name == b"Year" else 0))]
    for record in _within([*tops[b"FBXHeaderExtension"], *tops[b"Objects"]]):
        if record.name.lower() in _PLACES or (record.name == b"P" and record.properties[0][1][4:] in _PLACES):
            kind, value = record.properties[-1]
            record.properties[-1] = _string(re.split(rb"[/\\]", value[4:])[-1]) if kind == b"S" else (kind, value)
    made = bytearray(data[:_FBX_BEGIN])
    for record in records:
        made += record.to_bytes(len(made))
    made += bytes(_HEAD.size) + data[at : at + _FOOT]
    made += bytes(16 - len(made) % 16) + data[-_TAIL:]
    return bytes(made)


def _number(tops: dict[bytes, list[_Record]]) -> None:
    numbers: dict[bytes, bytes] = {}
    objects = [*tops[b"Documents"], *tops[b"Objects"]]
    for record in objects:
        for k in record.longs()[:1]:
            numbers.setdefault(record.properties[k][1], struct.pack("<q", 1000 + len(numbers)))
    poses = [record for record in _within(tops[b"Objects"]) if record.name == b"Node"]
    for record in (*objects, *poses, *tops[b"Connections"]):
        for k in record.longs():
            record.properties[k] = b"L", numbers.get(record.properties[k][1], record.properties[k][1])


def _string(text: bytes) -> tuple[bytes, bytes]:
    return b"S", struct.pack("<I", len(text)) + text


def _within(records: list[_Record]) -> Iterator[_Record]:
    for record in records:
        yield record
        yield from _within(record.records)


def _records(data: bytes, at: int, end: int = 0) -> tuple[list[_Record], int]:
    """The records up to `end`, or to the empty one, and where what follows begins."""
    found: list[_Record] = []
    while at < end or not end:
        stop, count, length, name_length = _HEAD.unpack_from(data, at)
        begin = at + _HEAD.size
        if stop == 0:
            return found, begin
        name = data[begin : begin + name_length]
        begin += name_length
        within, after = _records(data, begin + length, stop) if begin + length < stop else ([], -1)
        found.append(_Record(name, list(_properties(data, begin, count)), within, after == stop))
        at = stop
    return found, -1


def _properties(data: bytes, at: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(count):
        kind = data[at : at + 1]
        at += 1
        if kind in _SIZES:
            size = _SIZES[kind]
        elif kind in (b"S", b"R"):
            size = 4 + struct.unpack_from("<I", data, at)[0]
        else:  # an array: its length, its encoding and how many bytes it takes
            size = 12 + struct.unpack_from("<I", data, at + 8)[0]
        yield kind, data[at : at + size]
        at += size
