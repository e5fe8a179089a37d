"""Every example in a docstring of the multi-state functions, and on their page, gives what it says."""

import doctest
import importlib
from pathlib import Path

import numpy as np
import pytest

from biomarker.stats import multistate

ROOT = Path(__file__).resolve().parents[4]
PUBLIC = [getattr(multistate, name) for name in multistate.__all__ if name != "FAMILIES"]
MODULES = sorted({made.__module__ for made in PUBLIC} | {"biomarker.stats.log_gamma_tail"})


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_docstrings(name):
    assert doctest.testmod(importlib.import_module(name), extraglobs={"np": np}).failed == 0


def test_examples_of_the_page():
    text = (ROOT / "docs" / "disease-transition.md").read_text(encoding="utf-8").replace("```", "\n")
    test = doctest.DocTestParser().get_doctest(text, {}, "disease-transition.md", None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
