# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import hmac
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from toile.models.recommend.events import EventsRefused
from toile.models.recommend.live import AskRefused, ConsentMissing, CustomerUnknown, Store, StoreRefused

TODAY = date(2026, 1, 1)
FIRST = date(2024, 1, 1)
OCCASIONS = ("wedding", "work", "party")
ROOT = Path(__file__).resolve().parents[2]


def records(customers=60, events=400, seed=0):
    """Customers who take what suits the occasion, in order of time."""
    rng = np.random.default_rng(seed)
    for e in range(events):
        c = int(rng.integers(customers))
        occasion = int(rng.integers(3))
        yield {
            "customer": f"person-{c}",
            "garment": f"g{occasion * 10 + int(rng.integers(10))}",
            "date": (FIRST + timedelta(days=e)).isoformat(),
            "category": OCCASIONS[occasion] + " dress",
            "occasion": OCCASIONS[occasion],
            "height": 1.5 + 0.005 * c,
            "weight": 50.0 + c,
            "age": 20.0 + c % 40,
            "size": 8.0 + c // 4,
            "fit": "fit",
        }


def sized(**of):
    """The same, in sizes about the right one: two off are felt."""
    rng = np.random.default_rng(1)
    for row in records(**of):
        off = int(rng.integers(-3, 4))
        yield {**row, "size": row["size"] + off, "fit": "small" if off < -1 else "large" if off > 1 else "fit"}


def filled(path, rows, key=b"k" * 32):
    store = Store(path, key)
    for row in rows:
        store.agree(row["customer"], "terms 1")
        store.fold(row, TODAY)
    return store


def answers(store):
    return [store.rank(f"person-{c}", {"occasion": o}, 5) for c in range(0, 60, 7) for o in OCCASIONS]


def test_a_store_that_learnt_before_a_look_was_known_ranks_on(tmp_path):
    with filled(tmp_path / "s.db", records()) as store:
        store.train()
        before = answers(store)
    with sqlite3.connect(tmp_path / "s.db") as db:
        learnt = json.loads(db.execute("SELECT value FROM setting WHERE name = 'learnt'").fetchone()[0])
        for weights in learnt["weights"].values():
            del weights["own_season"]
        db.execute("UPDATE setting SET value = ? WHERE name = 'learnt'", (json.dumps(learnt),))
    with Store(tmp_path / "s.db") as again:
        assert answers(again) == before  # nobody told a season


def test_folding_in_equals_counting_again(tmp_path):
    store = filled(tmp_path / "s.db", records())
    store.train()
    for row in records(events=100, seed=1):
        store.fold({**row, "date": "2025-06-01"}, TODAY)
    before = answers(store)
    store.fold({"customer": "person-1", "garment": "new one", "date": "2025-06-02", "category": "cape"}, TODAY)
    live, weights = store.counts, store.weights
    with Store(tmp_path / "s.db") as again:
        assert again.weights == weights
        for name in ("popularity", "takers", "together"):
            np.testing.assert_allclose(getattr(again.counts, name), getattr(live, name), rtol=1e-9)
        for name, mix in live.mixes.items():
            np.testing.assert_allclose(again.counts.mixes[name], mix, rtol=1e-9)
        assert [r["garment"] for r in answers(again)[1]] == [r["garment"] for r in answers(store)[1]]
    assert answers(store) != before  # one event speaks at once


@pytest.mark.slow
def test_a_forgotten_customer_was_never_there(tmp_path):
    rows = list(sized())
    gone = "person-7"

    def all_answers(store):
        return answers(store), [store.advise(f"person-{c}", {}, ["g1", "g17"]) for c in (3, 7)]

    with filled(tmp_path / "a.db", rows) as store:
        store.train()
        store.forget(gone)
        with pytest.raises(CustomerUnknown):
            store.export(gone)
        kept = all_answers(store)
        assert all(kept[1])
    others = [row for row in rows if row["customer"] != gone]
    with filled(tmp_path / "b.db", others, key=b"another key of thirty-two bytes!") as never:
        never.train()
        assert all_answers(never) == kept
    hashed = hmac.digest(b"k" * 32, gone.encode(), hashlib.sha256)
    for file in tmp_path.glob("a.db*"):
        content = file.read_bytes()
        assert gone.encode() not in content
        assert hashed not in content


def test_ids_are_never_written(tmp_path):
    with filled(tmp_path / "s.db", list(records(events=20))):
        assert all(b"person-" not in file.read_bytes() for file in tmp_path.iterdir())


def test_export_gives_back_all_that_was_told(tmp_path):
    row = next(iter(records()))
    with filled(tmp_path / "s.db", [row]) as store:
        told = store.export(row["customer"])
    assert told["consent"] == "terms 1"
    (event,) = told["events"]
    assert event["garment"] == row["garment"]
    assert event["weight"] == row["weight"]
    assert event["occasion"] == row["occasion"]


def test_without_consent_nothing_is_kept(tmp_path):
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(ConsentMissing):
            store.fold(next(iter(records())), TODAY)
        with pytest.raises(EventsRefused):
            store.events()


def test_fancies_are_by_word_and_a_stranger_has_none(tmp_path):
    rows = [{**row, "colour": ("#aa0000", "#00aa00")[int(row["garment"][1:]) % 2]} for row in records()]
    with filled(tmp_path / "s.db", rows) as store:
        for day in range(1, 9):
            store.fold({"customer": "person-1", "garment": "g4", "date": f"2025-07-0{day}", "kind": "like"}, TODAY)
        found = store.fancies("person-1")
        assert set(found["own_colour"]) == {"#aa0000", "#00aa00"}
        assert found["own_colour"]["#aa0000"] > 0.0 > found["own_colour"]["#00aa00"]
        assert set(found["own_category"]) == {f"{occasion} dress" for occasion in OCCASIONS}
        assert found["own_fabric"] == {}
        assert not any(store.fancies("a stranger")["own_colour"].values())


def test_the_size_to_take_is_told_by_body_and_history_and_not_of_garments_without(tmp_path):
    with filled(tmp_path / "s.db", sized(events=700)) as store:
        store.fold({"customer": "person-1", "garment": "scarf", "date": "2025-01-01", "category": "scarf"}, TODAY)
        assert store.advise("person-8", {}, ["g1"]) == {}, "nothing is learnt yet"
        store.train()
        for c in (8, 52):
            ((garment, told),) = store.advise(f"person-{c}", {}, ["g1", "scarf", "no such garment"]).items()
            assert garment == "g1"
            assert abs(told["size"] - (8 + c // 4)) <= 2
            assert told["small"] + told["fit"] + told["large"] == pytest.approx(1.0)
            assert told["fit"] > 0.5
        slight, tall = ({"height": 1.5 + 0.005 * c, "weight": 50.0 + c} for c in (8, 52))
        sizes = [store.advise("a stranger", body, ["g1"])["g1"]["size"] for body in (slight, tall)]
        assert sizes[1] - sizes[0] >= 6
        with pytest.raises(AskRefused):
            store.advise("person-8", {"height": 168.0}, ["g1"])
    with Store(tmp_path / "s.db") as again:
        assert again.advise("a stranger", tall, ["g1"])["g1"]["size"] == sizes[1]


def test_how_garments_felt_is_kept_with_their_ease_and_from_a_file_too(tmp_path):
    told = {"customer": "person-1", "garment": "a", "date": "2025-06-01", "kind": "fit", "fit": "large", "ease": 0.03}
    with filled(tmp_path / "s.db", [*records(events=5), told]) as store:
        assert store.worn("person-1") == [(0.03, "large")]
        assert store.worn("a stranger") == []
        with Store(tmp_path / "again.db") as other:
            other.fill(store.events(), "terms")
            assert [row["ease"] for row in other._rows() if "ease" in row] == [0.03]
        with pytest.raises(EventsRefused, match="ease is impossible"):
            store.fold({**told, "ease": 3.0}, TODAY)


def test_a_broken_event_is_refused_and_changes_nothing(tmp_path):
    with filled(tmp_path / "s.db", list(records(events=30))) as store:
        before = answers(store)
        with pytest.raises(EventsRefused, match="size is impossible"):
            store.fold({"customer": "person-1", "garment": "g1", "date": "2025-01-01", "size": -4}, TODAY)
        assert answers(store) == before


def test_reasons_are_terms_of_the_score(tmp_path):
    with filled(tmp_path / "s.db", records()) as store:
        store.train()
        ranked = store.rank("a stranger", {"occasion": "wedding"}, 5)
    assert all(int(r["garment"][1:]) < 10 for r in ranked)
    assert all("occasion" in r["reasons"] for r in ranked)


@pytest.mark.parametrize(
    "brief", [{"height": 168.0}, {"weight": -1.0}, {"age": float("nan")}, {"occasion": "coronation"}]
)
def test_a_brief_in_wrong_units_or_words_is_refused(tmp_path, brief):
    with filled(tmp_path / "s.db", records()) as store:
        store.train()
        with pytest.raises(AskRefused):
            store.rank("person-1", brief, 5)
        with pytest.raises(AskRefused):
            store.rank("person-1", {}, 0)


def test_what_is_no_store_is_refused(tmp_path):
    (tmp_path / "s.db").write_bytes(b"a poem, not a database" * 300)
    with pytest.raises(StoreRefused):
        Store(tmp_path / "s.db")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_what_was_told_survives_a_kill(tmp_path):
    program = textwrap.dedent("""
        import sys
        from datetime import date
        from pathlib import Path
        from toile.models.recommend.live import Store
        store = Store(Path(sys.argv[1]), b"k" * 32)
        store.agree("a", "terms")
        for i in range(10**6):
            event = {"customer": "a", "garment": f"g{i % 50}", "date": "2025-01-01", "rating": i % 10}
            store.fold(event, date(2026, 1, 1))
            print(i, flush=True)
    """)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".dev")}
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "s.db")], stdout=subprocess.PIPE, env=environment
    )
    for _ in range(40):
        last = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    last = max([last, *(int(line) for line in child.stdout.read().split())])
    child.wait()
    with Store(tmp_path / "s.db") as store:
        assert len(store.export("a")["events"]) in (last + 1, last + 2)
