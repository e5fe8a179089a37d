"""A real Chromium without network, and the pages to open in it."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "report"))  # the study that never was lives there

import factory

from biomarker.report import EndpointFacts, build
from biomarker.report.html import render

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Chromium for all tests; pages are opened and closed in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=chromium,
            headless=True,
            args=FLAGS,
            accept_downloads=True,
            viewport={"width": 1280, "height": 900},
        )
        yield context
        context.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests leave what they saw, for people to look at."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study like the demo."""
    return write(tmp_path_factory.mktemp("report") / "index.html", factory.inputs(genes=2000))


@pytest.fixture(scope="session")
def three_arm_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study of two comparisons."""
    inputs = factory.inputs(factory.study(treatment=factory.THREE_ARMS), genes=300)
    return write(tmp_path_factory.mktemp("three") / "index.html", inputs)


@pytest.fixture(scope="session")
def large_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a study of 265 endpoints."""
    drugs = tuple(
        EndpointFacts(name=f"drug_{k}", label=f"Drug {k}", type="continuous", unit="ln_uM", better="lower")
        for k in range(265)
    )
    facts = factory.study(endpoints=drugs, treatment=None, covariates=("tissue",), title="Many drugs")
    planted = {("response", f"drug_{k}", f"G{k:04d}"): -8.0 for k in range(0, 265, 5)}
    inputs = factory.inputs(facts, genes=673, planted=planted, curves=None, flow=None)
    return write(tmp_path_factory.mktemp("large") / "index.html", inputs)


def write(path: Path, inputs: Any) -> Path:
    document = json.loads(json.dumps(build(inputs)))
    path.write_text(render(document), encoding="utf-8")
    return path
