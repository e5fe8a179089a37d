"""Named streams of random numbers: drawn on the host, independent of thread, device and order of use."""

import hashlib

import numpy as np

__all__ = ["stream"]


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Generator for one named purpose of one study.

    The stream depends on the seed and the names alone, so adding a new use of randomness never changes an old one.

    Parameters
    ----------
    seed : int
        The study's seed, not negative.
    *names : str or int
        What the numbers are for, from general to particular: ``stream(7, "simulate", "expression")``.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> stream(7, "folds").integers(100) == stream(7, "folds").integers(100)
    np.True_
    """
    digest = hashlib.sha256("\x1f".join(str(name) for name in names).encode()).digest()
    key = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy=seed, spawn_key=tuple(key))))
