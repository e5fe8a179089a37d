"""Array kinds over which every screen is tested, and a small study to screen."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import array_api_strict
import numpy as np
import pytest

from biomarker import stats


def _read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True)
class Backend:
    """A kind of array: how to make one of it."""

    name: str
    make: Callable[[np.ndarray], Any]


BACKENDS = [
    Backend("numpy", np.asarray),
    Backend("numpy read-only", _read_only),
    Backend("numpy feature-major", lambda a: _read_only(np.asfortranarray(a))),
    Backend("array-api-strict", lambda a: array_api_strict.asarray(a.copy())),
]

# (screen, backend): why it does not run there. Empty at present.
KNOWN_EXCEPTIONS: dict[tuple[str, str], str] = {}


@pytest.fixture
def known_exceptions() -> dict[tuple[str, str], str]:
    return KNOWN_EXCEPTIONS


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request) -> Backend:
    return request.param


def make_study(seed: int = 11, n: int = 120, p: int = 10) -> SimpleNamespace:
    """Features of several kinds, three endpoints, covariates with a redundant column, arm and strata."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p))
    x[:, 0] = rng.random(n) < 0.25  # two-valued
    x[:, 1] = rng.integers(0, 3, n)  # tied
    x[:, 2] += 1e6
    x[:, 3] *= 1e-8
    x[:, 4] *= 1e8
    x[:, 5] = np.exp(x[:, 5])
    levels = np.eye(3)[rng.integers(0, 3, n)]
    age = rng.standard_normal(n)
    treatment = (rng.random(n) < 0.5).astype(float)
    linear = 0.7 * x[:, 6] + 0.5 * treatment * x[:, 7] + 0.4 * age
    y = np.column_stack([linear + rng.standard_normal(n), 1e3 + rng.standard_normal(n), rng.standard_exponential(n)])
    y[rng.random(y.shape) < 0.15] = np.nan
    return SimpleNamespace(
        n=n,
        features=x,
        responses=y,
        covariates=np.column_stack([np.ones(n), age, levels]),  # rank 4 of 5
        treatment=treatment,
        level=np.searchsorted([-1.0, 0.5, 2.0], linear + np.random.default_rng(seed).logistic(size=n)).astype(float),
        outcome=(rng.random(n) < 1 / (1 + np.exp(-linear))).astype(float),
        time=np.ceil(rng.exponential(8.0 * np.exp(-0.5 * linear))),
        event=(rng.random(n) < 0.75).astype(float),
        strata=rng.integers(0, 3, n),
        patients=np.random.default_rng(seed).integers(0, 50, n),
    )


@pytest.fixture
def study() -> SimpleNamespace:
    return make_study()


def _screens() -> dict[str, Callable[..., stats.Estimate]]:
    """Every screen as a function of a study, a way to make arrays, and options."""
    return {
        "linear": lambda s, make, **o: stats.linear_screen(
            make(s.features), make(s.responses), make(s.covariates), **o
        ),
        "logistic": lambda s, make, **o: stats.logistic_screen(
            make(s.features), make(s.outcome), make(s.covariates), **o
        ),
        "cox": lambda s, make, **o: stats.cox_screen(
            make(s.features), make(s.time), make(s.event), make(s.covariates[:, 1:]), **o
        ),
        "cox, strata": lambda s, make, **o: stats.cox_screen(
            make(s.features), make(s.time), make(s.event), make(s.covariates[:, 1:]), strata=make(s.strata), **o
        ),
        "moderated": lambda s, make, **o: stats.moderated_screen(
            make(s.features), make(s.responses), make(s.covariates), **o
        ),
        "linear interaction": lambda s, make, **o: stats.linear_interaction_screen(
            make(s.features), make(s.responses), make(s.covariates), make(s.treatment), **o
        ),
        "logistic interaction": lambda s, make, **o: stats.logistic_interaction_screen(
            make(s.features), make(s.outcome), make(s.covariates), make(s.treatment), **o
        ),
        "cox interaction": lambda s, make, **o: stats.cox_interaction_screen(
            make(s.features), make(s.time), make(s.event), make(s.covariates[:, 1:]), make(s.treatment), **o
        ),
        "cox interaction, strata": lambda s, make, **o: stats.cox_interaction_screen(
            make(s.features), make(s.time), make(s.event), make(s.covariates[:, 1:]), make(s.treatment),
            strata=make(s.strata), **o,
        ),
        "clustered linear": lambda s, make, **o: stats.clustered_linear_screen(
            make(s.features), make(np.nan_to_num(s.responses[:, 0])), make(s.covariates), s.patients, **o
        ),
        "clustered linear interaction": lambda s, make, **o: stats.clustered_linear_screen(
            make(s.features), make(np.nan_to_num(s.responses[:, 0])), make(s.covariates), s.patients,
            treatment=make(s.treatment), **o,
        ),
        "clustered logistic": lambda s, make, **o: stats.clustered_logistic_screen(
            make(s.features), make(s.outcome), make(s.covariates), s.patients, **o
        ),
        "clustered cox, strata": lambda s, make, **o: stats.clustered_cox_screen(
            make(s.features), make(s.time), make(s.event), make(s.covariates[:, 1:]), s.patients,
            strata=make(s.strata), **o,
        ),
        "clustered ordinal": lambda s, make, **o: stats.clustered_ordinal_screen(
            make(s.features), make(s.level), make(s.covariates), s.patients, **o
        ),
        "ordinal": lambda s, make, **o: stats.ordinal_screen(
            make(s.features), make(s.level), make(s.covariates), **o
        ),
        "ordinal interaction": lambda s, make, **o: stats.ordinal_interaction_screen(
            make(s.features), make(s.level), make(s.covariates), make(s.treatment), **o
        ),
    }  # fmt: skip


SCREENS = _screens()


@pytest.fixture(params=list(SCREENS))
def screen(request) -> Callable[..., stats.Estimate]:
    """One screen: ``screen(study, make, **options)``."""
    chosen = SCREENS[request.param]
    chosen.__dict__["title"] = request.param
    return chosen
