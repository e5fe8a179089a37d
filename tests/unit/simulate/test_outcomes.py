"""Effects of stated strength: what is solved for is reached, in trials of other sizes and shapes too."""

import numpy as np
import pytest

CLEAN = {"batch": False, "sample_swap": False}
SHAPES = [
    {"subjects": 60, "noncentrality": 2.0, "noncentrality_pairs": 3.0},
    {"subjects": 400, "noncentrality": 3.0, "events": 0.3, "hazard_ratio": 0.4},
    {"subjects": 400, "noncentrality": 4.0, "hazard_ratio": 3.0, "response_placebo": 0.2, "response_drug": 0.8},
    {"subjects": 900, "noncentrality": 8.0, "stand_ins": 3},
]


def _own(truth: dict) -> list[dict]:
    """What is planted: single markers, then pairs."""
    return [r for r in truth["planted"] if r["role"] in ("prognostic", "predictive")] + truth["pairs"]


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_everything_planted_has_the_strength_asked_of_clean_measurements(simulated, settings):
    truth = simulated(9, genes=60, **CLEAN, **settings).truth
    own = _own(truth)
    reached = [record["noncentrality"] * record["sign"] for record in own]
    pairs = settings.get("noncentrality_pairs", 10.0)
    assert reached == pytest.approx([settings["noncentrality"]] * 9 + [pairs, 1.3 * pairs], abs=2e-3)
    stand_ins = [r for r in truth["planted"] if r["role"] == "stand-in" and r["modality"] == "rna"]
    assert len(stand_ins) == 6 * settings.get("stand_ins", 1)


def test_coefficient_has_the_sign_of_the_statistic_and_is_close_to_what_information_says(simulated):
    # linear: z = b sd sqrt(n) / s, half of it for an interaction; what other markers leave unexplained makes b larger
    truth = simulated(9, genes=60, **CLEAN).truth
    for record in _own(truth):
        if record["endpoint"] == "shrinkage":
            times = 2.0 if record["contrast"] == "predictive" else 1.0
            share = record.get("share_of_subjects")
            deviation = np.sqrt(share * (1 - share)) if share else 1.0
            asked = 13.0 if share else 5.0
            plain = times * asked * 15.0 / (deviation * np.sqrt(truth["endpoints"]["shrinkage"]["n"]))
            assert 0.9 < abs(record["coefficient"]) / plain < 1.6
            assert np.sign(record["coefficient"]) == record["sign"]


def test_more_asked_of_the_same_trial_needs_larger_coefficients(simulated):
    def coefficients(noncentrality: float) -> np.ndarray:
        truth = simulated(9, genes=60, noncentrality=noncentrality, noncentrality_pairs=2 * noncentrality).truth
        return np.abs([record["coefficient"] for record in _own(truth)])

    weak, strong = coefficients(2.0), coefficients(4.0)
    # twice the statistic takes at least twice the coefficient: the stronger effects attenuate one another
    assert np.all(strong > 1.9 * weak)


def test_a_trial_larger_than_what_effects_are_solved_on_has_the_strength_asked_too(simulated):
    truth = simulated(9, subjects=6000, genes=40, noncentrality=20.0, noncentrality_pairs=30.0, **CLEAN).truth
    trial = simulated(9, subjects=6000, genes=40, noncentrality=20.0, noncentrality_pairs=30.0, **CLEAN)
    for record in truth["planted"]:
        if record["endpoint"] == "shrinkage" and record["role"] in ("prognostic", "predictive"):
            statistic = record["sign"] * trial.statistic(trial.feature(record), "shrinkage", record["role"])
            # one draw, and the chance correlation of strong markers in the subjects beyond the first 4,000
            assert abs(statistic - 20.0) < 4.0


def test_the_residual_course_is_shared_by_the_endpoints(trial):
    response, months, change = (trial.outcome(name) for name in ("response", "pfs", "shrinkage"))
    known = np.isfinite(response) & np.isfinite(change)
    # more than four standard errors; markers of their own take half of what the endpoints share
    assert np.corrcoef(response[known], change[known])[0, 1] < -4 / np.sqrt(374)
    assert np.corrcoef(response[known], months[known])[0, 1] > 2 / np.sqrt(374)
