"""Counts and continuous endpoints: moderated t-tests with precision weights, all features of a modality at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarker.discovery.method import Limits, Outcome, stack_endpoints
from biomarker.discovery.methods.linear import LINEAR
from biomarker.stats.estimate import Estimate
from biomarker.stats.voom import voom_screen

Floats = NDArray[np.float64]


def _screen(
    features: Any, outcomes: Sequence[Outcome], covariates: Floats, treatment: Floats | None, limits: Limits
) -> Estimate:
    if treatment is not None:
        raise ValueError("precision weights are for main effects")
    design = np.column_stack([np.ones(len(covariates)), covariates])
    found = []
    for outcome in outcomes:
        assert outcome.effective_library is not None
        found.append(voom_screen(features, outcome.effective_library, outcome.values, design))
    return stack_endpoints(found)


#: Permutations use log counts per million without weights, as for the plain test.
VOOM = replace(LINEAR, name="moderated t-test, precision weights (voom)", screen=_screen, of_counts=True)
