# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw only: nothing slow, nothing computed. The order of the sidebar is the order of addon/registration.py."""
