"""One study, its document and its page, made once: drawing takes seconds."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the tests are imported by path, so that their helper has no package

import factory

from biomarker.report import ReportInputs, build
from biomarker.report.html import render


@pytest.fixture(scope="session")
def demo_inputs() -> ReportInputs:
    return factory.inputs()


@pytest.fixture(scope="session")
def demo_document(demo_inputs: ReportInputs) -> dict[str, Any]:
    return build(demo_inputs)


@pytest.fixture(scope="session")
def demo_page(demo_document: dict[str, Any]) -> str:
    return render(demo_document)
