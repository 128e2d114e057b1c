# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there: written beside their place and renamed."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write_beside(path: Path, content: bytes) -> Path:
    """Write beside and rename, so that a crash leaves the old file whole; gives the path back."""
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    os.replace(beside, path)
    return path


def write_json(path: Path, content: object) -> Path:
    """Plain data as JSON, written beside and renamed."""
    return write_beside(path, json.dumps(content, indent=1).encode())
