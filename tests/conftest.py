# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test run shares."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Whoever runs Toile has not set it, and with it Blender's output comes in another order.
os.environ.pop("PYTHONUNBUFFERED", None)

# One example may take long on a busy machine: a deadline would fail it by chance. On CI the same examples every time.
settings.register_profile("toile", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("toile")


def pytest_configure() -> None:
    if not (ROOT / ".dev" / "toile" / "__init__.py").exists():
        raise pytest.UsageError("the package is not staged yet: python build.py link")
