# SPDX-License-Identifier: GPL-3.0-or-later
import gzip
import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toile.models.recommend.events import BODY, EventsRefused, read_event, read_events

TODAY = date(2026, 1, 1)
HEAD = "customer,garment,date,fit,size,age,height_in,weight_lbs,bust_size_num,bust_size_letter\n"


def read(folder, text, name="events.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_events([path], TODAY)


def reasons(report):
    return {finding.reason: finding.count for finding in report.findings}


def test_units_are_converted_at_the_door(tmp_path):
    (events,), _ = read(tmp_path, HEAD + "a,g,2020-01-02,fit,8,30,65,150,34,d+\n")
    height, weight, bust, cup, age = events.body[0]
    assert (height, bust, age) == pytest.approx((1.651, 0.8636, 30))
    assert weight == pytest.approx(68.0388555)
    assert BODY[3] == "cup"
    assert cup == 4
    assert events.day[0] == (date(2020, 1, 2) - date(1970, 1, 1)).days


def test_what_is_impossible_is_left_blank_or_set_aside_and_always_reported(tmp_path):
    rows = [
        "a,g,2020-01-01,fit,8,116,65,150,34,d",  # older than anyone
        "b,g,2020-01-01,fit,-8,30,65,150,34,d",  # a negative size
        "c,g,2027-01-01,fit,8,30,65,150,34,d",  # the future
        "d,g,yesterday,fit,8,30,65,150,34,d",
        ",g,2020-01-01,fit,8,30,65,150,34,d",
        "e,g,2020-01-01,huge,8,30,65,nan,34,zz",
        "f,g,2020-01-01,fit,8,30,65,150,34,d",
        "f,g,2020-01-01,fit,8,30,65,150,34,d",
    ]
    (events,), report = read(tmp_path, HEAD + "\n".join(rows))
    assert reasons(report) == {
        "age is impossible": 1, "size is impossible": 1, "date lies in the future": 1, "date is not YYYY-MM-DD": 1,
        "no customer, or one too long or unprintable": 1, "weight is impossible": 1, "fit is unknown": 1,
        "cup is unknown": 1, "repeats an earlier row": 1,
    }  # fmt: skip
    assert report.rows == 8
    assert report.kept == len(events) == 4
    assert np.isnan(events.body[0, 4])
    assert np.isnan(events.size[1])
    assert sum(f.count for f in report.findings if f.done == "set aside") == report.rows - report.kept


def test_a_machine_that_clicks_is_set_aside_whole(tmp_path):
    bot = "".join(f"bot,g{i},2020-01-01,,,,,,,\n" for i in range(20_000))
    (events,), report = read(tmp_path, HEAD + bot + "a,g1,2020-01-01,,,,,,,\n")
    assert events.customers == ("a",)
    assert list(reasons(report).values()) == [20_000]


@given(st.text(st.characters(categories=("L", "N", "So")), min_size=1, max_size=40))
def test_ids_of_every_script_stay_as_they_are(identity):
    row = read_event({"customer": identity, "garment": identity, "date": "2020-01-01"}, TODAY)
    assert row["customer"] == row["garment"] == identity


@given(st.dictionaries(st.sampled_from(["customer", "garment", "date", "size", "age", "fit", "kind"]), st.one_of(
    st.none(), st.text(max_size=9), st.floats(), st.integers(), st.lists(st.integers(), max_size=2))))  # fmt: skip
def test_a_hostile_record_is_a_row_or_a_refusal(record):
    try:
        row = read_event(record, TODAY)
    except EventsRefused:
        return
    assert isinstance(row["customer"], str)
    assert row["day"] <= (TODAY - date(1970, 1, 1)).days


def test_json_lines_and_gzip_say_the_same_as_csv(tmp_path):
    text = HEAD + "a,g,2020-01-02,fit,8,30,65,150,34,d\nb,h,2020-01-01,large,9,,,,,\n"
    (plain,), _ = read(tmp_path, text)
    zipped = tmp_path / "z.csv.gz"
    zipped.write_bytes(gzip.compress(text.encode()))
    columns = HEAD.strip().split(",")
    lines = [dict(zip(columns, row.split(","), strict=True)) for row in text.splitlines()[1:]]
    (tmp_path / "z.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    for path in (zipped, tmp_path / "z.jsonl"):
        (other,), _ = read_events([path], TODAY)
        assert other.customers == plain.customers
        np.testing.assert_array_equal(other.body, plain.body)
        np.testing.assert_array_equal(other.fit, plain.fit)


def test_files_share_their_names(tmp_path):
    for name, row in (("one.csv", "b,h,2020-01-02"), ("two.csv", "a,g,2020-01-01")):
        (tmp_path / name).write_text(f"customer,garment,date\n{row}\n")
    (one, two), _ = read_events([tmp_path / "one.csv", tmp_path / "two.csv"], TODAY)
    assert one.customers == two.customers == ("a", "b")
    assert [one.customers[c] for c in one.customer] == ["b"]
    assert [two.customers[c] for c in two.customer] == ["a"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\xff\xfe\x00poison"),
        ("a.csv", b"name;thing\n1;2\n"),
        ("a.csv", HEAD.encode()),
        ("a.csv.gz", b"no gzip"),
        ("a.jsonl", b"[1, 2]\n"),
        ("a.jsonl", b"{" * 100_000),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(EventsRefused, match=name):
        read_events([tmp_path / name], TODAY)
