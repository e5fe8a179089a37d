"""Every example in a docstring or on a page of `docs/economics` gives what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest

from biomarker import economics

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "economics").glob("*.md"))
MODULES = [f"biomarker.economics.{m.name}" for m in pkgutil.iter_modules(economics.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    module = importlib.import_module(name)
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_pages(page):
    text = page.read_text(encoding="utf-8").replace("```", "\n")  # a fence is no output
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert test.examples, "a page without an example"
    assert doctest.DocTestRunner().run(test).failed == 0
