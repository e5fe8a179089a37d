"""What all tests share: where the reference data lie, the tiers and their budgets, and when a skip is a failure."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# Minutes that the tests of one tier may take together. A test belongs to the first tier whose marker it carries.
BUDGETS = {"study": 12, "browser": 8, "slurm": 6, "wheel": 8, "slow": 20, "gpu": 5, "fast": 14}

CHROMIUM = Path("/usr/bin/chromium")

# No deadline: an example's time says more about the machine's other users than about the code
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def reference_data_folder() -> Path | None:
    """The folder BIOMARKER_TEST_DATA names, else ../shared/data beside the repository; None where absent."""
    named = os.environ.get("BIOMARKER_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if named and not folder.is_dir():
        raise pytest.UsageError(f"BIOMARKER_TEST_DATA names {named}, which is not a folder")
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference data; the test is skipped where there is none."""
    folder = reference_data_folder()
    if folder is None:
        pytest.skip("the reference data are not on this machine (set BIOMARKER_TEST_DATA to their folder)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """Debian's Chromium; the test is skipped where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no Chromium at {CHROMIUM} (Debian: apt install chromium)")
    return CHROMIUM


# --- tiers ------------------------------------------------------------------------------------------------------------


def tier_of(item: pytest.Item) -> str:
    """The tier of a test, from its markers."""
    return next((tier for tier in BUDGETS if item.get_closest_marker(tier)), "fast")


def must_not_skip(tier: str) -> bool:
    """Whether CI has all that this tier needs: then a skipped test is a check that silently went away."""
    if not os.environ.get("CI"):
        return False
    if tier == "study":
        return reference_data_folder() is not None
    if tier == "browser":
        return CHROMIUM.exists()
    if tier == "slurm":
        return shutil.which("slurmctld") is not None
    return False


class Tiers:
    """Adds up the time of each tier's tests and fails the run where a tier is over its budget.

    Of tests that ran side by side each counts for its share: a tier's seconds are those that somebody waited for it.
    """

    def __init__(self, side_by_side: int) -> None:
        self.side_by_side = side_by_side
        self.seconds: Counter[str] = Counter()
        self.tests: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.over: list[str] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        tier = report.tier
        self.seconds[tier] += report.duration / self.side_by_side
        self.tests[tier] += report.when == "setup"
        self.skipped[tier] += report.skipped and not hasattr(report, "wasxfail")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.over = [tier for tier, seconds in self.seconds.items() if seconds > 60 * BUDGETS[tier]]
        if self.over and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("tiers")
        for tier, tests in self.tests.items():
            line = f"{tier}: {tests} tests, {self.seconds[tier]:.0f} s of {60 * BUDGETS[tier]} s"
            if self.skipped[tier]:
                line += f", {self.skipped[tier]} skipped"
            terminalreporter.write_line(line + (" - OVER BUDGET" if tier in self.over else ""))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Tiers(config.getoption("numprocesses", None) or 1), "tiers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    report.tier = tier_of(item)
    if report.skipped and not hasattr(report, "wasxfail") and must_not_skip(report.tier):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: this test has all it needs here and may not skip in CI ({reason})"
    return report
