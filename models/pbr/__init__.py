# SPDX-License-Identifier: GPL-3.0-or-later
"""From one photograph of cloth to its relief, roughness and evenly lit colour: an estimate, and labelled so.

lighting is NumPy; network, training and reading load torch, so only the worker and the engine environment import them.
"""
