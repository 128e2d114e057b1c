# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves in three dimensions: files for the web, games, phones, films and printers, and who made them."""
