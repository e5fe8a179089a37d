"""A tiny study and its finished run, each made once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tests are imported by path, so that their helper has no package

import tiny_study


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    """The files of a study of 40 subjects; never changed."""
    folder = tmp_path_factory.mktemp("files")
    tiny_study.write_files(folder, subjects=40, features=6)
    return folder
