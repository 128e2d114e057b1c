# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `recommend train|for|evaluate|forget|export`: what to make for whom, from a store on this computer."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from ..models.recommend.events import BODY, WORDS, read_events
from ..models.recommend.live import Store, StoreRefused
from ..models.recommend.logistic import Logistic
from ..models.recommend.report import evaluate_files
from ..worker.client import call

Report = dict[str, Any]
Progress = Callable[[float, str], None]
_NUMBERS = tuple(name for name in BODY if name != "cup")


def declare(verbs: Any, command: Callable[..., argparse.ArgumentParser], speaker: Progress) -> None:
    """Add the command's verbs to the parser."""
    own = verbs.add_parser("recommend", help="What to make for whom, by what customers did")
    inner = own.add_subparsers(dest="recommend_verb", required=True, metavar="COMMAND")

    p = command(inner, "train", "Fill a store from files of events and learn from it", lambda a: train(a, speaker))
    p.add_argument("events", nargs="+", type=Path, metavar="FILE", help="CSV, JSON lines or Parquet")
    p.add_argument("--store", type=Path, required=True, metavar="FILE", help="a new one")
    p.add_argument("--consent", required=True, metavar="TEXT", help="to what these customers agreed, and when")
    p.add_argument("--seed", type=int, default=0)

    p = command(inner, "for", "Rank garments for a customer, with reasons and sizes", rank)
    p.add_argument("customer", metavar="ID")
    p.add_argument("--store", type=Path, required=True, metavar="FILE")
    p.add_argument("--occasion", metavar="WORD")
    p.add_argument("--body-type", metavar="WORD")
    for name in _NUMBERS:
        p.add_argument(f"--{name}", type=float, metavar={"weight": "KG", "age": "YEARS"}.get(name, "M"))
    p.add_argument("--popularity", type=float, default=1.0, metavar="0..2", help="what all take, 1 for as learnt")
    p.add_argument("--top", type=int, default=10, metavar="N")

    p = command(inner, "evaluate", "Compare every model on a later file", lambda a: evaluate(a, speaker))
    p.add_argument("--train", type=Path, required=True, metavar="FILE")
    p.add_argument("--test", type=Path, required=True, metavar="FILE")
    p.add_argument("--plots", type=Path, metavar="DIR", help="draw calibration and segments there, and curves")
    p.add_argument("--seed", type=int, default=0)

    p = command(inner, "forget", "Delete a customer, and learn again without", forget)
    p.add_argument("customer", metavar="ID")
    p.add_argument("--store", type=Path, required=True, metavar="FILE")
    p = command(inner, "export", "All that a store keeps of a customer", export)
    p.add_argument("customer", metavar="ID")
    p.add_argument("--store", type=Path, required=True, metavar="FILE")


def train(a: argparse.Namespace, progress: Progress) -> Report:
    """Files of events → a store, and the table of its validation period."""
    if a.store.exists():
        raise StoreRefused(f"{a.store.name} is there already: name another, or move it away.")
    progress(0.0, "Reading")
    parts, cleaning = read_events(a.events, date.today())
    beside = a.store.with_name(a.store.name + ".part")
    beside.unlink(missing_ok=True)
    try:
        with Store(beside) as store:
            progress(0.2, "Filling the store")
            for part in parts:
                store.fill(part, a.consent)
            progress(0.5, "Learning")
            table = store.train(a.seed)
        beside.rename(a.store)
    finally:
        beside.unlink(missing_ok=True)
    return {"store": str(a.store), "cleaning": cleaning.to_json(), "validation": table}


def rank(a: argparse.Namespace) -> Report:
    """A customer, known or not → the best garments with their reasons, and the size to take of each."""
    told = {name: getattr(a, name) for name in _NUMBERS}
    told |= {"occasion": a.occasion, "body_type": a.body_type}
    with _opened(a.store) as store:
        ranking = store.rank(a.customer, _brief(told), a.top, a.popularity)
        sizes = store.advise(a.customer, _brief(told), [row["garment"] for row in ranking])
    for row in ranking:
        if row["garment"] in sizes:
            row["fit"] = sizes[row["garment"]]
    return {"ranking": ranking}


def _brief(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.lower() if name in WORDS else value for name, value in told.items() if value is not None}


def evaluate(a: argparse.Namespace, progress: Progress) -> Report:
    """Two files → the table of every model; in the engine's worker where there is one, with all models."""
    from . import engine  # needs bpy, which a wrong use should not wait for

    try:
        command = engine.engine_worker()
        if a.plots:
            engine.require("recommend")
    except engine.EngineMissing:
        if a.plots:
            raise
        return evaluate_files(a.train, a.test, date.today(), {}, Logistic.learnt, a.seed, progress)
    params = {"train": str(a.train), "test": str(a.test), "today": date.today().isoformat(), "seed": a.seed}
    params["plots"] = str(a.plots.absolute()) if a.plots else ""
    return call(command, "recommend_evaluate", params, {}, progress=progress).values


def forget(a: argparse.Namespace) -> Report:
    """Delete a customer."""
    with _opened(a.store) as store:
        store.forget(a.customer)
    return {"forgotten": True}


def export(a: argparse.Namespace) -> Report:
    """What is kept of a customer."""
    with _opened(a.store) as store:
        return store.export(a.customer)


def _opened(path: Path) -> Store:
    if not path.is_file():
        raise StoreRefused(f"There is no store {path}: make one with 'toile recommend train'.")
    return Store(path)
