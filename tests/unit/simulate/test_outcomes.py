"""Effects of stated strength: what is solved for is reached, in trials of other sizes and shapes too."""

import numpy as np
import pytest

SHAPES = [
    {"subjects": 60, "noncentrality": 2.5},
    {"subjects": 240, "noncentrality": 3.0, "events": 0.3, "hazard_ratio": 0.4},
    {"subjects": 240, "noncentrality": 4.0, "hazard_ratio": 3.0, "response_placebo": 0.2, "response_drug": 0.8},
    {"subjects": 600, "noncentrality": 8.0, "stand_ins": 3},
]


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_every_planted_marker_has_the_strength_asked(simulated, settings):
    planted = simulated(9, genes=60, **settings).truth["planted"]
    own = [record for record in planted if record["role"] != "stand-in"]
    reached = np.array([record["noncentrality"] for record in own])
    signs = np.array([record["sign"] for record in own])
    assert reached * signs == pytest.approx(settings["noncentrality"], abs=2e-3)
    assert len(planted) - len(own) == 6 * settings.get("stand_ins", 1)


def test_coefficient_has_the_sign_of_the_statistic_and_is_close_to_what_information_says(trial):
    # linear: z = b sqrt(n) / s, twice the coefficient for level x (arm - 1/2); attenuation makes b larger
    for record in trial.truth["planted"]:
        if record["endpoint"] == "shrinkage" and "coefficient" in record:
            times = 2.0 if record["role"] == "predictive" else 1.0
            plain = times * 5.0 * 26.0 / np.sqrt(trial.truth["endpoints"]["shrinkage"]["n"])
            assert 0.85 < abs(record["coefficient"]) / plain < 1.5
            assert np.sign(record["coefficient"]) == record["sign"]


def test_more_asked_of_the_same_trial_needs_larger_coefficients(simulated):
    def coefficients(noncentrality: float) -> np.ndarray:
        planted = simulated(9, genes=60, noncentrality=noncentrality).truth["planted"]
        return np.abs([record["coefficient"] for record in planted if "coefficient" in record])

    weak, strong = coefficients(2.0), coefficients(4.0)
    # twice the statistic takes at least twice the coefficient: the stronger effects attenuate one another
    assert np.all(strong > 1.9 * weak)


def test_the_residual_course_is_shared_by_the_endpoints(trial):
    response, months, change = (trial.outcome(name) for name in ("response", "pfs", "shrinkage"))
    known = np.isfinite(response) & np.isfinite(change)
    assert np.corrcoef(response[known], change[known])[0, 1] < -0.3
    assert np.corrcoef(response[known], months[known])[0, 1] > 0.1
