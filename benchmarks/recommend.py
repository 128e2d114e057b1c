# SPDX-License-Identifier: GPL-3.0-or-later
"""The recommender: on a public split each model's table, fit and size by time and at random; live speed; planted taste.

    python benchmarks/recommend.py [models|fit|live|taste|ease …]

Data: rentals with fit feedback (Misra, Wan, McAuley, RecSys 2018), the last half-year held out.
"""

import json
import math
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from population import people
from toile.bodies import AvatarRefused, avatar
from toile.models.recommend.events import read_events
from toile.models.recommend.fit_study import evaluate_fit
from toile.models.recommend.learners import learners
from toile.models.recommend.live import Store
from toile.models.recommend.logistic import Logistic
from toile.models.recommend.made_to_measure import with_ease
from toile.models.recommend.study import evaluate
from toile.models.recommend.trees import boosted_trees
from toile.patterns import DraftRefused, styles
from toile.sim import build_cloth
from toile.sim.placing.hulls import PlacingRefused

FILE = Path(__file__).resolve().parents[2] / "shared" / "data" / "recommend" / "rentals_before_2017-07.csv.gz"
EASE = Path(__file__).resolve().parents[1] / "out" / "recommend" / "ease.jsonl"
FITTED = ("tshirt", "pencil_skirt", "trousers")
HELD_OUT = (date(2017, 1, 1) - date(1970, 1, 1)).days
TODAY = date(2026, 1, 1)
PLANTED, ASKED, GARMENTS, DAYS, MORE = 600, 60, 300, 700, 30
LIKINGS = (2.0, 3.0)  # of the logarithm of how often a favourite is taken: 7 and 20 times as often as otherwise
KINDS_OF = {"category": 8, "colour": 8, "fabric": 6}
LIVE_CUSTOMERS, LIVE_GARMENTS, LIVE_EVENTS, FOLDED = 100_000, 6_000, 300_000, 500


def models(events) -> None:
    """Every model on the held-out half-year."""
    started = time.perf_counter()
    report = evaluate(*events.until(HELD_OUT), learners(), 0, lambda _, text: print(text, file=sys.stderr, flush=True))
    for kind in ("known", "new"):
        print(f"\n{kind} customers: {report['chosen'][kind]}")
        for name, row in report["test"][kind].items():
            print(f"  {name:22s}", *(f"{key} {value:.4f}" for key, value in row.items()))
        print("  gain of NDCG over popularity, 95 %:", report[kind]["gain"])
    print(f"{time.perf_counter() - started:.0f} s")


def fit(events) -> None:
    """Fit and size, by trees and by logistic regression, on a later half-year and on a random tenth."""
    tenth = np.random.default_rng(1).random(len(events)) < 0.1
    for split, (past, test) in {
        "time": events.until(HELD_OUT),
        "random": (events.rows(~tenth), events.rows(tenth)),
    }.items():
        for name, classifier in {"trees": boosted_trees, "logistic": Logistic.learnt}.items():
            print(split, name, json.dumps(evaluate_fit(past, test, classifier)), flush=True)


def live(_events) -> None:
    """Folding an event in and ranking after it, in a store of 100,000 customers and 6,000 garments."""
    rng = np.random.default_rng(0)
    popular = rng.zipf(1.3, LIVE_EVENTS) % LIVE_GARMENTS
    lines = [
        f"c{i % LIVE_CUSTOMERS},g{g},{(TODAY - timedelta(days=int(d))).isoformat()},k{g % 40}"
        for i, (g, d) in enumerate(zip(popular, rng.integers(1, 700, LIVE_EVENTS), strict=True))
    ]
    lines += [f"c0,g{g},{TODAY.isoformat()},k{g % 40}" for g in range(0, LIVE_GARMENTS, LIVE_GARMENTS // 50)]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "events.csv"
        table.write_text("customer,garment,date,category\n" + "\n".join(lines))
        (events,), _ = read_events([table], TODAY)
        with Store(Path(folder) / "live.db") as store:
            store.fill(events, "benchmark")
            seconds, work = [], []
            for i in range(FOLDED):
                customer = f"c{int(rng.integers(LIVE_CUSTOMERS)) if i % 10 else 0}"
                event = {"customer": customer, "garment": f"g{int(rng.integers(LIVE_GARMENTS))}", "date": "2026-01-01"}
                started, worked = time.perf_counter(), time.process_time()
                store.fold(event, TODAY)
                store.rank(customer, {}, 10)
                seconds.append(time.perf_counter() - started)
                work.append(time.process_time() - worked)
    p50, p95, cpu = 1e3 * np.array([np.quantile(seconds, 0.5), np.quantile(seconds, 0.95), np.quantile(work, 0.95)])
    print(f"live: {len(events)} events, {len(events.garments)} garments; an event folded in and ranked after")
    print(f"  p50 {p50:.1f} ms, p95 {p95:.1f} ms; of CPU time p95 {cpu:.1f} ms")


def taste(_events) -> None:
    """Planted tastes for colour, fabric and style, with noise, popularity and new garments: how near to the oracle."""
    for liking in LIKINGS:
        _planted(liking)


def _planted(liking) -> None:
    """Beside ours the answers of one who knows how customers were made: nobody who sees these events can do better."""
    rng = np.random.default_rng(0)
    looks = {name: rng.integers(n, size=GARMENTS) for name, n in KINDS_OF.items()}
    appeal = rng.normal(0.0, 0.7, GARMENTS)
    appears = np.where(rng.random(GARMENTS) < 0.2, DAYS * 3 // 4, 0)  # a fifth of the garments are new

    def utility(likes):
        return appeal + sum(liking * (looks[name] == likes[name]) for name in looks)

    def row(customer, garment, day):
        words = {name: f"{name} {codes[garment]}" for name, codes in looks.items()}
        when = (TODAY - timedelta(days=int(DAYS + MORE - day))).isoformat()
        return {"customer": customer, "garment": f"g{garment:03d}", "date": when, "kind": "purchase", **words}

    def drawn():
        return {name: rng.integers(n) for name, n in KINDS_OF.items()}

    def take(likes, day, had):
        chance = utility(likes) + rng.gumbel(size=GARMENTS)
        chance[(appears > day) | np.isin(np.arange(GARMENTS), had)] = -np.inf
        return int(chance.argmax())

    def ranking(store, customer):
        return [int(r["garment"][1:]) for r in store.rank(customer, {}, 10)]

    def quality(ranked, likes, had):
        gain = np.exp(utility(likes))
        gain[had] = 0.0
        discount = 1.0 / np.log2(np.arange(2, 12))
        return gain[ranked] @ discount / (np.sort(gain)[::-1][:10] @ discount)

    rows = []
    for c in range(PLANTED):
        likes, had = drawn(), []
        for day in np.sort(rng.integers(DAYS, size=20)):
            had.append(take(likes, day, had))
            rows.append(row(f"c{c:04d}", had[-1], day))
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "events.jsonl"
        table.write_text("\n".join(map(json.dumps, rows)))
        (events,), _ = read_events([table], TODAY)
        with Store(Path(folder) / "taste.db") as store:
            store.fill(events, "benchmark")
            store.train()
            settled, changed = np.zeros((ASKED, 21)), np.zeros((ASKED, 21))
            for c in range(ASKED):
                store.agree(f"asked {c}", "benchmark")
                had = []
                for after in (settled, changed):
                    likes = drawn()
                    for n in range(21):
                        after[c, n] = quality(ranking(store, f"asked {c}"), likes, had)
                        had.append(take(likes, DAYS, had))
                        store.fold(row(f"asked {c}", had[-1], DAYS), TODAY)
    weights = np.exp([utility(dict(zip(looks, likes, strict=True))) for likes in np.ndindex(*KINDS_OF.values())])
    best, best_changed = np.zeros((ASKED, 21)), np.zeros((ASKED, 21))
    for c in range(ASKED):  # by Bayes' rule with the generator's own numbers, and told when the taste changes
        had = []
        for after in (best, best_changed):
            likes, p = drawn(), np.full(len(weights), 1.0 / len(weights))
            for n in range(21):
                left = weights.copy()
                left[:, had] = 0.0
                after[c, n] = quality(np.argsort(-(p @ left), kind="stable")[:10], likes, had)
                had.append(take(likes, DAYS, had))
                p *= left[:, had[-1]] / left.sum(axis=1)
                p /= p.sum()
    phases = {"": (settled, best), " after a change": (changed, best_changed)}
    for name, (ours, bayes) in phases.items():
        for who, found in (("ours", ours), ("Bayes, who knows the generator", bayes)):
            shares = {n: round(float(found[:, n].mean()), 3) for n in (0, 5, 10, 15, 20)}
            print(f"taste {liking:g}{name}, {who}: share of the oracle's NDCG after n events {shares}", flush=True)


def ease(_events) -> None:
    """Garments made to the measure of soldiers: are all valid, and is the ease on the built mesh what was asked for.

    Kept body by body in out/recommend/ease.jsonl, from which it goes on; `BODIES=20` for fewer than 500.
    """
    done = [json.loads(line) for line in EASE.read_text("utf-8").splitlines()] if EASE.is_file() else []
    EASE.parent.mkdir(parents=True, exist_ok=True)
    asked = [person for person in people(int(os.environ.get("BODIES", "500")) * 3 // 2) if "measured" in person.kind]
    with EASE.open("a", encoding="utf-8") as kept:
        for number, person in enumerate(asked[len(done) :], len(done)):
            done.append(_made_for(person, number))
            kept.write(json.dumps(done[-1]) + "\n")
            kept.flush()
    refused = [why for row in done for why in row["refused"]]
    without = sum("no_avatar" in row for row in done)
    print(f"ease: {len(done)} people, {without} without avatar, {len(refused)} garments refused")
    for why in refused[:5]:
        print(f"  {why}")
    for girth in ("bust", "waist", "hip"):
        for name in FITTED:
            if off := [row["off"][name][girth] for row in done if girth in row["off"].get(name, {})]:
                mean, spread, within = 1000 * np.mean(off), 1000 * np.std(off), np.mean(np.abs(off) <= 0.005)
                print(f"  {name} {girth}: {mean:+.1f} mm, {spread:.1f}; {within:.0%} within 5 mm")


def _made_for(person, number) -> dict:
    """Of one person: what was refused, and by how much the ease on the mesh is off, by style and girth."""
    row = {"person": number, "refused": [], "off": {}}
    try:
        body = avatar({name: person.measures[name] for name in ("stature", "bust", "waist", "hip")})
    except AvatarRefused as error:
        return row | {"no_avatar": str(error)}
    measures = {name: m.value for name, m in body.measurements.items()}
    shift = float(np.random.default_rng(number).normal(0.0, 0.015))
    for name in FITTED:
        style = styles()[name]
        eases = with_ease(style, shift)
        try:
            pattern = style.draft(measures, eases).draped()
            cloth = build_cloth(pattern, body, 0.025)
        except (DraftRefused, PlacingRefused) as error:
            row["refused"].append(f"{person.kind} {number}, {name}: {error}")
            continue
        row["off"][name] = {
            girth: made - measures[girth] - eases[f"{girth}_ease"]
            for girth, made in _girths(pattern, cloth, measures).items()
        }
    return row


def _girths(pattern, cloth, measures) -> dict[str, float]:
    """Finished girths as a tape takes them on the garment laid flat: here on the mesh, in the flat.

    The bust lies as far below the neck's side in front as the bust point does, and below the nape as in the body; the
    hip as far below the waist. What of a trouser leg lies beyond the centre line goes between the legs, not round them.
    """
    panels = {panel.name: panel for panel in pattern.panels()}
    if "waistband" not in panels:
        inward = measures["bust_point_distance"] / 2 - measures["neck"] / 5.4
        nape = max(y for x, y in panels["back"].outline() if abs(x) < 1e-9)
        bust = {
            "front": -math.sqrt(measures["neck_point_to_bust"] ** 2 - inward**2),
            "back": nape - measures["cervicale_height"] + measures["bust_height"],
        }
        return {"bust": sum(_across(cloth, panels[name], y) for name, y in bust.items())}
    of_band = cloth.uv[cloth.panel == cloth.panel_names.index("waistband")]
    shell = [panel for name, panel in panels.items() if name.startswith(("front", "back"))]
    hip = sum(_across(cloth, panel, -measures["waist_to_hip"]) for panel in shell)
    return {"waist": float(np.ptp(of_band, axis=0).max()), "hip": hip}


def _across(cloth, panel, y) -> float:
    """Metres of cloth across a panel's mesh at that height of the panel's frame."""
    number, outline = cloth.panel_names.index(panel.name), panel.outline()
    uv = cloth.uv + outline.min(axis=0) - cloth.uv[cloth.panel == number].min(axis=0)
    triangles = uv[cloth.faces[cloth.panel[cloth.faces[:, 0]] == number]]
    low, high = triangles, np.roll(triangles, -1, axis=1)
    cut = (low[..., 1] > y) != (high[..., 1] > y)
    low, high = low[cut], high[cut]  # two ends of each face's way across, one after the other
    x = (low[:, 0] + (y - low[:, 1]) / (high[:, 1] - low[:, 1]) * (high[:, 0] - low[:, 0])).reshape(-1, 2)
    if panel.wrap.around.startswith("leg"):
        centre, side = panel.wrap.over[0][0], np.sign(outline[outline[:, 1].argmax(), 0] - panel.wrap.over[1][0])
        x = side * np.maximum(side * x, side * centre)
    return float(np.abs(np.diff(x)).sum())


def main() -> None:
    """The parts that are named, or all."""
    parts = {"models": models, "fit": fit, "live": live, "taste": taste, "ease": ease}
    asked = sys.argv[1:] or list(parts)
    events = None
    if {"models", "fit"} & set(asked):
        (events,), cleaning = read_events([FILE], TODAY)
        print(json.dumps(cleaning.to_json()))
    for part in asked:
        parts[part](events)


if __name__ == "__main__":
    main()
