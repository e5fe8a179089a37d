"""A bounded list of the best pairs of each statistic, whatever the order in which they come."""

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["Best", "push"]


@numba.njit(cache=True, nogil=True)
def _before(score, i, j, other_score, other_i, other_j):  # type: ignore[no-untyped-def]
    """Whether a pair ranks before another: the larger score, then the smaller numbers of its features."""
    if score != other_score:
        return score > other_score
    if i != other_i:
        return i < other_i
    return j < other_j


@numba.njit(cache=True, nogil=True)
def push(score, first, second, size, v, value, i, j):  # type: ignore[no-untyped-def]
    """Keep a pair under statistic `v` where it is among the best; the root of the heap is the worst that is kept."""
    room = score.shape[1]
    if size[v] < room:
        at = size[v]
        size[v] += 1
        while at > 0:  # sift up
            above = (at - 1) // 2
            if not _before(score[v, above], first[v, above], second[v, above], value, i, j):
                break
            score[v, at], first[v, at], second[v, at] = score[v, above], first[v, above], second[v, above]
            at = above
        score[v, at], first[v, at], second[v, at] = value, i, j
        return
    if not _before(value, i, j, score[v, 0], first[v, 0], second[v, 0]):
        return
    at = 0
    while True:  # sift down
        below = 2 * at + 1
        if below >= room:
            break
        other = below + 1
        if other < room and _before(
            score[v, below], first[v, below], second[v, below], score[v, other], first[v, other], second[v, other]
        ):
            below = other
        if not _before(value, i, j, score[v, below], first[v, below], second[v, below]):
            break
        score[v, at], first[v, at], second[v, at] = score[v, below], first[v, below], second[v, below]
        at = below
    score[v, at], first[v, at], second[v, at] = value, i, j


@dataclass(frozen=True, eq=False)
class Best:
    """The best pairs of every statistic, (n_statistics, room) each, and how many of them there are.

    ``score`` is the partial correlation squared in single precision. The set that is kept depends on the pairs alone,
    not on their order: ties go to the smaller numbers.
    """

    score: npt.NDArray[np.float32]
    first: npt.NDArray[np.int32]
    second: npt.NDArray[np.int32]
    size: npt.NDArray[np.int64]

    @classmethod
    def empty(cls, n_statistics: int, room: int) -> "Best":
        """Nothing kept yet."""
        shape = (n_statistics, room)
        return cls(
            np.full(shape, -1.0, np.float32), np.zeros(shape, np.int32), np.zeros(shape, np.int32),
            np.zeros(n_statistics, np.int64),
        )  # fmt: skip

    @property
    def floor(self) -> npt.NDArray[np.float32]:
        """Scores below this one cannot be kept any more, by statistic."""
        full = self.size == self.score.shape[1]
        return np.where(full, self.score[:, 0], np.float32(0)).astype(np.float32)

    def take_in(self, other: "Best") -> None:
        """Keep the best of both."""
        for v in range(self.size.size):
            for k in range(int(other.size[v])):
                push(
                    self.score,
                    self.first,
                    self.second,
                    self.size,
                    v,
                    other.score[v, k],
                    other.first[v, k],
                    other.second[v, k],
                )

    def ordered(self, v: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Score and features of the pairs kept under one statistic, the best first."""
        n = int(self.size[v])
        order = np.lexsort((self.second[v, :n], self.first[v, :n], -self.score[v, :n]))
        return self.score[v, :n][order], self.first[v, :n][order], self.second[v, :n][order]
