# SPDX-License-Identifier: GPL-3.0-or-later
"""Models that are trained by gradient or by alternation: implicit's ALS and BPR, and two towers in torch. Worker only.

ALS: Hu, Koren, Volinsky 2008. BPR: Rendle et al. 2009. Two towers: a customer is the weighted mean of the garments
taken lately, trained with in-batch softmax corrected for popularity (Yi et al. 2019).
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .rankers import Factors, Learner

Ints = NDArray[np.int64]
_FACTORS = 64
_RECENT = 10  # garments that a tower looks at


def _matrix(customer: Ints, garment: Ints, customers: int, garments: int) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    matrix = sparse.csr_matrix((np.ones(len(customer), np.float32), (customer, garment)), shape=(customers, garments))
    matrix.data[:] = 1.0  # taken twice is taken
    return matrix


def als(customer: Ints, garment: Ints, customers: int, garments: int) -> Factors:
    """Implicit's alternating least squares, one thread: the same events give the same bytes."""
    implicit = importlib.import_module("implicit.cpu.als")
    model = implicit.AlternatingLeastSquares(
        factors=_FACTORS, regularization=0.05, alpha=10.0, iterations=15, num_threads=1, random_state=0
    )
    model.fit(_matrix(customer, garment, customers, garments), show_progress=False)
    return np.asarray(model.user_factors, float), np.asarray(model.item_factors, float)


def bpr(customer: Ints, garment: Ints, customers: int, garments: int) -> Factors:
    """Implicit's Bayesian personalised ranking; with more than one thread its updates race, so there is one."""
    implicit = importlib.import_module("implicit.cpu.bpr")
    model = implicit.BayesianPersonalizedRanking(
        factors=_FACTORS, learning_rate=0.05, regularization=0.01, iterations=60, num_threads=1, random_state=0
    )
    model.fit(_matrix(customer, garment, customers, garments), show_progress=False)
    return np.asarray(model.user_factors, float), np.asarray(model.item_factors, float)


def two_towers(
    customer: Ints, garment: Ints, customers: int, garments: int, epochs: int = 5, curves: Path | None = None
) -> Factors:
    """Each garment predicted from those its customer took before it; the softmax runs over the batch.

    curves: a folder for TensorBoard's curve of the loss, in one named after the number of events. One thread:
    gradients are then summed in one order, and the same events give the same bytes.
    """
    torch: Any = importlib.import_module("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _two_towers(torch, customer, garment, customers, garments, epochs, curves)
    finally:
        torch.set_num_threads(threads)


def _two_towers(
    torch: Any, customer: Ints, garment: Ints, customers: int, garments: int, epochs: int, curves: Path | None
) -> Factors:
    generator = torch.Generator().manual_seed(0)
    past = _pasts(customer, garment)
    rows = np.flatnonzero(past[:, 0] >= 0)  # the first garment of a customer has none before it
    share = (np.bincount(garment, minlength=garments) + 1.0) / (len(garment) + garments)
    log_share = torch.tensor(np.log(share), dtype=torch.float32)
    # one row more, of zeros: the garment that is not there
    table = torch.nn.Parameter(0.1 * torch.randn(garments + 1, _FACTORS, generator=generator))
    out = torch.nn.Parameter(0.1 * torch.randn(garments, _FACTORS, generator=generator))
    there = torch.ones(garments + 1, 1)
    there[garments] = 0.0
    optimiser = torch.optim.Adam([table, out], lr=5e-3, weight_decay=1e-6)
    writer = (
        importlib.import_module("torch.utils.tensorboard").SummaryWriter(str(curves / f"{len(customer)} events"))
        if curves
        else None
    )

    def tower(index: Any) -> Any:
        taken = there[index]
        return ((table * there)[index] * taken).sum(1) / taken.sum(1).clamp(min=1.0)

    before = torch.tensor(np.where(past < 0, garments, past)[rows])
    target = torch.tensor(garment[rows])
    step = 0
    for _ in range(epochs if len(rows) else 0):
        for batch in torch.randperm(len(rows), generator=generator).split(512):
            goal = target[batch]
            logits = tower(before[batch]) @ out[goal].T - log_share[goal]
            loss = torch.nn.functional.cross_entropy(logits, torch.arange(len(batch)))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if writer:
                writer.add_scalar("loss", loss.item(), step)
            step += 1
    if writer:
        writer.close()
    latest = np.full((customers, _RECENT), garments, np.int64)
    for c, g in zip(customer.tolist(), garment.tolist(), strict=True):
        latest[c] = [g, *latest[c, :-1]]
    with torch.no_grad():
        of_customers = torch.cat([tower(part) for part in torch.tensor(latest).split(4096)])
    # a softmax corrected for popularity learns lift; popularity comes back as one factor more
    lifted = np.column_stack([of_customers.numpy(), np.ones(customers)])
    return lifted.astype(float), np.column_stack([out.detach().numpy(), np.log(share)]).astype(float)


def _pasts(customer: Ints, garment: Ints) -> Ints:
    """(n, _RECENT) what each event's customer took before it, latest first, -1 for nothing."""
    histories: dict[int, list[int]] = {}
    past = np.full((len(customer), _RECENT), -1, np.int64)
    for e, (c, g) in enumerate(zip(customer.tolist(), garment.tolist(), strict=True)):
        history = histories.setdefault(c, [])
        recent = history[-_RECENT:][::-1]
        past[e, : len(recent)] = recent
        history.append(g)
    return past


_NEEDS = {"ALS": ("implicit", als), "BPR": ("implicit", bpr), "two towers": ("torch", two_towers)}


def learners(curves: Path | None = None) -> Mapping[str, Learner]:
    """Those whose library is here. curves: a folder for TensorBoard's, where that is here too."""
    found: dict[str, Learner] = {name: learn for name, (of, learn) in _NEEDS.items() if importlib.util.find_spec(of)}
    if curves and "two towers" in found and importlib.util.find_spec("tensorboard"):
        found["two towers"] = functools.partial(two_towers, curves=curves)
    return found
