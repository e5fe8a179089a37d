"""The test tiers: what fails a run although every test that ran has passed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

CONFTEST = (Path(__file__).resolve().parents[2] / "conftest.py").read_text(encoding="utf-8")
INI = "[pytest]\nmarkers =\n    study\n    browser\n    wheel\n    slow\n    gpu\n"


@pytest.fixture
def tiers(pytester, monkeypatch):
    """A small project with our conftest, on a machine without reference data that is no CI until a test says so."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("BIOMARKER_TEST_DATA", raising=False)
    pytester.makeconftest(CONFTEST)
    pytester.makefile(".ini", pytest=INI)
    profile = settings.get_current_profile_name()
    yield pytester
    settings.load_profile(profile)


STUDY = """
    import pytest

    @pytest.mark.study
    def test_study(reference_data):
        pytest.skip("something else is missing")
"""


def test_without_the_reference_data_a_study_test_skips_and_says_why(tiers):
    tiers.makepyfile(STUDY)
    ran = tiers.runpytest("-rs")
    ran.assert_outcomes(skipped=1)
    ran.stdout.fnmatch_lines(["study: 1 tests, *, 1 skipped", "*reference data are not on this machine*"])


def test_in_ci_with_the_reference_data_a_skipped_study_test_fails(tiers, tmp_path, monkeypatch):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("BIOMARKER_TEST_DATA", str(tmp_path))
    tiers.makepyfile(STUDY)
    ran = tiers.runpytest()
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*may not skip in CI*something else is missing*"])


def test_in_ci_without_the_reference_data_a_study_test_may_skip(tiers, monkeypatch):
    monkeypatch.setenv("CI", "true")
    tiers.makepyfile(STUDY)
    tiers.runpytest().assert_outcomes(skipped=1)


def test_a_data_folder_that_does_not_exist_is_an_error_and_no_skip(tiers, monkeypatch):
    monkeypatch.setenv("BIOMARKER_TEST_DATA", os.devnull)
    tiers.makepyfile(STUDY)
    tiers.runpytest().assert_outcomes(errors=1)


@pytest.mark.parametrize(("minutes", "status"), [("13", pytest.ExitCode.OK), ("0", pytest.ExitCode.TESTS_FAILED)])
def test_a_tier_over_its_budget_fails_the_run(tiers, minutes, status):
    within = '"fast": 14}'
    assert within in CONFTEST
    tiers.makeconftest(CONFTEST.replace(within, f'"fast": {minutes}}}'))
    tiers.makepyfile("def test_quick(): pass")
    ran = tiers.runpytest()
    assert ran.ret == status
    ran.stdout.fnmatch_lines(["fast: 1 tests, * OVER BUDGET" if status else "fast: 1 tests, 0 s of 780 s"])
