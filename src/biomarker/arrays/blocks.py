"""Blocks of features, sized by bytes, so that memory is bounded and a block stays in cache."""

from collections.abc import Iterator

__all__ = ["DEFAULT_BLOCK_BYTES", "column_blocks"]

# Four megabytes of double precision stay in the last-level cache of a server core together with the work arrays, and
# the fifty or so small operations of a block weigh little. On 20,000 x 500, two to eight megabytes differ by less than
# the noise of the clock; one is slower by the small operations, and what leaves the cache is slower by the memory.
DEFAULT_BLOCK_BYTES = 4 * 1024 * 1024


def column_blocks(n_columns: int, *, bytes_per_column: int, block_bytes: int) -> Iterator[slice]:
    """Consecutive slices that cover all columns, each of at most `block_bytes` bytes and at least one column.

    The division depends on the shape of the problem alone, never on the number of threads.

    Parameters
    ----------
    n_columns, bytes_per_column, block_bytes : int

    Yields
    ------
    slice
    """
    width = max(1, block_bytes // max(1, bytes_per_column))
    for start in range(0, n_columns, width):
        yield slice(start, min(start + width, n_columns))
