"""A feature matrix on disk: what goes in comes out, damage is noticed, and nothing wrong gets in."""

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_array_equal
from polars.testing import assert_frame_equal

from biomarker.data import matrix as module
from biomarker.data.matrix import SCALES, FeatureMatrix, FeatureValues
from biomarker.errors import DataError, SchemaError


def feature_table(n, **extra):
    names = [f"f{i}" for i in range(n)]
    return pl.DataFrame(
        {"feature_id": names, "label": names, "unit": ["ng/mL"] * n, **extra},
        schema_overrides={"feature_id": pl.String, "label": pl.String, "unit": pl.String},
    )


def write(path, values, blocks=None, **changes):
    n_subjects, n_features = values.shape
    chosen = {
        "features": feature_table(n_features),
        "subject_ids": [f"s{i}" for i in range(n_subjects)],
        "scale": "native",
    } | changes
    return FeatureMatrix.write(path, [values] if blocks is None else blocks, **chosen)


@pytest.fixture
def values():
    values = np.random.default_rng(0).normal(size=(7, 50)).astype(np.float32)
    values[2, 3] = np.nan
    return values


def test_what_is_written_is_read(tmp_path, values):
    features = feature_table(50, chromosome=list(range(50)), note=[None, *["x"] * 49])
    written = write(tmp_path / "m.parquet", values, features=features, scale="log2", recipes=["log_cpm_tmm"])
    read = FeatureMatrix.open(tmp_path / "m.parquet")
    assert_array_equal(read.values, values)
    assert_frame_equal(read.features, features)
    assert read.subject_ids == tuple(f"s{i}" for i in range(7))
    assert (read.scale, read.recipes, read.checksum) == ("log2", ("log_cpm_tmm",), written.checksum)
    assert (read.n_subjects, read.n_features, read.feature_ids[49]) == (7, 50, "f49")
    read.verify()


def test_values_in_memory_write_the_same_file(tmp_path, values):
    subjects = tuple(f"s{i}" for i in range(7))
    held = FeatureValues(values, feature_table(50), subjects, "native", ("r",))
    held.write(tmp_path / "a.parquet", provenance={"x": "1"})
    write(tmp_path / "b.parquet", values, recipes=["r"], provenance={"x": "1"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@given(
    arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(0, 25)), elements=st.floats(-1e6, 1e6, width=32)),
    st.integers(0, 2**31),
    st.integers(1, 200),
    st.integers(1, 400),
    st.lists(st.integers(0, 25), max_size=5),
)
def test_neither_chunks_nor_blocks_nor_pieces_change_a_value(
    tmp_path_factory, values, seed, chunk_bytes, max_bytes, cuts
):
    values = np.where(np.random.default_rng(seed).random(values.shape) < 0.2, np.nan, values)
    folder = tmp_path_factory.mktemp("m")
    pieces = np.split(values, sorted(min(cut, values.shape[1]) for cut in cuts), axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK_BYTES", chunk_bytes)
        whole = write(folder / "whole.parquet", values)
        given_in_pieces = write(folder / "pieces.parquet", values, blocks=pieces)
    assert (folder / "whole.parquet").read_bytes() == (folder / "pieces.parquet").read_bytes()
    assert whole.checksum == given_in_pieces.checksum
    assert_array_equal(whole.values, values)
    blocks = list(whole.blocks(max_bytes=max_bytes))
    assert [block.start for block in blocks] == [0, *(block.stop for block in blocks[:-1])][: len(blocks)]
    if blocks:
        assert blocks[-1].stop == values.shape[1]
        assert_array_equal(np.concatenate([block.values for block in blocks], axis=1), values)
    chunk = max(1, chunk_bytes // (4 * values.shape[0]))
    assert all(block.values.nbytes <= max(max_bytes, 4 * values.shape[0] * chunk) for block in blocks)
    whole.verify()


def test_equal_input_gives_equal_bytes(tmp_path, values):
    for name in ("a", "b"):
        write(tmp_path / f"{name}.parquet", values, provenance={"code": "x"})
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_other_readers_see_a_row_a_feature(tmp_path, values):
    write(tmp_path / "m.parquet", values, provenance={"provenance_id": "abc"})
    table = pl.read_parquet(tmp_path / "m.parquet")
    assert table.columns == ["feature_id", "label", "unit", "values"]
    assert_array_equal(table["values"].to_numpy(), values.T)
    assert pl.read_parquet_metadata(tmp_path / "m.parquet")["provenance_id"] == "abc"


def test_a_matrix_without_features_or_subjects_is_kept(tmp_path):
    for shape in ((3, 0), (0, 0)):
        matrix = write(tmp_path / f"{shape[0]}.parquet", np.empty(shape))
        assert matrix.values.shape == shape
        assert list(matrix.blocks()) == []
        matrix.verify()


def test_features_of_nobody_are_refused(tmp_path):
    with pytest.raises(SchemaError, match="no subject"):
        write(tmp_path / "m.parquet", np.empty((0, 3)))


# --- damage -----------------------------------------------------------------------------------------------------------


def test_the_checksum_notices_a_changed_value_id_or_scale(tmp_path, values):
    reference = write(tmp_path / "m.parquet", values)
    other = values.copy()
    other[6, 49] = np.nextafter(other[6, 49], np.float32(9))
    renamed = feature_table(50).with_columns(pl.col("feature_id").replace("f7", "f700"))
    other_unit = feature_table(50).with_columns(unit=pl.lit("mg/mL"))
    changed = [
        write(tmp_path / "1.parquet", other),
        write(tmp_path / "2.parquet", values, features=renamed),
        write(tmp_path / "3.parquet", values, subject_ids=["x", *(f"s{i}" for i in range(1, 7))]),
        write(tmp_path / "4.parquet", values, scale="log2"),
        write(tmp_path / "5.parquet", values, features=other_unit),
    ]
    assert len({reference.checksum, *(matrix.checksum for matrix in changed)}) == 6


def test_verify_notices_values_that_are_not_those_that_were_written(tmp_path, values):
    """A file whose values were changed with all of Parquet's own bookkeeping intact."""
    path = tmp_path / "m.parquet"
    write(path, values)
    meta = pq.read_metadata(path).metadata[b"biomarker"]
    stored = pl.read_parquet(path)
    other = stored.with_columns(pl.col("values").arr.to_list().list.eval(pl.element() + 1).list.to_array(7))
    other.write_parquet(path, metadata={"biomarker": meta.decode()})
    with pytest.raises(DataError, match="does not match its checksum") as caught:
        FeatureMatrix.open(path).verify()
    assert "run again" in caught.value.hint


def test_a_flipped_bit_never_becomes_another_number(tmp_path):
    """Anywhere in the pages: the reader or the checksum refuses, or no harm was done."""
    path = tmp_path / "m.parquet"
    values = np.random.default_rng(1).normal(size=(40, 30)).astype(np.float32)
    reference = write(path, values)
    good = path.read_bytes()
    pages = len(good) - 8 - int.from_bytes(good[-8:-4], "little")  # what stands before the footer
    noticed = 0
    for at in range(0, pages, 11):
        damaged = bytearray(good)
        damaged[at] ^= 16
        path.write_bytes(damaged)
        try:
            read = FeatureMatrix.open(path)
            read.verify()
        except DataError:
            noticed += 1
            continue
        assert_array_equal(read.values, values)
        assert_frame_equal(read.features, reference.features)
    assert noticed > 0.95 * len(range(0, pages, 11))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_truncated_file_is_refused_with_advice(tmp_path, values, share):
    path = tmp_path / "m.parquet"
    write(path, values)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(SchemaError, match="cut short") as caught:
        FeatureMatrix.open(path)
    assert "run again" in caught.value.hint


def test_a_parquet_file_of_another_kind_is_refused(tmp_path):
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(SchemaError, match="not a stored feature matrix"):
        FeatureMatrix.open(tmp_path / "other.parquet")


def test_a_newer_version_is_refused_with_advice(tmp_path, values, monkeypatch):
    path = tmp_path / "m.parquet"
    monkeypatch.setattr(module, "SCHEMA_VERSION", 2)
    write(path, values)
    monkeypatch.setattr(module, "SCHEMA_VERSION", 1)
    with pytest.raises(SchemaError, match="newer version \\(matrix schema 2\\)") as caught:
        FeatureMatrix.open(path)
    assert caught.value.hint == "Update the package, or delete the file and run again."


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": feature_table(50).with_columns(feature_id=pl.lit("same"))}, "feature_id stands twice"),
        ({"features": feature_table(50).drop("unit")}, "lacks the column unit"),
        ({"features": feature_table(49)}, "more than the announced 49"),
        ({"features": feature_table(51)}, "51 features were announced and 50 given"),
        ({"subject_ids": ["s"] * 7}, "subject stands twice"),
        ({"subject_ids": ["s1", "s2"]}, "shape"),
        ({"scale": "log10"}, "unknown scale 'log10'; known are counts, tpm"),
    ],
)
def test_axes_that_do_not_fit_are_refused_and_leave_no_file(tmp_path, values, changes, words):
    with pytest.raises(SchemaError, match=words):
        write(tmp_path / "m.parquet", values, **changes)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 1e39])
def test_infinite_values_are_refused_and_leave_no_file(tmp_path, bad):
    values = np.ones((3, 4))
    values[1, 2] = bad
    with pytest.raises(SchemaError, match="infinite"):
        write(tmp_path / "m.parquet", values)
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_keeps_the_file_that_was_there(tmp_path, values):
    path = tmp_path / "m.parquet"
    write(path, values)
    before = path.read_bytes()
    with pytest.raises(SchemaError):
        write(path, np.full((7, 50), np.inf))
    assert path.read_bytes() == before


def test_a_block_of_wrong_shape_is_refused(tmp_path, values):
    for block in (values[:5], values[:, 0]):
        with pytest.raises(SchemaError, match="expected \\(7, n_features\\)"):
            write(tmp_path / "m.parquet", values, blocks=[block])


def test_values_above_the_limit_are_refused_and_blocks_are_not(tmp_path, values, monkeypatch):
    matrix = write(tmp_path / "m.parquet", values)
    monkeypatch.setattr(module, "VALUES_LIMIT", 7 * 50 * 4)
    assert matrix.values.shape == (7, 50)
    monkeypatch.setattr(module, "VALUES_LIMIT", 7 * 50 * 4 - 1)
    with pytest.raises(DataError, match="too many") as caught:
        _ = matrix.values
    assert "blocks()" in caught.value.hint
    assert sum(block.stop - block.start for block in matrix.blocks()) == 50


def test_every_scale_says_what_it_means():
    assert all(sentence and sentence[0].islower() for sentence in SCALES.values())
