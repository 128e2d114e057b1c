# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes another one has begun, as Linux tells."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def children(pid: int | None = None) -> set[int]:
    """The numbers of a process's children, of this one's unless another is named; its threads come and go meanwhile."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid or os.getpid()}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found
