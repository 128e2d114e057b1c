# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a file is: a sidecar FILE.toile.json with its author, licence and making, bound by checksum and signature.

The words are C2PA's (Technical Specification 2.1) where it has them: a claim with assertions, `c2pa.hash.data` of the
file and `c2pa.hash.collection.data` of what lies beside it, `cawg.metadata` in Dublin Core. The claim is signed with
Ed25519 (RFC 8032) as canonical JSON. A signature proves that the holder of a key said so, not who that is: compare the
key's fingerprint with one that you had from its owner. No bpy.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import mimetypes
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from ...patterns.writing import write_json

FORMAT = "toile-provenance"
VERSION = 1
SUFFIX = ".toile.json"
ALGORITHM = "Ed25519"
_MODE = "rfc8032"
_LARGEST = 1 << 20  # bytes of a sidecar
_MEDIA = {
    ".glb": "model/gltf-binary", ".vrm": "model/gltf-binary", ".3mf": "model/3mf", ".stl": "model/stl",
    ".obj": "model/obj", ".usdz": "model/vnd.usdz+zip", ".usdc": "model/vnd.usd", ".fbx": "application/octet-stream",
    ".abc": "application/octet-stream", ".blend": "application/x-blender",
}  # fmt: skip


class ProvenanceRefused(ValueError):
    """A file whose sidecar is missing, broken, not its own or not signed as it says; the message says which."""


class SigningRefused(RuntimeError):
    """Nothing can be signed here: the package or the key is missing or broken."""


@dataclass(frozen=True)
class Making:
    """What a file was made from, and by whom; `tool` is Toile with its version."""

    author: str = ""
    licence: str = ""
    tool: str = "Toile"
    garment: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verified:
    """What a sidecar says that holds. key: the signer's fingerprint, "" where it is not signed."""

    author: str
    licence: str
    tool: str
    garment: Mapping[str, Any]
    sha256: str
    key: str

    def in_words(self) -> str:
        """One sentence."""
        signed = f"signed with the key {self.key}" if self.key else "not signed"
        garment = self.garment.get("style") or "a garment"
        return (
            f"{garment} by {self.author or 'an unnamed author'}, licence {self.licence or 'not stated'}, made with "
            f"{self.tool}, unchanged since, {signed}."
        )


def version_hash(*parts: object) -> str:
    """SHA-256 of plain data: the same style, parameters, body and fabric have the same, and no others."""
    return hashlib.sha256(_canonical(list(parts))).hexdigest()


def sidecar_of(path: Path) -> Path:
    """Where a file's sidecar lies."""
    return path.with_name(path.name + SUFFIX)


# ---- Keys ----


def signing_key(path: Path) -> bytes:
    """The 32 secret bytes of the user's key, made at its first use and readable by the user alone.

    Raises SigningRefused where the key cannot be read, made or understood, or the package `pycryptodome` is missing.
    """
    ECC, _ = _cryptography()
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            pem: str = ECC.generate(curve=ALGORITHM).export_key(format="PEM")
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(pem + "\n")
        key = ECC.import_key(path.read_bytes())
    except OSError as error:
        raise SigningRefused(f"The signing key {path} cannot be read or made: {error.strerror}.") from error
    except (ValueError, TypeError) as error:
        raise SigningRefused(f"{path} is not a signing key of Toile's: restore it, or move it away.") from error
    if key.curve != ALGORITHM or not key.has_private():
        raise SigningRefused(f"{path} is not an Ed25519 key: restore Toile's, or move it away.")
    return bytes(key.seed)


def fingerprint(public: bytes) -> str:
    """How a public key is told to people: the first 128 bits of its SHA-256, in groups."""
    told = hashlib.sha256(public).hexdigest()[:32]
    return "-".join(told[i : i + 8] for i in range(0, 32, 8))


def _cryptography() -> tuple[Any, Any]:
    try:
        from Crypto.PublicKey import ECC
        from Crypto.Signature import eddsa
    except ImportError as error:
        raise SigningRefused("Signatures need the Python package pycryptodome, which is not installed here.") from error
    return ECC, eddsa


# ---- Signing ----


def write_sidecar(path: Path, beside: Sequence[Path], making: Making, key: bytes | None) -> Path:
    """Say of a file, and of the files beside it that belong to it, whose it is. key: the secret bytes, or None.

    Raises SigningRefused where a key is given and the package is missing.
    """
    claim = _claim(path, beside, making)
    signature = None
    if key is not None:
        _, eddsa = _cryptography()
        private = eddsa.import_private_key(key)
        signature = {
            "alg": ALGORITHM,
            "public_key": _encoded(private.public_key().export_key(format="raw")),
            "value": _encoded(eddsa.new(private, _MODE).sign(_canonical(claim))),
        }
    return write_json(
        sidecar_of(path), {"format": FORMAT, "version": VERSION, "claim": claim, "claim_signature": signature}
    )


def _claim(path: Path, beside: Sequence[Path], making: Making) -> dict[str, Any]:
    name, _, version = making.tool.partition(" ")
    told: dict[str, Any] = {"@context": {"dc": "http://purl.org/dc/elements/1.1/"}, "dc:title": path.name}
    if making.author:
        told["dc:creator"] = [making.author]
    if making.licence:
        told["dc:rights"] = making.licence
    agent = {"name": name, "version": version}
    assertions = [
        {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", "softwareAgent": agent}]}},
        {"label": "c2pa.hash.data", "data": {"alg": "sha256", "hash": _sha256(path)}},
        {"label": "cawg.metadata", "data": told},
        {"label": "toile.garment", "data": dict(making.garment)},
    ]
    if beside:
        uris = [
            {"uri": each.relative_to(path.parent).as_posix(), "alg": "sha256", "hash": _sha256(each)}
            for each in sorted(beside)
        ]
        assertions.append({"label": "c2pa.hash.collection.data", "data": {"uris": uris}})
    return {
        "dc:title": path.name,
        "dc:format": _MEDIA.get(path.suffix.lower())
        or mimetypes.guess_type(path.name)[0]
        or "application/octet-stream",
        "claim_generator_info": [agent],
        "alg": "sha256",
        "created_assertions": assertions,
    }


# ---- Verifying ----


def verify(path: Path, key: str = "") -> Verified:
    """What the sidecar of a file says of it. key: the fingerprint that it must be signed with, where one is expected.

    Raises ProvenanceRefused where file or sidecar was changed or is missing, or another key signed it; SigningRefused
    where it is signed and the package to check that is missing.
    """
    document = _read(path)
    try:
        claim, signature = document["claim"], document["claim_signature"]
        told = {entry["label"]: entry["data"] for entry in claim["created_assertions"]}
        file = str(told["c2pa.hash.data"]["hash"])
        metadata, agent = told["cawg.metadata"], claim["claim_generator_info"][0]
        others = [
            (str(each["uri"]), str(each["hash"]))
            for each in told.get("c2pa.hash.collection.data", {"uris": []})["uris"]
        ]
        creators, licence = list(metadata.get("dc:creator", [])), str(metadata.get("dc:rights", ""))
        tool, garment = f"{agent['name']} {agent['version']}".strip(), dict(told["toile.garment"])
        signer = _signer(claim, signature, path.name) if signature is not None else b""
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, ProvenanceRefused):
            raise
        raise ProvenanceRefused(f"{sidecar_of(path).name} is broken: ask its author for it again.") from error
    for each, expected in ((path, file), *((_beside(path, uri), digest) for uri, digest in others)):
        try:
            same = _sha256(each) == expected
        except OSError as error:
            raise ProvenanceRefused(f"{each} cannot be read: {error.strerror}.") from error
        if not same:
            raise ProvenanceRefused(f"{each.name} was changed after it was exported: it is not what its author made.")
    found = fingerprint(signer) if signer else ""
    if key and found != key:
        raise ProvenanceRefused(
            f"{path.name} is {f'signed with the key {found}' if found else 'not signed'}, not with {key}."
        )
    return Verified(", ".join(map(str, creators)), licence, tool, garment, file, found)


def _read(path: Path) -> dict[str, Any]:
    sidecar = sidecar_of(path)
    try:
        if sidecar.stat().st_size > _LARGEST:
            raise ProvenanceRefused(f"{sidecar.name} is larger than any sidecar: ask its author for it again.")
        document = json.loads(sidecar.read_text("utf-8"))
    except FileNotFoundError as error:
        raise ProvenanceRefused(f"{path.name} has no {sidecar.name} beside it, so nobody says whose it is.") from error
    except OSError as error:
        raise ProvenanceRefused(f"{sidecar.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ProvenanceRefused(f"{sidecar.name} is not JSON: ask its author for it again.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ProvenanceRefused(f"{sidecar.name} is no sidecar of Toile's.")
    if document.get("version") != VERSION:
        raise ProvenanceRefused(f"{sidecar.name} has version {document.get('version')!r}; this Toile reads {VERSION}.")
    return document


def _signer(claim: object, signature: Mapping[str, Any], name: str) -> bytes:
    """The public key whose signature the claim bears."""
    if signature["alg"] != ALGORITHM:
        raise ProvenanceRefused(f"{name} is signed by {signature['alg']}, which this Toile does not know.")
    public, value = _decoded(signature["public_key"]), _decoded(signature["value"])
    _, eddsa = _cryptography()
    try:
        eddsa.new(eddsa.import_public_key(public), _MODE).verify(_canonical(claim), value)
    except ValueError as error:
        raise ProvenanceRefused(f"What is said of {name} was changed after it was signed.") from error
    return public


def _beside(path: Path, uri: str) -> Path:
    """The file that a sidecar names, which must lie beside or below its own."""
    named = PurePosixPath(uri)
    if named.is_absolute() or ".." in named.parts or "\\" in uri or ":" in uri:
        raise ProvenanceRefused(f"The sidecar of {path.name} speaks of {uri!r}, which does not lie beside it.")
    return path.parent / named


def _canonical(value: object) -> bytes:
    """JSON with sorted keys and nothing to spare: one form for one meaning, as RFC 8785 asks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
