# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines behind `sim.drape.DrapeEngine` that need no Blender; each loads its own libraries when it is asked to."""


class EnginePartMissing(RuntimeError):
    """An engine's libraries are not in this Python; the message says how to get them."""
