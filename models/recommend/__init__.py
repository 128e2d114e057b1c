# SPDX-License-Identifier: GPL-3.0-or-later
"""What to make for whom: rankings, size advice, a store that learns live, cards made to measure.

NumPy only, but for `learners` and `trees`, which the worker loads.
"""
