"""A small randomised study for learners."""

import numpy as np
import pytest

from biomarker.data.splits import Splits
from biomarker.learners.training import Training


def make_training(*, n=120, p=12, kind="continuous", seed=5) -> Training:
    """Outcome on features 0 and 1; feature 2 changes the treatment's effect; two subjects a group."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    t = (rng.random(n) < 0.5).astype(float)
    linear = x[:, 0] - x[:, 1] + t * (1.0 + 1.5 * x[:, 2])
    if kind == "binary":
        y = (rng.random(n) < 1.0 / (1.0 + np.exp(-linear))).astype(float)
    else:
        y = linear + 0.5 * rng.standard_normal(n)
    return Training(features=x, outcome=y, treatment=t, kind=kind, group=np.arange(n) // 2)


@pytest.fixture(params=["continuous", "binary"])
def training(request) -> Training:
    return make_training(kind=request.param)


@pytest.fixture
def splits(training) -> Splits:
    return Splits.draw(training.group, n_folds=4, seed=1, rng=np.random.default_rng(1))
