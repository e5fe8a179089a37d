"""A trial of 100,000 subjects is written in memory that hardly grows with their number."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WRITE = """
import resource, sys
from pathlib import Path
from biomarker.simulate.trial import TrialSettings, write_trial
write_trial(Path(sys.argv[1]), TrialSettings(subjects=int(sys.argv[2]), genes=200), seed=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def _peak_mb(folder, subjects: int) -> float:
    command = [sys.executable, "-c", WRITE, str(folder), str(subjects)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def test_a_hundred_thousand_subjects_take_little_more_memory_than_two_thousand(tmp_path):
    # with 5,000 genes it is 780 MB and two minutes: a row group of 5,000 subjects is held at a time
    small, large = _peak_mb(tmp_path, 2_000), _peak_mb(tmp_path, 100_000)
    print(f"\npeak memory: {small:.0f} MB for 2,000 subjects, {large:.0f} MB for 100,000")
    assert large < small + 200
