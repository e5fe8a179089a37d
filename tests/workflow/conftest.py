"""A tiny study and its finished run, each made once."""

import shutil
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tests are imported by path, so that their helper has no package

import tiny_study
from tiny_study import ONE_MODALITY, Project


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    """The files of a study of 40 subjects; never changed."""
    folder = tmp_path_factory.mktemp("files")
    tiny_study.write_files(folder, subjects=40, features=6)
    return folder


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The tiny study, run once through ``biomarker run`` on two cores, in a folder with a blank; never changed."""
    base = tmp_path_factory.mktemp("the whole way")
    folder = base / "a study"
    folder.mkdir()
    project = Project(tiny_study.project_copy(base / "the project"), folder)
    tiny_study.write_files(folder, subjects=60, features=30)
    tiny_study.write_study(folder, tiny_study.settings(modalities=ONE_MODALITY))
    clock = time.monotonic()
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    print(f"\ntiny study: {time.monotonic() - clock:.0f} s from study file to report")
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the finished run, to be changed. The code stays where it is: its path is no part of a result."""
    shutil.copytree(finished.folder, tmp_path / "a study")
    return Project(finished.code, tmp_path / "a study")
