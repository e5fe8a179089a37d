"""Every example in a docstring of the diagnostics, and on their page, gives what it says."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

from biomarker.stats import diagnostics

ROOT = Path(__file__).resolve().parents[4]
MODULES = sorted({getattr(diagnostics, name).__module__ for name in diagnostics.__all__} | {"biomarker.stats.ranks"})


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    assert doctest.testmod(importlib.import_module(name), extraglobs={"np": np}).failed == 0


def test_examples_of_the_page():
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8").replace("```", "\n")
    test = doctest.DocTestParser().get_doctest(text, {}, "diagnostics.md", None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
