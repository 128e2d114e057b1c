# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Warp's kernels run, and where it keeps what it has compiled."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import warp as wp

from ..drape import DrapeRefused


def _cache_folder() -> Path:
    if chosen := os.environ.get("TOILE_KERNEL_CACHE"):
        return Path(chosen)
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "toile" / "kernels"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "toile" / "kernels"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "toile" / "kernels"


@functools.cache
def _start() -> None:
    """Once, for Warp adds its version to the folder when it starts, and nobody should take that away again."""
    wp.config.log_level = wp.LOG_WARNING
    wp.config.kernel_cache_dir = str(_cache_folder())
    wp.init()


def ready(asked: str = "") -> str:
    """Start Warp and give the device's name: the one asked for, else a CUDA device, else the CPU.

    Raises DrapeRefused where the device that was asked for is not there.
    """
    _start()
    if not asked:
        return "cuda:0" if wp.is_cuda_available() else "cpu"
    try:
        return wp.get_device(asked).alias
    except (ValueError, RuntimeError) as error:
        have = ", ".join(device.alias for device in wp.get_devices())
        raise DrapeRefused(f"There is no device {asked!r} here: choose {have}.") from error


def launch(kernel: Any, count: int | tuple[int, ...], inputs: Sequence[Any], device: str) -> None:
    """Run a kernel over `count` items, or rows and columns of them; none is nothing to do."""
    if count:
        wp.launch(kernel, dim=count, inputs=list(inputs), device=device)
