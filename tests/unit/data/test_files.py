"""Files are complete or not there."""

import json

import pytest

from biomarker.data.files import atomic_path, sha256_of, write_json


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
