"""pyproject.toml, requirements.lock, environment.yml and what is installed stay in step."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import biomarker

ROOT = Path(__file__).resolve().parents[3]
GENERATOR = runpy.run_path(str(ROOT / ".ci" / "environment.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

REQUIREMENTS = [
    Requirement(text)
    for extra, texts in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
    if extra not in GENERATOR["NOT_LOCKED"]
    for text in texts
]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_the_locked_version_of_each_direct_dependency_is_one_that_pyproject_allows(requirement):
    locked = GENERATOR["locked_versions"]()
    assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)])


def test_what_is_installed_is_what_the_lock_says():
    locked = GENERATOR["locked_versions"]({key: str(value) for key, value in default_environment().items()})
    installed = {name: metadata.version(name) for name in locked}
    assert installed == locked


def test_environment_yml_is_what_the_lock_makes_it():
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == GENERATOR["environment"](), "run: make lock"


def test_environment_yml_has_every_dependency_that_a_study_can_need_once_at_the_locked_version():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    pip = next(entry["pip"] for entry in listed if isinstance(entry, dict))
    pins = [re.split("==?", entry) for entry in [*listed, *pip] if isinstance(entry, str) and entry != "pip"]
    names = {conda: ours for ours, conda in GENERATOR["CONDA_NAMES"].items()}
    found = [(names.get(name, name), version) for name, version in pins if name != "python"]
    wanted = {name for names in GENERATOR["direct_dependencies"](GENERATOR["LEFT_OUT"]).values() for name in names}
    assert {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]} < wanted
    locked = GENERATOR["locked_versions"]()
    assert sorted(found) == sorted((name, locked[name]) for name in wanted)


def test_the_lock_names_no_index_and_no_path_of_a_machine():
    assert not re.search(r"://|^-|@ |file:|^/", LOCK, re.MULTILINE)


def test_the_lock_holds_neither_the_gpu_build_of_xgboost_nor_what_it_drags():
    assert not re.search(r"^(xgboost|nvidia|cupy|mirp|itk)\b(?!-cpu)", LOCK, re.MULTILINE)


def test_the_version_is_the_same_in_the_package_its_metadata_and_the_citation():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert biomarker.__version__ == PROJECT["version"] == metadata.version("biomarker") == str(citation["version"])
    assert citation["license"] == PROJECT["license"] == "Apache-2.0"
