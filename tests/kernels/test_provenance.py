# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a file is: what is signed holds, and whatever was changed since is found out."""

import copy
import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.addon.exports.provenance import (
    Making,
    ProvenanceRefused,
    SigningRefused,
    fingerprint,
    sidecar_of,
    signing_key,
    verify,
    version_hash,
    write_sidecar,
)

pytest.importorskip("Crypto", reason="pycryptodome is not installed")

MAKING = Making("Ada Taylor", "CC-BY-4.0", "Toile 0.1.0", {"style": "tshirt", "fabric": "denim"})


@pytest.fixture
def key(tmp_path):
    return signing_key(tmp_path / "keys" / "key.pem")


@pytest.fixture
def file(tmp_path, key):
    """A signed file with a texture that belongs to it."""
    path, texture = tmp_path / "dress.usdc", tmp_path / "textures" / "denim.png"
    texture.parent.mkdir()
    path.write_bytes(b"a dress")
    texture.write_bytes(b"a picture")
    write_sidecar(path, [texture], MAKING, key)
    return path


def changed(path, change):
    document = json.loads(sidecar_of(path).read_text())
    change(document)
    sidecar_of(path).write_text(json.dumps(document))


def test_a_signed_file_says_whose_it_is(file):
    told = verify(file)
    assert (told.author, told.licence, told.tool) == ("Ada Taylor", "CC-BY-4.0", "Toile 0.1.0")
    assert told.garment == {"style": "tshirt", "fabric": "denim"}
    assert verify(file, told.key) == told
    for word in ("tshirt", "Ada Taylor", "CC-BY-4.0", told.key):
        assert word in told.in_words()


def test_the_same_file_gives_the_same_sidecar(file, key):
    before = sidecar_of(file).read_bytes()
    write_sidecar(file, [file.parent / "textures" / "denim.png"], MAKING, key)
    assert sidecar_of(file).read_bytes() == before


def test_another_library_finds_the_signature_good(file):
    import base64

    pytest.importorskip("cryptography")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    document = json.loads(sidecar_of(file).read_text())
    signature = {k: base64.b64decode(v) for k, v in document["claim_signature"].items() if k != "alg"}
    said = json.dumps(document["claim"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    Ed25519PublicKey.from_public_bytes(signature["public_key"]).verify(signature["value"], said)
    assert fingerprint(signature["public_key"]) == verify(file).key


@pytest.mark.parametrize("name", ["dress.usdc", "textures/denim.png"])
def test_a_changed_file_is_found_out(file, name):
    (file.parent / name).write_bytes(b"another")
    with pytest.raises(ProvenanceRefused, match="was changed after it was exported"):
        verify(file)
    (file.parent / name).unlink()
    with pytest.raises(ProvenanceRefused, match="cannot be read"):
        verify(file)


def leaves(value, path=()):
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))
    else:
        yield path


def test_whatever_is_changed_in_the_sidecar_is_found_out(file):
    whole = json.loads(sidecar_of(file).read_text())
    for path in leaves(whole):
        document = copy.deepcopy(whole)
        place = document
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = "changed" if isinstance(place[path[-1]], str) else 99
        sidecar_of(file).write_text(json.dumps(document))
        with pytest.raises(ProvenanceRefused):
            verify(file)


def test_another_key_signs_another_file(file, tmp_path):
    theirs = verify(file).key
    write_sidecar(file, [], MAKING, signing_key(tmp_path / "other.pem"))
    assert verify(file).key != theirs
    with pytest.raises(ProvenanceRefused, match=theirs):
        verify(file, theirs)


def test_an_unsigned_sidecar_says_so(file):
    write_sidecar(file, [], MAKING, None)
    assert verify(file).key == ""
    assert "not signed" in verify(file).in_words()
    with pytest.raises(ProvenanceRefused, match="not signed"):
        verify(file, "00000000")


@pytest.mark.parametrize("uri", ["../secret", "/etc/passwd", "a/../../b", "C:\\x", "..\\x"])
def test_a_sidecar_cannot_look_elsewhere(file, uri):
    write_sidecar(file, [], MAKING, None)
    collection = {"label": "c2pa.hash.collection.data", "data": {"uris": [{"uri": uri, "hash": "0" * 64}]}}
    changed(file, lambda document: document["claim"]["created_assertions"].append(collection))
    with pytest.raises(ProvenanceRefused, match="does not lie beside it"):
        verify(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"\xff",
        b"[]",
        b'{"format":"other"}',
        b'{"format":"toile-provenance","version":2}',
        b'{"format":"toile-provenance","version":1}',
        b'{"format":"toile-provenance","version":1,"claim":[],"claim_signature":null}',
        b'{"format":"toile-provenance","version":1,"claim":{"created_assertions":[{}]},"claim_signature":null}',
        b"{" + b" " * (1 << 20) + b"}",
    ],
)
def test_broken_sidecars_are_refused_by_name(file, content):
    sidecar_of(file).write_bytes(content)
    with pytest.raises(ProvenanceRefused):
        verify(file)


def test_a_file_without_a_sidecar_is_nobodys(file):
    sidecar_of(file).unlink()
    with pytest.raises(ProvenanceRefused, match="nobody says whose it is"):
        verify(file)


@given(signature=st.dictionaries(st.sampled_from(["alg", "public_key", "value"]), st.text() | st.none()))
def test_what_is_no_signature_is_refused(signature, tmp_path_factory):
    path = tmp_path_factory.mktemp("p") / "a.glb"
    path.write_bytes(b"a")
    write_sidecar(path, [], MAKING, None)
    changed(path, lambda document: document.update(claim_signature=signature))
    with pytest.raises(ProvenanceRefused):
        verify(path)


def test_a_key_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    path = tmp_path / "new" / "key.pem"
    first = signing_key(path)
    assert len(first) == 32
    assert signing_key(path) == first
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_key_is_refused_and_kept(tmp_path):
    path = tmp_path / "key.pem"
    path.write_text("my shopping list")
    with pytest.raises(SigningRefused, match="not a signing key"):
        signing_key(path)
    assert path.read_text() == "my shopping list"
    with pytest.raises(SigningRefused, match="cannot be read or made"):
        signing_key(path / "below")


def test_the_version_hash_tells_apart_what_differs():
    one = version_hash("tshirt", {"bust_ease": 0.1}, "avatar", "denim")
    assert one == version_hash("tshirt", {"bust_ease": 0.1}, "avatar", "denim")
    others = [("tshirt", {"bust_ease": 0.2}, "avatar", "denim"), ("tshirt", {"bust_ease": 0.1}, "avatar", "linen")]
    assert len({one, *(version_hash(*other) for other in others)}) == 3
