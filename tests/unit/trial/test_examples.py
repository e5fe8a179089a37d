"""The examples in docstrings give what they show."""

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

from biomarker import trial

MODULES = [name for _, name, package in pkgutil.walk_packages(trial.__path__, "biomarker.trial.") if not package]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_a_module_are_right(name):
    module = importlib.import_module(name)
    found = doctest.testmod(module, globs={**vars(trial), **vars(module)})
    assert found.failed == 0


def test_everything_public_says_what_it_is():
    silent = [name for name in trial.__all__ if not inspect.getdoc(getattr(trial, name))]
    assert silent == []


PAGES = sorted((Path(__file__).resolve().parents[3] / "docs" / "trial").glob("*.md"))


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_examples_of_a_page_are_right(page):
    path = next(path for path in PAGES if path.name == page)
    found = doctest.testfile(str(path), module_relative=False)
    assert found.failed == 0
    assert found.attempted > 0 or page == "index.md"
