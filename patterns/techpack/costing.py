# SPDX-License-Identifier: GPL-3.0-or-later
"""What a garment costs: materials, trims, thread and minutes, at the prices of assets/costs.toml or a studio's own."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..reading import read_data

FILE = Path(__file__).parent.parent.parent / "assets" / "costs.toml"
_LARGEST = 2**20  # bytes of a file of prices
_MOST = 1e6  # of any price


class PricesRefused(ValueError):
    """A file of prices that cannot be read, or holds what is no price."""


@dataclass(frozen=True)
class Prices:
    """Prices in one currency; `rates` by the names of assets/costs.toml, `fabrics` a kilogram, `trims` and `extras`
    each.
    """

    currency: str
    rates: Mapping[str, float]
    fabrics: Mapping[str, float]
    trims: Mapping[str, float]
    extras: Mapping[str, float]

    def fabric(self, name: str) -> float:
        """A kilogram of a fabric."""
        return self.fabrics.get(name, self.fabrics["other"])


@dataclass(frozen=True)
class CostLine:
    """A line of a cost sheet: what, how much of it in which unit, and the price of one."""

    item: str
    quantity: float
    unit: str
    price: float

    @property
    def amount(self) -> float:
        """Quantity times price."""
        return self.quantity * self.price


def total(lines: Sequence[CostLine]) -> float:
    """The sum of a cost sheet's lines."""
    return math.fsum(line.amount for line in lines)


@cache
def _shipped() -> Mapping[str, Any]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def read_prices(path: Path | None = None) -> Prices:
    """Toile's example prices, or a studio's file over them. Raises PricesRefused, naming the row at fault."""
    own: Mapping[str, Any] = {}
    if path is not None:
        own = read_data(path, tomllib.loads, "TOML", _LARGEST, "any list of prices", PricesRefused)
    base = _shipped()
    if strange := own.keys() - base.keys():
        raise PricesRefused(f"Prices have no {min(strange)!r}; they have {', '.join(base)}.")
    currency = own.get("currency", base["currency"])
    if not isinstance(currency, str) or not 0 < len(currency) <= 10:
        raise PricesRefused(f"The currency is a short word such as EUR, not {currency!r}.")
    extras = own.get("extras", base["extras"])  # a studio that names its own has no others
    return Prices(
        currency,
        {**base["rates"], **_prices("rates", own.get("rates", {}), base["rates"])},
        {**base["fabrics"], **_prices("fabrics", own.get("fabrics", {}))},
        {**base["trims"], **_prices("trims", own.get("trims", {}), base["trims"])},
        _prices("extras", extras),
    )


def _prices(table: str, rows: object, known: Mapping[str, float] | None = None) -> dict[str, float]:
    """A table of prices, looked through."""
    if not isinstance(rows, dict):
        raise PricesRefused(f"[{table}] is a table of prices, not {rows!r}.")
    found: dict[str, float] = {}
    for name, price in rows.items():  # pyright: ignore[reportUnknownVariableType] (TOML's keys are text)
        if known is not None and name not in known:
            raise PricesRefused(f"[{table}] has no row {name!r}; it has {', '.join(known)}.")
        if isinstance(price, bool) or not isinstance(price, (int, float)) or not 0 <= price <= _MOST:
            raise PricesRefused(f"{name!r} in [{table}] must cost from 0 to {_MOST:g}, not {price!r}.")
        found[str(name)] = float(price)  # pyright: ignore[reportUnknownArgumentType]
    return found
