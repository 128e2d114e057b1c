# SPDX-License-Identifier: GPL-3.0-or-later
"""Updates are read before they are believed: what pycrdt makes passes, what is broken is refused by name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, TransactionEvent
from toile.collab_server.document import Document, OutOfOrder
from toile.collab_server.update import contents
from toile.collab_server.wire import MessageRefused, Reader, number, read_state_vector

ROOTS = frozenset({"parameters", "points"})
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
edits = st.lists(st.tuples(st.sampled_from(sorted(ROOTS)), st.sampled_from("abcd"), plain | st.just(...)), min_size=1)


def updates_of(edited: list) -> tuple[Doc, list[bytes]]:
    """A document edited so (... deletes), and the update of each edit."""
    doc, updates = Doc(), []
    maps = {name: doc.get(name, type=Map) for name in ROOTS}

    def heard(event: TransactionEvent) -> None:
        updates.append(event.update)

    observed = doc.observe(heard)
    for root, key, value in edited:
        if value is not ...:
            maps[root][key] = value
        elif key in maps[root]:
            del maps[root][key]
    doc.unobserve(observed)
    return doc, updates


def same(document: Document, doc: Doc) -> bool:
    return all(document.doc.get(name, type=Map).to_py() == doc.get(name, type=Map).to_py() for name in ROOTS)


@given(edits)
def test_every_update_is_read_to_its_end_and_taken_once(edited: list) -> None:
    doc, updates = updates_of(edited)
    document = Document(ROOTS)
    for update in updates:
        assert document.take(update) is not None
        assert document.take(update) is None
    assert same(document, doc)
    assert Document(ROOTS).take(doc.get_update()) is not None or not updates
    brought = contents(doc.get_update(), ROOTS).brings
    assert {client: end for client, (_, end) in brought.items()} == read_state_vector(doc.get_state())


@given(edits, st.randoms(use_true_random=False))
def test_out_of_order_updates_are_refused_and_asked_for_until_all_is_there(edited: list, rng: random.Random) -> None:
    """Pycrdt loses updates applied out of order; a document never applies one."""
    doc, updates = updates_of(edited)
    document, waiting = Document(ROOTS), list(updates)
    rng.shuffle(waiting)
    rounds = 0
    while waiting and rounds <= len(updates):
        late = []
        for update in waiting:
            try:
                document.take(update)
            except OutOfOrder:
                late.append(update)
        waiting, rounds = late, rounds + 1
    assert not waiting
    assert same(document, doc)


@given(edits, st.lists(st.tuples(st.integers(0), st.integers(0, 255), st.sampled_from("sdi")), min_size=1, max_size=4))
def test_a_mutated_update_is_refused_or_is_another_whole_one(edited: list, mutations: list) -> None:
    _, updates = updates_of(edited)
    for update in updates[:5]:
        broken = bytearray(update)
        for at, byte, how in mutations:
            place = at % max(len(broken), 1)
            broken[place : place + (how != "i")] = b"" if how == "d" else bytes((byte,))
        document = Document(ROOTS)
        before = document.doc.get_update()
        try:
            document.take(bytes(broken))
        except (MessageRefused, OutOfOrder):
            assert document.doc.get_update() == before
        whole = Document(ROOTS, [document.doc.get_update()])
        assert whole.state == document.state


def refusal(update: bytes) -> str:
    with pytest.raises(MessageRefused) as refused:
        contents(update, ROOTS)
    return str(refused.value)


def test_only_plain_values_in_known_maps_are_shared() -> None:
    doc = Doc()
    doc.get("secrets", type=Map)["x"] = 1
    assert "'secrets'" in refusal(doc.get_update())
    for nested in (Map({"x": 1}), Array([1]), Text("x")):
        doc = Doc()
        doc.get("parameters", type=Map)["x"] = nested
        assert "kind 7" in refusal(doc.get_update())
    doc = Doc()
    doc.get("parameters", type=Text).insert(0, "x")
    assert "no key" in refusal(doc.get_update())


def test_numbers_out_of_range_are_refused() -> None:
    head = number(1) + number(1) + number(5)
    item = bytes((0x28,)) + number(1) + number(10) + b"parameters" + number(1) + b"k" + number(1) + bytes((126,))
    assert contents(head + number(0) + item + number(0), ROOTS).brings == {5: (0, 1)}
    assert "out of range" in refusal(head + number(2**31) + item + number(0))
    assert "out of range" in refusal(head + number(2**31 - 1) + item + number(0))
    assert "announces" in refusal(number(2**40))
    assert "announces" in refusal(number(1) + number(2**40) + number(5) + number(0))
    assert "too early" in refusal(head)
    assert "53 bits" in refusal(b"\xff" * 12)
    assert "follow" in refusal(b"\0\0\0")
    assert "empty" in refusal(head + number(0) + bytes((0,)) + number(0) + number(0))
    assert "out of range" in refusal(number(0) + number(1) + number(5) + number(1) + number(0) + number(2**31))
    assert "twice" in refusal(number(2) + (number(1) + number(5) + number(0) + item) * 2 + number(0))


def test_a_deeply_nested_value_is_refused() -> None:
    deep = bytes((117, 1)) * 5_000 + bytes((126,))
    item = bytes((0x28,)) + number(1) + number(10) + b"parameters" + number(1) + b"k" + number(1) + deep
    assert "deep" in refusal(number(1) + number(1) + number(5) + number(0) + item + number(0))


@given(st.integers(0, 2**53 - 1))
def test_numbers_come_back(value: int) -> None:
    reader = Reader(number(value))
    assert reader.number() == value
    assert reader.left == 0


def test_a_key_a_point_makes_a_small_edit() -> None:
    """One JSON value a panel is 4.6 kB an edit; a key a point under 100 bytes."""
    doc = Doc()
    points = doc.get("points", type=Map)
    with doc.transaction():
        for point in range(200):
            points[f"front/{point}"] = [0.1 * point, 0.2]
    sizes: list[int] = []
    observed = doc.observe(lambda event: sizes.append(len(event.update)))
    points["front/7"] = [0.75, 0.21]
    doc.unobserve(observed)
    assert sizes[0] < 100
