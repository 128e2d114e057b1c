# SPDX-License-Identifier: GPL-3.0-or-later
"""Toile's own implicit cloth: orthotropic membrane, bending, contact and friction, minimised by Newton's method.

Needs scipy, warp-lang and cvxopt, which live in the engine environment: only the worker imports this package. The
kernels are Warp's: the same code on a CPU and on a CUDA device, in double precision.
"""
