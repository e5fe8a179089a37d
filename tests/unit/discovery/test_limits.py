"""An interaction needs events in each arm, not only in both together."""

import numpy as np
import pytest

from biomarker.discovery.method import Limits, Outcome
from biomarker.discovery.screen import in_each_arm

LIMITS = Limits(min_group=4, min_events=5)
ARM = np.repeat([0.0, 1.0], 20)


def outcome(control, active, *, survival=False):
    happened = np.concatenate([np.arange(20) < control, np.arange(20) < active]).astype(float)
    return Outcome("survival", np.arange(1.0, 41.0), happened) if survival else Outcome("binary", happened)


@pytest.mark.parametrize(
    ("control", "active", "survival", "enough"),
    [
        (5, 5, False, True),
        (4, 12, False, False),  # too few events in one arm
        (16, 10, False, False),  # too few non-events in one arm
        (5, 20, True, True),  # of a survival endpoint censored subjects are not counted
        (4, 20, True, False),
    ],
)
def test_events_are_counted_in_each_arm(control, active, survival, enough):
    limits = in_each_arm(LIMITS, outcome(control, active, survival=survival), ARM)
    assert (limits == LIMITS) is enough
    assert enough or limits.min_events > len(ARM)
