# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an exception a person is told, in a panel and on the command line alike."""

_PACKAGE = __package__.removesuffix(".addon")


def sentence_of(error: BaseException) -> str | None:
    """One of our named errors' own sentence, or which file the system would not give; None for a fault of ours."""
    if isinstance(error, (ValueError, RuntimeError)) and type(error).__module__.startswith(_PACKAGE):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename} cannot be used: {error.strerror}."
    return None
