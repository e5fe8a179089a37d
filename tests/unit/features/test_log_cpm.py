"""Recipe log_cpm_tmm: fitted on some subjects, applied to any, and nobody's values depend on who else is there."""

import numpy as np
import pytest

from biomarker.data.recipe import Recipe
from biomarker.errors import SchemaError
from biomarker.features.log_cpm import LOG_CPM_TMM

IDS = tuple(f"g{i}" for i in range(200))


@pytest.fixture
def counts() -> np.ndarray:
    rng = np.random.default_rng(5)
    depth = rng.uniform(1e4, 1e5, size=(8, 1))
    shares = rng.gamma(0.8, size=200)
    return rng.poisson(depth * shares / shares.sum()).astype(np.float32)


def fit(values) -> Recipe:
    return Recipe.fit(LOG_CPM_TMM, values, feature_ids=IDS, scale="counts")


def apply(recipe, values) -> np.ndarray:
    return recipe.apply(values, feature_ids=IDS, scale="counts")


def test_a_held_out_subject_changes_no_training_value(counts):
    recipe = fit(counts[:6])
    before = apply(recipe, counts[:6])
    poisoned = counts.copy()
    poisoned[6:] *= 1000
    np.testing.assert_array_equal(apply(recipe, poisoned)[:6], before)


def test_each_subject_alone_is_as_among_others(counts):
    recipe = fit(counts[:6])
    together = apply(recipe, counts)
    for i in range(len(counts)):
        np.testing.assert_array_equal(apply(recipe, counts[i : i + 1])[0], together[i])


def test_values_are_log2_counts_per_million(counts):
    values = apply(fit(counts), counts)
    assert values.shape == counts.shape
    plain = np.log2((counts + 0.5) / counts.sum(axis=1, keepdims=True) * 1e6)
    high = counts > 200
    assert np.abs(values - plain)[high].max() < 0.5
    assert LOG_CPM_TMM.gives == "log2_cpm"


def test_depth_alone_changes_little(counts):
    recipe = fit(counts)
    deep = apply(recipe, counts[:1] * 10)
    high = counts[0] > 200
    np.testing.assert_allclose(deep[0, high], apply(recipe, counts[:1])[0, high], atol=0.05)


def test_only_counts_are_accepted(counts):
    with pytest.raises(SchemaError, match="accepts the scales counts"):
        Recipe.fit(LOG_CPM_TMM, counts, feature_ids=IDS, scale="log2_tpm")


def test_method_is_cited():
    assert "10.1186/gb-2010-11-3-r25" in LOG_CPM_TMM.reference
