"""A matrix of features that stays on disk and is read a block of features at a time."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from biomarker.data.files import atomic_path
from biomarker.errors import DataError, SchemaError

__all__ = ["SCALES", "Block", "FeatureMatrix", "FeatureValues"]

SCHEMA_VERSION = 1
CHUNK_BYTES = 4 << 20
VALUES_LIMIT = 2 << 30
#: A page's own checksum is looked at by every reader, so that a damaged value never becomes another number.
WRITING: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": False,
    "write_statistics": False,
    "write_page_checksum": True,
}

#: What the numbers of a matrix mean. A transform says which of them it accepts.
SCALES = {
    "counts": "reads or molecules counted, not negative",
    "tpm": "transcripts per million",
    "log2_tpm": "log2 of transcripts per million, with a pseudocount",
    "log2_cpm": "log2 counts per million with a prior count",
    "log2": "log2 of an intensity or concentration",
    "native": "as measured, each feature in its own unit",
}


@dataclass(frozen=True)
class Block:
    """Neighbouring features of a matrix: ``values`` is (n_subjects, stop - start), float32, NaN where missing."""

    start: int
    stop: int
    values: NDArray[np.float32]


@dataclass(frozen=True)
class FeatureValues:
    """A feature matrix held in memory, on its way from a source to the disk.

    Attributes
    ----------
    values : array (n_subjects, n_features)
        NaN where missing.
    features : polars.DataFrame
        ``feature_id``, ``label``, ``unit`` and whatever else the source knows.
    subject_ids : tuple of str
    scale : str
        One of `SCALES`.
    recipes : tuple of str
        Recipes to be fitted before the values are used.
    batches : tuple of str
        In which batch each subject was measured; empty unless a recipe asks for it.
    """

    values: NDArray[np.floating]
    features: pl.DataFrame
    subject_ids: tuple[str, ...]
    scale: str
    recipes: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()

    def write(self, path: Path, *, provenance: Mapping[str, str] | None = None) -> "FeatureMatrix":
        """Store the matrix; see `FeatureMatrix.write`."""
        return FeatureMatrix.write(
            path,
            [self.values],
            features=self.features,
            subject_ids=self.subject_ids,
            scale=self.scale,
            recipes=self.recipes,
            batches=self.batches,
            provenance=provenance,
        )


@dataclass(frozen=True)
class FeatureMatrix:
    """Handle to features of subjects, stored as one Parquet file with a row a feature.

    Every row holds the feature's values in all subjects (float32, NaN where missing), so that a block of features is
    read without touching the rest; Parquet's row groups are the chunks.

    Attributes
    ----------
    path : Path
    features : polars.DataFrame
        ``feature_id`` (unique), ``label``, ``unit`` and whatever else the source knows, in storage order.
    subject_ids : tuple of str
    scale : str
        One of `SCALES`.
    recipes : tuple of str
        Names of the recipes that must be fitted before the values are used (see `biomarker.data.recipe`).
    checksum : str
        SHA-256 of feature table, subjects, scale, batches and values.
    batches : tuple of str
        In which batch each subject was measured; empty unless a recipe asks for it.
    """

    path: Path
    features: pl.DataFrame
    subject_ids: tuple[str, ...]
    scale: str
    recipes: tuple[str, ...]
    checksum: str
    batches: tuple[str, ...] = ()

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.features.height

    @property
    def n_subjects(self) -> int:
        """Number of subjects."""
        return len(self.subject_ids)

    @cached_property
    def feature_ids(self) -> tuple[str, ...]:
        """Identifiers of the features, in storage order."""
        return tuple(self.features["feature_id"].to_list())

    @classmethod
    def write(
        cls,
        path: Path,
        blocks: Iterable[NDArray[np.floating]],
        *,
        features: pl.DataFrame,
        subject_ids: Sequence[str],
        scale: str,
        recipes: Sequence[str] = (),
        batches: Sequence[str] = (),
        provenance: Mapping[str, str] | None = None,
    ) -> "FeatureMatrix":
        """Store a matrix.

        Parameters
        ----------
        path : Path
        blocks : iterable of arrays (n_subjects, n_features_of_block)
            In the order of ``features``; a whole matrix is ``[matrix]``. Infinite values are refused.
        features : polars.DataFrame
            With ``feature_id``, ``label`` and ``unit``.
        subject_ids, scale, recipes, batches
            See the class.
        provenance : mapping of str to str, optional
            Deterministic facts about how the matrix was made, stored with it.

        Raises
        ------
        SchemaError
            Duplicated ids, an unknown scale, shapes that do not fit, infinite values.
        """
        _check_axes(features, subject_ids, scale, batches)
        digest = _axes_digest(features, subject_ids, scale, batches)
        n_subjects, at = len(subject_ids), 0
        table = features.to_arrow().cast(_plain_schema(features))
        values_type = pa.list_(pa.float32(), n_subjects)
        schema = table.schema.append(pa.field("values", values_type, nullable=False))
        chunk = max(1, CHUNK_BYTES // (4 * max(1, n_subjects)))
        with atomic_path(path) as partial, pq.ParquetWriter(partial, schema, **WRITING) as writer:
            for piece in _rechunk(blocks, chunk, n_subjects):
                if at + len(piece) > table.num_rows:
                    raise SchemaError(f"more than the announced {table.num_rows} features were given")
                if np.isinf(piece).any():
                    raise SchemaError("the matrix holds infinite values (also values beyond 3.4e38)")
                digest.update(piece.data)
                column = pa.FixedSizeListArray.from_arrays(pa.array(piece.ravel()), n_subjects)
                rows = table.slice(at, len(piece)).append_column(schema.field("values"), column.cast(values_type))
                writer.write_table(rows.cast(schema), row_group_size=chunk)
                at += len(piece)
            if at != table.num_rows:
                raise SchemaError(f"{table.num_rows} features were announced and {at} given")
            meta = {
                "schema_version": SCHEMA_VERSION,
                "subject_ids": list(subject_ids),
                "scale": scale,
                "recipes": list(recipes),
                "checksum": digest.hexdigest(),
            } | ({"batches": list(batches)} if batches else {})
            writer.add_key_value_metadata({"biomarker": json.dumps(meta), **(provenance or {})})
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> "FeatureMatrix":
        """Read the axes of a stored matrix; the values stay on disk."""
        path = Path(path)
        try:
            stored = pq.ParquetFile(path, page_checksum_verification=True)
            meta = json.loads(stored.metadata.metadata[b"biomarker"])
            version = meta["schema_version"]
        except FileNotFoundError:
            raise
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise _damaged(path) from error
        if version > SCHEMA_VERSION:
            raise SchemaError(
                f"{path} was written by a newer version (matrix schema {version})",
                "Update the package, or delete the file and run again.",
            )
        try:
            axes = tuple(meta["subject_ids"]), meta["scale"], tuple(meta["recipes"]), meta["checksum"]
            batches = tuple(meta.get("batches", ()))
            features = pl.DataFrame(stored.read(columns=[n for n in stored.schema_arrow.names if n != "values"]))
        except (pa.ArrowException, OSError, KeyError) as error:
            raise _damaged(path) from error
        return cls(path, features, *axes, batches)

    def blocks(self, max_bytes: int = 64 << 20) -> Iterator[Block]:
        """Values a block of features at a time, no block above ``max_bytes`` in float32 (but at least one chunk)."""
        with pq.ParquetFile(self.path, page_checksum_verification=True) as stored:
            start, size = 0, 0
            held: list[int] = []
            for group in range(stored.num_row_groups):
                rows = stored.metadata.row_group(group).num_rows
                if held and (size + rows) * self.n_subjects * 4 > max_bytes:
                    yield self._block(stored, held, start, size)
                    start, held, size = start + size, [], 0
                held.append(group)
                size += rows
            if held:
                yield self._block(stored, held, start, size)

    def _block(self, stored: pq.ParquetFile, groups: list[int], start: int, size: int) -> Block:
        try:
            column = stored.read_row_groups(groups, columns=["values"], use_threads=False).column(0).combine_chunks()
        except (pa.ArrowException, OSError) as error:
            raise _damaged(self.path) from error
        flat = column.flatten()
        # the buffer itself: pyarrow's own conversion to numpy imports pandas
        values = np.frombuffer(flat.buffers()[1], np.float32, len(flat), 4 * flat.offset)
        if values.size != size * self.n_subjects:
            raise _damaged(self.path)
        return Block(start, start + size, values.reshape(size, self.n_subjects).T)

    @property
    def values(self) -> NDArray[np.float32]:
        """All values (n_subjects, n_features), where they fit below the size limit."""
        if self.n_features * self.n_subjects * 4 > VALUES_LIMIT:
            raise DataError(
                f"{self.path} holds {self.n_features} x {self.n_subjects} values, too many to be held at once",
                "Read it with blocks().",
            )
        parts = [block.values for block in self.blocks()]
        return np.concatenate(parts, axis=1) if parts else np.empty((self.n_subjects, 0), np.float32)

    def verify(self) -> None:
        """Raise a `DataError` unless axes and values still give the stored checksum."""
        digest = _axes_digest(self.features, self.subject_ids, self.scale, self.batches)
        for block in self.blocks():
            digest.update(np.ascontiguousarray(block.values.T).data)
        if digest.hexdigest() != self.checksum:
            raise DataError(f"{self.path} does not match its checksum", "Delete it and run again.")


def _damaged(path: Path) -> SchemaError:
    return SchemaError(
        f"{path} is not a stored feature matrix, or is cut short or damaged",
        "Delete it and run again: it is made anew.",
    )


def _check_axes(features: pl.DataFrame, subject_ids: Sequence[str], scale: str, batches: Sequence[str]) -> None:
    for name in ("feature_id", "label", "unit"):
        if name not in features.columns:
            raise SchemaError(f"the feature table lacks the column {name}")
    if features["feature_id"].n_unique() != features.height:
        raise SchemaError("a feature_id stands twice in the feature table")
    if features.height and not len(subject_ids):
        raise SchemaError("the matrix has features and no subject")
    if len(set(subject_ids)) != len(subject_ids):
        raise SchemaError("a subject stands twice in the matrix")
    if batches and len(batches) != len(subject_ids):
        raise SchemaError(f"{len(batches)} batches are given for {len(subject_ids)} subjects")
    if scale not in SCALES:
        raise SchemaError(f"unknown scale {scale!r}; known are {', '.join(SCALES)}")


def _axes_digest(
    features: pl.DataFrame, subject_ids: Sequence[str], scale: str, batches: Sequence[str]
) -> "hashlib._Hash":
    axes = [features.to_dict(as_series=False), list(subject_ids), scale, *([list(batches)] if batches else [])]
    return hashlib.sha256(json.dumps(axes, ensure_ascii=False, default=str).encode())


def _plain_schema(features: pl.DataFrame) -> pa.Schema:
    """Arrow schema of the feature table with ordinary strings, which every Parquet reader understands."""
    fields = [
        pa.field(
            field.name,
            pa.string() if pa.types.is_large_string(field.type) or pa.types.is_string_view(field.type) else field.type,
        )
        for field in features.to_arrow().schema
    ]
    return pa.schema(fields)


def _rechunk(blocks: Iterable[NDArray[np.floating]], chunk: int, n_subjects: int) -> Iterator[NDArray[np.float32]]:
    """Feature-major pieces of exactly ``chunk`` features (the last may be shorter), whatever the blocks were."""
    rest = np.empty((0, n_subjects), np.float32)
    for block in blocks:
        if block.ndim != 2 or block.shape[0] != n_subjects:
            raise SchemaError(f"a block has shape {block.shape}; expected ({n_subjects}, n_features)")
        with np.errstate(over="ignore"):
            rest = np.concatenate([rest, block.T.astype(np.float32)]) if len(rest) else block.T.astype(np.float32)
        while len(rest) >= chunk:
            yield np.ascontiguousarray(rest[:chunk])
            rest = rest[chunk:]
    if len(rest):
        yield np.ascontiguousarray(rest)
