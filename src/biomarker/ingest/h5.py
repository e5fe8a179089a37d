"""Files of cells or samples in HDF5: AnnData's ``.h5ad`` and 10x Genomics' ``.h5``, read a run of rows at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from biomarker.errors import BiomarkerError, DataError, SchemaError
from biomarker.ingest.spelling import MISSING, nearest

__all__ = ["HDF5", "Hdf5Matrix", "open_matrix"]

#: How such a file begins.
HDF5 = b"\x89HDF\r\n\x1a\n"
AGAIN = "Copy or download it again."
#: What reading a damaged file ends in.
DAMAGE = (OSError, KeyError, TypeError, ValueError, RuntimeError, IndexError, AttributeError, MemoryError)
#: Rows read at a time: 5,000 cells with 3,000 genes each are 180 MB.
ROWS = 5_000


@dataclass(frozen=True)
class Hdf5Matrix:
    """Rows (cells or samples) by features, on disk.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    rows, features : polars.DataFrame
        Tables of both; ``_index`` holds their names. Text and numbers only.
    shape : tuple of int
    """

    name: str
    rows: pl.DataFrame
    features: pl.DataFrame
    shape: tuple[int, int]
    _matrix: Any

    def runs(self, size: int = ROWS) -> Iterator[tuple[slice, Any]]:
        """Runs of rows: where they are, and their values as a sparse matrix (n_rows, n_features)."""
        from scipy.sparse import csr_matrix

        matrix = self._matrix
        for start in range(0, self.shape[0], size):
            rows = slice(start, min(start + size, self.shape[0]))
            n = rows.stop - rows.start
            try:
                if hasattr(matrix, "keys"):
                    pointers = matrix["indptr"][rows.start : rows.stop + 1].astype(np.int64)
                    cells = slice(int(pointers[0]), int(pointers[-1]))
                    parts = matrix["data"][cells].astype(np.float64), matrix["indices"][cells], pointers - pointers[0]
                    run = csr_matrix(parts, shape=(n, self.shape[1]))
                    run.check_format(full_check=True)
                else:
                    run = csr_matrix(np.asarray(matrix[rows], dtype=np.float64))
            except DAMAGE as error:
                raise DataError(f"{self.name} is cut short or damaged (HDF5)", AGAIN) from error
            if not np.isfinite(run.data).all():
                raise SchemaError(
                    f"{self.name}: the matrix holds infinite or missing values", "Leave such cells empty."
                )
            yield rows, run


@contextmanager
def open_matrix(path: Path, *, matrix: str = "X") -> Iterator[Hdf5Matrix]:
    """Open the matrix of an ``.h5ad`` (``X``, ``raw`` or ``layers/NAME``) or of a 10x ``.h5`` file.

    Raises
    ------
    DataError
        The file is absent, no HDF5, cut short or damaged.
    SchemaError
        It holds no such matrix, or one that is stored by columns.
    """
    import h5py

    if not path.is_file():
        raise DataError(f"there is no file {path}", "See the setting `path`.")
    with path.open("rb") as stream:
        if stream.read(8) != HDF5:
            raise DataError(f"{path.name} is not an HDF5 file, whatever its name says", AGAIN)
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise DataError(f"{path.name} is cut short or damaged (HDF5)", AGAIN) from error
    with file:
        try:
            found = _ten_x(file, path.name) if "matrix" in file and "X" not in file else _h5ad(file, path.name, matrix)
        except BiomarkerError:
            raise
        except Exception as error:
            raise DataError(f"{path.name} is no AnnData or 10x file, or is damaged", AGAIN) from error
        yield found


def _h5ad(file: Any, name: str, matrix: str) -> Hdf5Matrix:
    from anndata.io import read_elem

    known = [key for key in ("X", "raw") if key in file] + [f"layers/{key}" for key in file.get("layers", {})]
    if matrix not in known:
        raise SchemaError(f"{name}: there is no matrix {matrix!r}", nearest(matrix, known, what="matrices"))
    held, var = (file["raw/X"], file["raw/var"]) if matrix == "raw" else (file[matrix], file["var"])
    kind = held.attrs.get("encoding-type", "array")
    if kind == "csc_matrix":
        raise SchemaError(
            f"{name}: the matrix {matrix!r} is stored by columns", "Store it by rows: adata.X = adata.X.tocsr()."
        )
    rows, features = _table(read_elem(file["obs"])), _table(read_elem(var))
    shape = tuple(int(n) for n in (held.attrs["shape"] if hasattr(held, "keys") else held.shape))
    if shape != (rows.height, features.height):
        raise SchemaError(f"{name}: the matrix is {shape[0]} x {shape[1]} for {rows.height} rows and {features.height}")
    return Hdf5Matrix(name, rows, features, (shape[0], shape[1]), held)


def _ten_x(file: Any, name: str) -> Hdf5Matrix:
    held = file["matrix"]
    n_features, n_cells = (int(n) for n in held["shape"][:])
    features = pl.DataFrame({"_index": _text(held["features/name"][:]), "gene_ids": _text(held["features/id"][:])})
    rows = pl.DataFrame({"_index": _text(held["barcodes"][:])})
    if (rows.height, features.height) != (n_cells, n_features):
        raise SchemaError(f"{name}: the matrix is {n_cells} x {n_features} for {rows.height} cells")
    return Hdf5Matrix(name, rows, features, (n_cells, n_features), held)


def _text(values: NDArray[Any]) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def _table(frame: Any) -> pl.DataFrame:
    """A table of AnnData as text (null where it says that nothing is known) and numbers."""
    columns = {"_index": pl.Series([str(name) for name in frame.index], dtype=pl.String)}
    for name in frame.columns:
        column = frame[name]
        if str(column.dtype) in ("category", "object", "string", "bool", "boolean", "str"):
            held = [None if value is None or value != value else str(value) for value in column]
            text = pl.Series(held, dtype=pl.String)
            columns[str(name)] = text.set(text.is_in(MISSING), None)
        else:
            columns[str(name)] = pl.Series(column.to_numpy())
    return pl.DataFrame(columns)
