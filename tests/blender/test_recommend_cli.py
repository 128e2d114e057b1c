# SPDX-License-Identifier: GPL-3.0-or-later
"""`toile recommend …` as a studio runs it: a store, a ranking, a table, a customer who is forgotten, and bad files."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bpy")

from toile.addon import engine
from toile.addon.cli import main
from toile.models.recommend.evaluation import METRICS

DONE, WRONG_USE, REFUSED = 0, 2, 3
OCCASIONS = ("wedding", "work", "party")
FIRST = date(2024, 1, 1)


def records(events=900, customers=80, first=FIRST, seed=0):
    """Customers who take what suits the occasion, in sizes that their stature tells."""
    rng = np.random.default_rng(seed)
    for e in range(events):
        c, occasion = int(rng.integers(customers)), int(rng.integers(3))
        true = 8 + c // 8
        size = int(true + rng.integers(-2, 3))
        yield {
            "customer": f"Zoë 顾客 {c}", "garment": f"g{occasion * 10 + int(rng.integers(10))}",
            "date": (first + timedelta(days=e // 3)).isoformat(), "occasion": OCCASIONS[occasion],
            "category": OCCASIONS[occasion] + " dress", "height": 1.5 + 0.005 * c, "weight": 45 + c, "age": 20 + c % 40,
            "size": size, "fit": "small" if size < true - 1 else "large" if size > true + 1 else "fit",
        }  # fmt: skip


def table(path: Path, rows) -> Path:
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    return path


@pytest.fixture
def toile(capsys, tmp_path, monkeypatch):
    """The command line in a folder of its own, without the engine: exit status and last line."""

    def missing():
        raise engine.EngineMissing("not here")

    monkeypatch.setattr(engine, "engine_worker", missing)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        status = main(["recommend", *map(str, words), "--json"])
        out = capsys.readouterr().out
        return status, json.loads(out.splitlines()[-1]) if out else {}

    return run


@pytest.fixture
def trained(toile, tmp_path):
    status, report = toile("train", table(tmp_path / "e.csv", records()), "--store", "s.db", "--consent", "terms")
    assert status == DONE, report
    assert set(report) == {"store", "cleaning", "validation"}
    return toile


def test_a_ranking_answers_the_occasion_with_reasons(trained):
    status, report = trained("for", "nobody yet", "--store", "s.db", "--occasion", "Wedding", "--height", 1.7)
    assert status == DONE
    assert len(report["ranking"]) == 10
    assert all(int(row["garment"][1:]) < 10 and "occasion" in row["reasons"] for row in report["ranking"])
    assert all(abs(row["fit"]["size"] - 12) <= 4 for row in report["ranking"]), "as customers of this height take it"
    _, other = trained("for", "nobody yet", "--store", "s.db", "--popularity", 0, "--top", 3)
    assert len(other["ranking"]) == 3
    assert all("popularity" not in row["reasons"] for row in other["ranking"])


@pytest.mark.parametrize(
    "words",
    [("--height", 170), ("--weight", -3), ("--age", "nan"), ("--occasion", "coronation"), ("--top", 0),
     ("--popularity", -1), ("--popularity", "nan")],
)  # fmt: skip
def test_a_wrong_question_is_refused(trained, words):
    status, report = trained("for", "somebody", "--store", "s.db", *words)
    assert status == REFUSED
    assert set(report) == {"refused"}


@pytest.mark.slow
def test_a_customer_is_exported_forgotten_and_gone(trained, tmp_path):
    someone = "Zoë 顾客 7"
    status, kept = trained("export", someone, "--store", "s.db")
    assert status == DONE
    assert kept["consent"] == "terms"
    assert len(kept["events"]) == sum(row["customer"] == someone for row in records())
    assert trained("forget", someone, "--store", "s.db") == (DONE, {"forgotten": True})
    assert trained("export", someone, "--store", "s.db")[0] == REFUSED
    assert trained("forget", someone, "--store", "s.db")[0] == REFUSED
    assert all(someone.encode() not in file.read_bytes() for file in tmp_path.glob("s.db*"))


@pytest.mark.slow
def test_the_table_has_what_was_promised_and_comes_out_the_same_twice(toile, tmp_path):
    past = table(tmp_path / "past.csv", records())
    later = table(tmp_path / "later.csv", records(300, 120, FIRST + timedelta(days=300), seed=1))
    one, other = (toile("evaluate", "--train", past, "--test", later) for _ in range(2))
    assert one == other
    status, report = one
    assert status == DONE
    for kind in ("known", "new"):
        for name in (*(f"{m}@10" for m in METRICS), "coverage", "macro_hr@3"):
            assert 0.0 <= report[kind][name] <= 1.0
        assert report[kind]["ndcg@10"] >= report["test"][kind]["popularity"]["ndcg@10"]
        assert {"popularity", "item-kNN", "EASE", "content", "hybrid"} <= set(report["test"][kind])
    for name in ("fit_auc", "size_exact", "size_within_one"):
        assert 0.0 <= report[name] <= 1.0
    assert report["models"] == ["built in"]


def test_a_poisoned_table_is_cleaned_in_the_open_and_nothing_is_lost(toile, tmp_path):
    good = list(records())
    row = good[0]
    tomorrow = (date.today() + timedelta(days=400)).isoformat()
    bad = [
        {**row, "date": tomorrow}, {**row, "date": "2024-02-31"}, {**row, "customer": ""}, {**row, "garment": "\x00"},
        {**row, "customer": "x" * 1000}, {**row, "size": -4, "garment": "a"}, {**row, "age": 116, "garment": "b"},
        {**row, "weight": "=cmd()", "garment": "c"}, {**row, "fit": "meh", "garment": "d"}, row,
    ]  # fmt: skip
    machine = [{**row, "customer": "machine", "garment": f"g{n % 30}", "size": n % 60} for n in range(5000)]
    path = table(tmp_path / "poisoned.csv", [*good, *bad, *machine])
    status, report = toile("train", path, "--store", "s.db", "--consent", "terms")
    assert status == DONE
    cleaning = report["cleaning"]
    assert cleaning["rows"] == len(good) + len(bad) + len(machine)
    aside = {f["reason"]: f["count"] for f in cleaning["findings"] if f["done"] == "set aside"}
    assert cleaning["kept"] == cleaning["rows"] - sum(aside.values())
    assert aside["date lies in the future"] == 1
    assert aside["customer with more than 100 events in a day"] == len(machine)
    blank = {f["reason"] for f in cleaning["findings"] if f["done"] == "left blank"}
    assert {"size is impossible", "age is impossible", "weight is impossible", "fit is unknown"} <= blank
    assert toile("export", "machine", "--store", "s.db")[0] == REFUSED
    clean = table(tmp_path / "clean.csv", good)
    assert path.exists()
    assert toile("train", clean, "--store", "s.db", "--consent", "terms")[0] == REFUSED, "a store is never overwritten"


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"customer,garment,date\n", b"\x1f\x8b\x08junk"]
)
def test_a_file_that_is_no_table_is_refused_and_leaves_nothing(toile, tmp_path, content):
    (tmp_path / "bad.csv").write_bytes(content)
    status, report = toile("train", "bad.csv", "--store", "s.db", "--consent", "terms")
    assert status == REFUSED
    assert "bad.csv" in report["refused"]
    assert {path.name for path in tmp_path.iterdir()} == {"bad.csv"}


def test_a_store_that_is_not_there_or_none_is_refused(toile, tmp_path):
    for words in (("for", "a"), ("forget", "a"), ("export", "a")):
        assert toile(*words, "--store", "none.db")[0] == REFUSED
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "poem.db").write_bytes(b"not a database at all" * 100)
    assert toile("for", "a", "--store", "poem.db")[0] == REFUSED


def test_a_test_period_before_the_training_is_refused(toile, tmp_path):
    later = table(tmp_path / "later.csv", records(300, first=FIRST + timedelta(days=300)))
    past = table(tmp_path / "past.csv", records(300))
    assert toile("evaluate", "--train", later, "--test", past)[0] == REFUSED
