"""Trials written once and read back."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from trial_files import Trial, read_trial

from biomarker.simulate.trial import TrialSettings, write_trial


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Trial]:
    """Write a trial with the given seed and settings, and read it back; each is written once."""

    @cache
    def write(seed: int, **settings: float) -> Trial:
        directory = tmp_path_factory.mktemp("trial")
        write_trial(directory, TrialSettings(**settings), seed=seed)
        return read_trial(directory)

    return write


@pytest.fixture(scope="session")
def trial(simulated: Callable[..., Trial]) -> Trial:
    """One trial of the default size with fewer genes."""
    return simulated(7, genes=400)
