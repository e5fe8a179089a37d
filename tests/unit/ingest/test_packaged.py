"""Files inside installed packages, named without a path of one machine."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from biomarker.config.load import load_study
from biomarker.config.paths import with_packaged_files
from biomarker.errors import ConfigError
from biomarker.ingest import packaged
from biomarker.ingest.packaged import packaged_file

GBSG2 = "package:lifelines/datasets/gbsg2.csv"


@pytest.fixture
def a_package(tmp_path, monkeypatch) -> Path:
    """A package that fails when it is imported."""
    folder = tmp_path / "site packages" / "a_package"
    (folder / "data").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "data" / "t.csv").write_text("id\n1\n")
    monkeypatch.syspath_prepend(str(folder.parent))
    return folder


def test_the_file_is_found_where_the_package_is_installed_and_the_package_is_not_imported(a_package):
    assert packaged_file("package:a_package/data/t.csv") == a_package / "data" / "t.csv"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("package:no_such_package/x.csv", "there is no package no_such_package"),
        ("package:a_package/data/u.csv", "a_package that is installed has no file data/u.csv"),
        ("package:a_package/data", "has no file data"),
        ("package:json.decoder/x.csv", "not of the form"),
        ("package:a_package", "not of the form"),
        ("package:a_package/../t.csv", "not of the form"),
        ("package:/etc/hosts", "not of the form"),
        ("package:math/x.csv", "there is no package math"),
    ],
)
def test_what_cannot_be_found_says_which_part_is_missing(a_package, path, words):
    with pytest.raises(LookupError) as caught:
        packaged_file(path)
    assert path in caught.value.args[0]
    assert words in caught.value.args[0]


def test_rules_run_the_same_code_without_the_science_packages():
    """As `rules/common.smk` does, in a Python that sees the standard library alone."""
    assert runpy.run_path(packaged.__file__)["PREFIX"] == "package:"
    program = f"import runpy; print(runpy.run_path({packaged.__file__!r})['packaged_file']('package:json/decoder.py'))"
    found = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip().endswith("json/decoder.py")


def study(folder: Path, path: str) -> Path:
    text = Path(__file__).parents[3].joinpath("config", "studies", "gbsg2.yaml").read_text(encoding="utf-8")
    assert text.count(GBSG2) == 2
    (folder / "study.yaml").write_text(text.replace(GBSG2, path), encoding="utf-8")
    return folder / "study.yaml"


def test_a_study_names_it_in_every_place_of_a_path(tmp_path):
    import lifelines

    found = with_packaged_files(load_study(study(tmp_path, GBSG2)))
    expected = str(Path(lifelines.__file__).parent / "datasets" / "gbsg2.csv")
    assert found.subjects.path == found.modalities["tumour"]["path"] == expected


def test_a_study_whose_package_is_absent_is_a_fault_of_the_study(tmp_path):
    with pytest.raises(ConfigError, match="no package no_such_package"):
        with_packaged_files(load_study(study(tmp_path, "package:no_such_package/x.csv")))
