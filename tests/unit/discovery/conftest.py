"""A small trial with everything that can be missing, and the same trial as the package's types."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from biomarker.arrays import choose_device
from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary, Continuous, Survival
from biomarker.data.matrix import FeatureMatrix
from biomarker.data.treatment import Comparison, Treatment
from biomarker.discovery.method import Limits
from biomarker.discovery.permuted import PermutationSettings
from biomarker.discovery.screen import ScreenSettings
from biomarker.features.filters import FilterSettings

N = 120


def make_study(seed=5, levels=("drug", "placebo")):
    """Plain arrays; every test changes its own copy."""
    rng = np.random.default_rng(seed)
    ids = [f"s{i:03d}" for i in range(N)]
    arms = np.array(levels, dtype=object)[rng.integers(0, len(levels), N)]
    arms[3] = None
    age = rng.normal(60, 10, N)
    age[rng.random(N) < 0.1] = np.nan
    sex = rng.choice(["F", "M", "(missing)"], N, p=[0.5, 0.4, 0.1]).astype(object)
    site = rng.choice(["a", "b", "c"], N).astype(object)
    site[rng.random(N) < 0.05] = None
    latent = rng.standard_normal(N)
    score = 0.8 * latent + 0.4 * (arms == levels[0])
    size = 10 * score + rng.normal(0, 10, N)
    response = (score + rng.standard_normal(N) > 0).astype(float)
    time = np.ceil(rng.exponential(9 * np.exp(0.5 * score)))  # months in whole numbers: many ties
    event = (rng.random(N) < 0.7).astype(float)
    size[rng.random(N) < 0.08] = np.nan
    response[rng.random(N) < 0.1] = np.nan
    lost = rng.random(N) < 0.06
    time[lost], event[lost] = np.nan, np.nan
    return SimpleNamespace(
        ids=ids,
        arms=arms.tolist(),
        age=age,
        sex=sex.tolist(),
        site=site.tolist(),
        endpoints={
            "response": {"type": "binary", "values": response},
            "size": {"type": "continuous", "values": size},
            "pfs": {"type": "survival", "values": time, "event": event},
        },
        modalities={"rna": _rna(rng, ids[:110], latent), "labs": _labs(rng, ids[20:], latent)},
    )


def _single(values):
    """What the disk keeps: single precision."""
    return values.astype(np.float32).astype(np.float64)


def _rna(rng, ids, latent):
    """Twelve features in the subjects of the front, in an order of their own; three have missing values."""
    order = rng.permutation(len(ids))
    x = rng.normal(5, 2, (len(ids), 12))
    x[:, 0] += 2 * latent[: len(ids)]
    x[:, 1] = rng.random(len(ids)) < 0.3
    x[:, 2] = 7.0  # constant
    x[:, 3] = np.nan  # nowhere
    x[:, 4] = 0.0
    x[[10, 40], 4] = 1.0  # two carriers
    x[:, 5] = np.where(np.arange(len(ids)) < 8, x[:, 5], np.nan)  # known in eight of 110
    x[rng.random(len(ids)) < 0.2, 6] = np.nan
    x[rng.random(len(ids)) < 0.2, 7] = np.nan
    x[:, 8] = np.where(np.isnan(x[:, 7]), np.nan, x[:, 8])  # the pattern of another feature
    x[:, 9] = np.exp(x[:, 9])
    x[:, 10] = rng.integers(0, 3, len(ids))
    x[:, 11] = 1e6 + x[:, 11]
    names = [f"g{j}" for j in range(12)]
    return SimpleNamespace(ids=[ids[i] for i in order], names=names, values=_single(x[order]), scale="log2_tpm")


def _labs(rng, ids, latent):
    x = rng.normal(0, 1, (len(ids), 3))
    x[:, 0] += latent[20:]
    x[rng.random(len(ids)) < 0.15, 1] = np.nan
    return SimpleNamespace(ids=ids, names=["ldh", "alb", "g0"], values=_single(x), scale="native")


BETTER = {"response": "event", "size": "higher", "pfs": "longer"}
KINDS = {"binary": Binary, "continuous": Continuous, "survival": Survival}


def make_cohort(study, folder, comparisons=(("drug", "placebo"),), single_arm=False):
    """The same study as the package's types, its matrices written to ``folder``."""
    endpoints = tuple(
        KINDS[e["type"]](
            name=name,
            label=name.upper(),
            better=BETTER[name],
            **{key: np.array(e[key]) for key in ("values", "event") if key in e},
        )
        for name, e in study.endpoints.items()
    )
    matrices = {}
    for name, m in study.modalities.items():
        features = pl.DataFrame({"feature_id": m.names, "label": [f"{x} label" for x in m.names], "unit": ""})
        matrices[name] = FeatureMatrix.write(
            folder / f"{name}.parquet", [m.values], features=features, subject_ids=m.ids, scale=m.scale
        )
    covariates = pl.DataFrame(
        {"age": study.age, "sex": study.sex, "site": pl.Series(study.site, dtype=pl.String)}, nan_to_null=True
    )
    treatment = Treatment(tuple(study.arms), tuple(Comparison(*pair) for pair in comparisons))
    return Cohort(
        subject_ids=tuple(study.ids),
        covariates=covariates,
        endpoints=endpoints,
        treatment=None if single_arm else treatment,
        keep_missing=("age", "sex"),
        matrices=matrices,
    )


def make_settings(**changes):
    chosen = {"min_group": 4, "min_events": 10, "refit": 3, "prespecified": frozenset(), "filters": {}}
    chosen |= {"moderated": "auto", "strata": (), "permutations": 0, "seed": 1} | changes
    return ScreenSettings(
        limits=Limits(min_group=chosen["min_group"], min_events=chosen["min_events"]),
        filters=FilterSettings(**chosen["filters"]),
        refit=chosen["refit"],
        prespecified=frozenset(chosen["prespecified"]),
        moderated=chosen["moderated"],
        strata=chosen["strata"],
        permutations=PermutationSettings(count=chosen["permutations"], seed=chosen["seed"]),
        device=choose_device("cpu"),
    )


@pytest.fixture
def study():
    return make_study()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Of `make_study`, two arms; tests that change something make their own."""
    return make_cohort(make_study(), tmp_path_factory.mktemp("cohort"))
