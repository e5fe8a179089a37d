"""Numbers that other programs and their manuals print, apart from the cases that the library was built against."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import trial

# SAS/STAT 13.2 User's Guide, the SEQDESIGN procedure, "Applicable ... group sequential designs": two-sided designs with
# early stopping to reject, alpha 0.05, power 0.90, reference 0.25; maximum information by the number of stages.
# http://support.sas.com/documentation/cdl/en/statug/67523/HTML/default/statug_seqdesign_details62.htm
SAS_INFORMATION = {1: 168.12, 2: 169.32, 5: 172.57, 10: 174.42}


@pytest.mark.parametrize("looks", SAS_INFORMATION)
def test_maximum_information_is_that_of_the_manual_of_sas(looks):
    design = trial.group_sequential(information=looks, alpha=0.05, power=0.9, sided=2, efficacy=trial.OBrienFleming())
    assert_allclose((design.drift / 0.25) ** 2, SAS_INFORMATION[looks], atol=0.006)


def test_the_properties_of_a_two_stage_design_are_those_of_another_program():
    """https://kimmingul.github.io/samplesize-copilot/examples/05-simon-two-stage/, a design near the optimal one."""
    declared, stop, expected = trial.two_stage_properties(2, 18, 4, 26, 0.1)
    assert_allclose((declared, stop), (0.0995, 0.7338), atol=5e-5)
    assert round(expected, 1) == 20.1
    assert_allclose(trial.two_stage_properties(2, 18, 4, 26, 0.3)[0], 0.9037, atol=5e-5)
    best = trial.simon_two_stage(0.1, 0.3, alpha=0.1, power=0.9).optimal
    assert best.expected_n <= expected
    assert np.isclose(best.alpha, trial.two_stage_properties(best.r1, best.n1, best.r, best.n, 0.1)[0])
