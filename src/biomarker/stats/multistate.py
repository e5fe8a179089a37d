"""Disease transition in one place: `from biomarker.stats import multistate`.

Not part of `biomarker.stats` itself: every job of a workflow imports that, and would pay for these.
"""

from biomarker.stats.aalen_johansen import StateShares, aalen_johansen, cumulative_incidence
from biomarker.stats.competing_risks import GrayTest, fine_gray_fit, gray_test
from biomarker.stats.markov_fit import MarkovFit, markov_fit
from biomarker.stats.markov_panel import StateCounts, state_counts
from biomarker.stats.markov_process import (
    length_of_stay,
    mean_sojourn,
    next_state_probabilities,
    occupancy,
    transition_probabilities,
)
from biomarker.stats.parametric_survival import FAMILIES, ParametricSurvival, parametric_survival, survival_models
from biomarker.stats.trajectories import Trajectories, simulate_trajectories

__all__ = [
    "FAMILIES", "GrayTest", "MarkovFit", "ParametricSurvival", "StateCounts", "StateShares", "Trajectories",
    "aalen_johansen", "cumulative_incidence", "fine_gray_fit", "gray_test", "length_of_stay", "markov_fit",
    "mean_sojourn", "next_state_probabilities", "occupancy", "parametric_survival", "simulate_trajectories",
    "state_counts", "survival_models", "transition_probabilities",
]  # fmt: skip
