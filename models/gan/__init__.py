# SPDX-License-Identifier: GPL-3.0-or-later
"""A learnt loom: a conditional, seamless generator of woven cloth, its training and what is made with it.

conditions and variations are NumPy; networks, training, weaving and adaptation load torch, so only the worker and the
engine environment import them.
"""
