"""Files are complete or not there."""

import json

import pytest
from polars.exceptions import ComputeError

from biomarker.data.files import atomic_path, sha256_of, write_json
from biomarker.errors import DataError, StorageError


def test_a_block_that_ends_well_leaves_the_file(tmp_path):
    path = tmp_path / "new" / "folder" / "x.txt"
    with atomic_path(path) as partial:
        partial.write_text("all of it")
        assert not path.exists()
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_crash_leaves_no_file(tmp_path, error):
    def crash():
        with atomic_path(tmp_path / "x.txt") as partial:
            partial.write_text("half of it")
            raise error

    with pytest.raises(error):
        crash()
    assert list(tmp_path.iterdir()) == []


def test_a_crash_keeps_what_was_there(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("before")

    def crash():
        with atomic_path(path) as partial:
            partial.write_text("half of it")
            raise ValueError

    with pytest.raises(ValueError):
        crash()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "x.txt"):
        pass


@pytest.mark.parametrize(
    ("error", "words", "advice"),
    [
        (OSError(28, "No space left on device"), "no space left on device", "Make room"),
        (OSError("No space left on device (os error 28)"), "no space left on device", "Make room"),
        (ComputeError("parquet: underlying IO error: No space left on device"), "no space left", "Make room"),
        (OSError(122, "Disk quota exceeded"), "disk quota exceeded", "Make room"),
        (OSError(30, "Read-only file system"), "read-only file system", "--directory"),
        (PermissionError(13, "Permission denied"), "permission denied", "--directory"),
    ],
)
def test_a_disk_that_refuses_is_an_error_with_the_file_and_what_to_do(tmp_path, error, words, advice):
    """Each writer says it in its own way; these are polars', pyarrow's and the system's."""
    path = tmp_path / "x.parquet"
    with pytest.raises(StorageError) as caught, atomic_path(path):
        raise error
    assert caught.value.message.startswith(f"{path} could not be written: {words}")
    assert advice in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied", "/another/file.csv"),
        DataError("x.csv, row 3: 'Permission denied' is no number"),
        ValueError("x"),
    ],
)
def test_what_is_no_fault_of_the_disk_stays_what_it_is(tmp_path, error):
    with pytest.raises(type(error)) as caught, atomic_path(tmp_path / "x"):
        raise error
    assert caught.value is error


def test_a_full_disk_leaves_neither_file_nor_partial_and_says_how_much_is_free(tmp_path):
    """Every write to this device fails as on a full disk."""

    def write():
        with atomic_path(tmp_path / "x") as partial:
            partial.symlink_to("/dev/full")
            partial.write_text("x")

    with pytest.raises(StorageError, match=r"no space left on device \([\d.,]+ MB free\)"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_sha256_is_the_published_one(tmp_path):
    """FIPS 180-2, appendix B.1."""
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_is_readable_and_never_holds_what_json_cannot_say(tmp_path):
    write_json({"b": "Größe", "a": [1, None]}, tmp_path / "x.json")
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"b": "Größe", "a": [1, None]}
    assert text.index('"b"') < text.index('"a"')
    assert "Größe" in text
    with pytest.raises(ValueError):
        write_json({"x": float("nan")}, tmp_path / "x.json")
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["a"] == [1, None]
