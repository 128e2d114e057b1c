# SPDX-License-Identifier: GPL-3.0-or-later
"""One verb a file: read the context, call one kernel function, write back."""
