# SPDX-License-Identifier: GPL-3.0-or-later
import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.recommend.events import KINDS, EventsRefused, read_events
from toile.models.recommend.reviews import ReviewRefused, records
from toile.sim.fabric import shipped_rows

TODAY = date(2026, 3, 1)
NOON = 1_767_268_800.0  # 2026-01-01, seconds since 1970


def said(by, role="reviewer", **entry):
    return {"by": by, "role": role, "invite": "i", "at": NOON, **entry}


REVIEW = {
    "design": {"garment": {"style": "sheath"}, "parameters": {"length": 1.0}, "fabrics": {"main": "linen"}},
    "review": {
        "comments": {"1": said("Anna", text="shorter"), "2": said("Studio", "designer", text="of course")},
        "choices": {
            "colour/front": said("Anna", what="colour", part="front", value="#a0b1c2"),
            "fabric/front": said("Bo 波", what="fabric", part="front", value=shipped_rows()["denim"]["label"]),
        },
        "approvals": {"v/1": said("Anna", version="v")},
        "marks": {"1": said("Studio", "designer", status="resolved")},
    },
}


def rows(events):
    kinds = list(KINDS)
    return {
        (
            events.customers[events.customer[e]],
            events.garments[events.garment[e]],
            kinds[events.kind[e]],
            *(
                events.vocabulary[w][events.words[w][e]] if events.words[w][e] >= 0 else ""
                for w in ("colour", "fabric")
            ),
        )
        for e in range(len(events))
    }


EXPECTED = {
    ("Anna", "sheath, linen", "comment", "", "linen"),
    ("Anna", "sheath, linen, #a0b1c2", "chosen", "#a0b1c2", "linen"),
    ("Bo 波", "sheath, denim", "chosen", "", "denim"),
    ("Anna", "sheath, linen", "approval", "", "linen"),
}


def test_a_review_is_what_its_customers_did(tmp_path):
    (tmp_path / "review.json").write_text(json.dumps(REVIEW), "utf-8")
    (events,), cleaning = read_events([tmp_path / "review.json"], TODAY)
    assert rows(events) == EXPECTED
    assert not cleaning.findings
    assert set(events.day.tolist()) == {20_454}


def test_the_servers_own_store_is_read_as_it_left_it(tmp_path):
    pycrdt = pytest.importorskip("pycrdt")
    from toile.collab_server.store import Store

    store = Store(tmp_path / "reviews.sqlite")
    for room, review in (("empty", {"design": {}}), ("one", REVIEW)):
        for document, roots in review.items():
            doc = pycrdt.Doc()
            updates = []
            doc.observe(lambda event, to=updates: to.append(event.update))
            for root, entries in roots.items():
                doc[root] = pycrdt.Map()
                for key, value in entries.items():
                    doc[root][key] = value
            store.append([(room, document, update) for update in updates])
    store.close()
    (events,), _ = read_events([tmp_path / "reviews.sqlite"], TODAY)
    assert rows(events) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b'{"design": 3}', b"\xff\xfe", b"[" * 10_000, b"SQLite format 3\0", b"{}",
     b'{"design": {"garment": {"style": "sheath"}}, "review": {"comments": {"1": 2}}}'],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.json", "a.sqlite"])
def test_what_is_no_review_is_refused(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EventsRefused):
        read_events([tmp_path / name], TODAY)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.fixed_dictionaries({"by": json_values, "role": json_values, "at": json_values, "what": json_values}))
def test_a_hostile_entry_is_a_record_or_a_refusal(entry):
    review = {"design": {"garment": {"style": "sheath"}}, "review": {"choices": {"x": entry}}}
    with suppress(ReviewRefused):
        assert all(record["kind"] == "chosen" for record in records(review))
