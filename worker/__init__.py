# SPDX-License-Identifier: GPL-3.0-or-later
"""Heavy work in a child process: protocol, client, tasks."""
