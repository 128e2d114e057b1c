# SPDX-License-Identifier: GPL-3.0-or-later
"""A studio's night: styles × bodies × fabrics from one job file, each garment in a process of its own."""

from .job import Job, JobRefused, Task, read_job
from .runner import run_job

__all__ = ["Job", "JobRefused", "Task", "read_job", "run_job"]
