# SPDX-License-Identifier: GPL-3.0-or-later
"""Interchangeable parts: one file for each place on a garment where one of several goes."""
