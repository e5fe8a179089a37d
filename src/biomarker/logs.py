"""Loggers of the package. Only ``cli`` configures them; the library never prints."""

import logging
import sys

__all__ = ["configure", "get"]


def get(name: str) -> logging.Logger:
    """Logger of a module: ``log = logs.get(__name__)``. It may name files, rows and columns, never a subject."""
    return logging.getLogger(name)


def configure(*, verbose: bool = False) -> None:
    """Send the package's messages to stderr; called once by the command line."""
    logger = logging.getLogger("biomarker")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False
