# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's side of Toile. bpy is imported on `register`, so the kernels load in a Python without Blender."""


def register() -> None:
    """Enable the extension in Blender."""
    from . import registration

    registration.register()


def unregister() -> None:
    """Disable it, in reverse order."""
    from . import registration

    registration.unregister()
