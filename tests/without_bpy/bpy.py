# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for Blender's module in the test run without it (build.py puts this folder first on the path)."""

raise ModuleNotFoundError("bpy never enters: this run tests the kernels in a Python without Blender", name="bpy")
