# SPDX-License-Identifier: GPL-3.0-or-later
"""What Warp compiles for a CPU or a CUDA device: Python in form, a language of its own in its types."""
