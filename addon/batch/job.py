# SPDX-License-Identifier: GPL-3.0-or-later
"""job.toml: what a studio wants made, and the garments that it comes to."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ...patterns.reading import read_data
from ..exports.formats import FORMATS

PATTERN = "pattern"  # among the outputs: the pattern's files, which come with every drape; alone: without a drape
OUTPUTS = (PATTERN, *(kind.ending[1:] for kind in FORMATS.values()))
MOST_GARMENTS = 100_000
_LARGEST = 4 * 2**20  # bytes of a job file
_SECONDS, _MEMORY = 1800.0, 6_000_000_000

# What stands in a job file, as JSON schema: `toile batch` alone prints it for editors.
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Toile batch job",
    "type": "object",
    "additionalProperties": False,
    "required": ["garments"],
    "properties": {
        "name": {"type": "string", "maxLength": 100},
        "author": {"type": "string", "maxLength": 200},
        "licence": {"type": "string", "maxLength": 200, "description": "an SPDX identifier, or any words"},
        "limits": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "seconds": {"type": "number", "exclusiveMinimum": 0, "description": "of one garment"},
                "memory": {"type": "integer", "minimum": 0, "description": "bytes of one garment; 0: none"},
            },
        },
        "garments": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["styles", "bodies"],
                "properties": {
                    "styles": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                    "bodies": {
                        "type": "array", "minItems": 1, "items": {"type": "string"},
                        "description": "files body.json, or patterns such as bodies/*.json, beside the job file",
                    },
                    "fabrics": {
                        "type": "array", "items": {"type": "string"}, "description": "default: the style's own",
                    },
                    "colours": {
                        "type": "array", "items": {"type": "string", "pattern": "^#[0-9a-f]{6}$"},
                        "description": "that each garment is written in, once it is draped; default: the fabric's own",
                    },
                    "set": {"type": "object", "description": "parameters of the styles"},
                    "outputs": {"type": "array", "minItems": 1, "items": {"enum": list(OUTPUTS)}},
                    "export": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "triangles": {"type": "integer", "minimum": 0, "description": "at most; 0: as draped"},
                            "levels": {"type": "integer", "minimum": 0, "description": "coarser ones after the first"},
                            "pixels": {"type": "integer", "minimum": 0, "description": "of baked pictures; 0: none"},
                            "variants": {"type": "string", "description": "of a GLB, as denim, Navy=#1f2a44"},
                            "wall": {"type": "number", "exclusiveMinimum": 0, "description": "of a print, metres"},
                            "scale": {"type": "number", "exclusiveMinimum": 0, "description": "of a print"},
                        },
                    },
                    "engine": {"type": "string"},
                    "particle_distance": {"type": "number", "exclusiveMinimum": 0, "description": "metres"},
                    "inner": {"type": "boolean", "description": "facings and linings are draped too"},
                },
            },
        },
    },
}  # fmt: skip


class JobRefused(ValueError):
    """A job file that is broken, or asks for what there is not."""


@dataclass(frozen=True)
class Task:
    """One garment to be made.

    name: its folder. words: the command line that makes it, without --out. fingerprint: changes when any of what it is
    made from changes.
    """

    name: str
    words: tuple[str, ...]
    fingerprint: str


@dataclass(frozen=True)
class Job:
    """A job as it was read: its garments in order, and each one's limits in seconds and bytes."""

    name: str
    tasks: tuple[Task, ...]
    seconds: float
    memory: int


def read_job(path: Path, version: str, known: Callable[[str, str], object]) -> Job:
    """The garments of a job file. Raises JobRefused with a sentence.

    version: of Toile, part of the fingerprints. known: called with a kind ("style" or "fabric") and a name; gives
    what is declared of it, as plain data, which is part of them too; raises a ValueError where there is none.
    """
    data = read_data(path, tomllib.loads, "TOML", _LARGEST, "any job", JobRefused)
    _fits(data, SCHEMA, path.name)
    limits = cast("dict[str, Any]", data.get("limits", {}))
    signed = [word for key in ("author", "licence") if data.get(key) for word in (f"--{key}", data[key])]
    digests: dict[Path, str] = {}
    tasks: dict[str, Task] = {}
    for k, entry in enumerate(data["garments"]):
        for task in _tasks(entry, path.parent, f"{path.name}, garments {k + 1}", signed, version, known, digests):
            if (other := tasks.setdefault(task.name, task)) != task:
                raise JobRefused(f"{path.name} makes {other.name} twice, in two ways: give one a style of its own.")
            if len(tasks) > MOST_GARMENTS:
                raise JobRefused(f"{path.name} comes to more than {MOST_GARMENTS} garments: divide it.")
    seconds, memory = float(limits.get("seconds", _SECONDS)), int(limits.get("memory", _MEMORY))
    return Job(str(data.get("name", path.stem)), tuple(tasks.values()), seconds, memory)


def _tasks(
    entry: Mapping[str, Any],
    folder: Path,
    where: str,
    signed: list[str],
    version: str,
    known: Callable[[str, str], object],
    digests: dict[Path, str],
) -> Iterator[Task]:
    bodies = list(dict.fromkeys(itertools.chain.from_iterable(_bodies(b, folder, where) for b in entry["bodies"])))
    fabrics: list[str] = entry.get("fabrics") or [""]
    formats = [name for name in OUTPUTS if name in entry.get("outputs", ["glb"]) and name != PATTERN]
    try:
        styles = {name: known("style", name) for name in entry["styles"]}
        cloths = {name: known("fabric", name) if name else None for name in fabrics}
    except ValueError as error:
        raise JobRefused(f"{where}: {error}") from error
    choices = [
        word for name, value in entry.get("set", {}).items() for word in ("--set", f"{name}={_value(value, where)}")
    ]
    dressed = [word for colour in entry.get("colours", ()) for word in ("--colour", colour)]
    dressed += [word for name in formats for word in ("--format", name)]
    dressed += [word for name, value in entry.get("export", {}).items() for word in (f"--{name}", str(value))]
    dressed += [word for name in ("engine", "particle_distance") if name in entry
                for word in (f"--{name.replace('_', '-')}", str(entry[name]))]  # fmt: skip
    dressed += ["--inner"] if entry.get("inner") else []
    if dressed and not formats:
        raise JobRefused(f"{where}: a pattern alone has no colour, engine or export; name a format among the outputs.")
    for style, body, fabric in itertools.product(styles, bodies, cloths):
        words = ["drape" if formats else "draft", style, "--body", str(body), *choices]
        if formats:
            words += [*(["--fabric", fabric] if fabric else []), *dressed, *signed]
        if body not in digests:
            digests[body] = hashlib.sha256(body.read_bytes()).hexdigest()
        described = [word for word in words if word != str(body)]
        made_from = json.dumps([version, digests[body], styles[style], cloths[fabric], described])
        parts = [style, body.stem, *([fabric] if fabric else []), *([] if formats else [PATTERN])]
        yield Task("-".join(map(_plain, parts)), tuple(words), hashlib.sha256(made_from.encode()).hexdigest())


def _bodies(text: str, folder: Path, where: str) -> list[Path]:
    try:
        found = sorted((folder / text).parent.glob(Path(text).name))
    except (ValueError, OSError) as error:
        raise JobRefused(f"{where}: {text!r} names no files: {error}.") from error
    if not (found := [path.resolve() for path in found if path.is_file()]):
        raise JobRefused(f"{where}: there is no body {text!r} beside the job file.")
    return found


def _plain(text: str) -> str:
    """A name that every file system takes: letters, digits, at most 60 bytes."""
    return re.sub(r"[^\w.]", "_", text).encode()[:60].decode(errors="ignore")


def _value(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise JobRefused(f"{where}: a parameter's value is a number or a word, not {value!r}.")
    return str(value)


def _fits(value: object, schema: Mapping[str, Any], where: str) -> None:
    """Look through plain data by the few words of JSON schema that SCHEMA uses. Raises JobRefused."""
    kinds = {"object": dict, "array": list, "string": str, "number": (int, float), "integer": int, "boolean": bool}
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or isinstance(value, bool) != (kind == "boolean")):
        raise JobRefused(f"{where}: this must be {'an' if kind[0] in 'aoi' else 'a'} {kind}, not {value!r}.")
    if "enum" in schema and value not in schema["enum"]:
        raise JobRefused(f"{where}: {value!r} is none of {', '.join(schema['enum'])}.")
    if isinstance(value, dict) and "properties" in schema:
        for name in schema.get("required", ()):
            if name not in value:
                raise JobRefused(f"{where}: {name!r} is missing.")
        for name, inner in value.items():
            if name not in schema["properties"]:
                raise JobRefused(f"{where}: there is no {name!r} here; there is {', '.join(schema['properties'])}.")
            _fits(inner, schema["properties"][name], f"{where}, {name}")
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            raise JobRefused(f"{where}: at least {schema['minItems']} must be given.")
        for k, inner in enumerate(value):
            _fits(inner, schema.get("items", {}), f"{where} {k + 1}")
    elif isinstance(value, str):
        if len(value) > schema.get("maxLength", 1000):
            raise JobRefused(f"{where}: this is longer than {schema.get('maxLength', 1000)} letters.")
        if not re.fullmatch(schema.get("pattern", ".*"), value):
            raise JobRefused(f"{where}: {value!r} is no colour: write six small hexadecimal digits, as #1f2a44.")
    elif isinstance(value, (int, float)):
        low = schema.get("exclusiveMinimum", schema.get("minimum", value))
        if not (value > low if "exclusiveMinimum" in schema else value >= low) or value == float("inf"):
            raise JobRefused(f"{where}: {value!r} is out of range.")
