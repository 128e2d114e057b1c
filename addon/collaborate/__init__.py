# SPDX-License-Identifier: GPL-3.0-or-later
"""A review from inside Blender: the shared garment, who is there, what was said.

`connection` speaks with the server on a thread of its own and holds the documents; `ledger` decides what is whose;
`garment` reads and writes Blender's side; `session` joins them on the main thread, within its time.
"""
