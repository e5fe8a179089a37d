"""Batches corrected as a recipe: who takes part, what a fold learns, and what becomes of a batch and of a marker."""

import numpy as np
import polars as pl
import pytest

from biomarker.data.cohort import Cohort
from biomarker.data.endpoint import Binary
from biomarker.data.matrix import FeatureMatrix, FeatureValues
from biomarker.data.recipe import Recipe
from biomarker.discovery.markers import fitted_recipes, transformed_blocks
from biomarker.discovery.screen import screen_modality
from biomarker.errors import BiomarkerError, ConfigError, InsufficientDataError, SchemaError
from biomarker.features.batched import NO_BATCH, SMALL_BATCH, with_batch_correction
from biomarker.features.builder import BuilderSettings
from biomarker.features.combat import learned_batches
from biomarker.features.matrix import build_matrix
from biomarker.features.registry import TRANSFORMS

from ..discovery.conftest import make_settings

N, P = 120, 60
IDS = tuple(f"s{i:03d}" for i in range(N))
MARKER, SPOILED = "g0", "g1"


def study(seed=0, scale="log2"):
    """120 subjects in three batches; the second has most responders; g0 tells who responds, g1 only the batch."""
    draw = np.random.default_rng(seed)
    batch = np.repeat(["A", "B", "C"], 40)
    response = (draw.random(N) < np.where(batch == "B", 0.75, 0.25)).astype(float)
    values = draw.normal(8, 1, (N, P))
    values[:, 0] += 1.8 * response
    values += np.where(batch == "B", 1, 0)[:, None] * draw.normal(0, 1.5, P)
    values[:, 1] = draw.normal(8, 0.4, N) + 2.5 * (batch == "B")
    if scale == "counts":
        values = draw.poisson(2.0**values).astype(float)
    return values, dict(zip(IDS, batch.tolist(), strict=True)), response


def built(values, labels, ids=IDS, scale="log2"):
    names = [f"g{j}" for j in range(values.shape[1])]
    table = pl.DataFrame({"feature_id": names, "label": names, "unit": ""})
    whole = build_matrix(
        FeatureValues(values, table, ids, scale), BuilderSettings(), subjects=pl.DataFrame({"subject_id": IDS})
    )
    return whole if labels is None else with_batch_correction(whole, labels, modality="rna")


def p_values(matrix, response):
    endpoint = Binary("response", "Response", response)
    cohort = Cohort(IDS, pl.DataFrame(height=N), (endpoint,), matrices={"rna": matrix})
    table, _ = screen_modality(cohort, "rna", "response", settings=make_settings())
    return dict(table.select("feature_id", "p_value").iter_rows())


@pytest.mark.parametrize("scale", ["log2", "counts"])
def test_what_a_batch_alone_made_is_no_discovery_and_a_marker_stays_one(tmp_path, scale):
    values, labels, response = study(scale=scale)
    as_it_is = p_values(built(values, None, scale=scale).values.write(tmp_path / "plain.parquet"), response)
    mended = p_values(built(values, labels, scale=scale).values.write(tmp_path / "mended.parquet"), response)
    assert as_it_is[SPOILED] < 1e-5
    assert mended[SPOILED] > 0.05
    assert mended[MARKER] < 1e-6
    others = [f"g{j}" for j in range(2, P)]
    found = [np.mean([table[g] < 0.01 for g in others]) for table in (as_it_is, mended)]
    assert found[0] > 0.3
    assert found[1] < 0.05


def test_recipes_are_named_in_order_and_batches_stored(tmp_path):
    values, labels, _ = study(scale="counts")
    matrix = built(values, labels, scale="counts").values.write(tmp_path / "m.parquet")
    assert matrix.recipes == ("log_cpm_tmm", "combat_log2_cpm")
    again = FeatureMatrix.open(matrix.path)
    assert (again.batches, again.checksum) == (tuple(labels.values()), matrix.checksum)
    again.verify()
    other = built(values, {s: "ABC"[i % 3] for i, s in enumerate(IDS)}, scale="counts").values
    assert other.write(tmp_path / "o.parquet").checksum != matrix.checksum


def test_a_subject_outside_the_fold_changes_nothing_that_was_learned(tmp_path):
    values, labels, _ = study()
    fold = np.arange(N) % 5 != 0
    learned = []
    for k, spoiled in enumerate((values, np.where(fold[:, None], values, 1e6))):
        matrix = built(spoiled, labels).values.write(tmp_path / f"{k}.parquet")
        (recipe,) = fitted_recipes(matrix, fold)
        learned.append(recipe.state)
        ((_, after),) = transformed_blocks(matrix, fold)
        assert np.isfinite(after).all()
    assert all(np.array_equal(learned[0][name], learned[1][name]) for name in learned[0])


def test_a_batch_that_a_fold_lacks_is_missing_there_and_not_guessed(tmp_path):
    values, labels, _ = study()
    matrix = built(values, labels).values.write(tmp_path / "m.parquet")
    batch = np.array(matrix.batches)
    (recipe,) = fitted_recipes(matrix, batch != "C")
    assert learned_batches(recipe.state) == ("A", "B")
    ((_, after),) = transformed_blocks(matrix, batch != "C")
    assert np.array_equal(np.isnan(after).all(axis=1), batch == "C")
    ((_, alone),) = transformed_blocks(matrix, batch == "A")
    assert np.array_equal(alone[batch == "A"], matrix.values[batch == "A"].astype(float))
    assert np.isnan(alone[batch != "A"]).all()


def test_subjects_without_a_batch_or_in_a_small_one_are_counted_and_left_out():
    values, labels, _ = study()
    labels = {**labels, IDS[0]: "D", IDS[1]: "D"}
    del labels[IDS[5]]
    got = built(values, labels)
    assert got.matching.excluded == {NO_BATCH: 1, SMALL_BATCH: 2}
    assert got.matching.used == N - 3 == len(got.values.subject_ids) == len(got.values.values)
    assert not {IDS[0], IDS[1], IDS[5]} & set(got.values.subject_ids)
    assert got.values.batches == tuple(labels[s] for s in got.values.subject_ids)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"scale": "native"}, ConfigError, r"quality\.batches\.rna\.correct: combat, and the values are on the scale"),
        ({"scale": "tpm"}, ConfigError, "on the scale tpm"),
        ({"columns": 6}, InsufficientDataError, "rna has 6 features; expected 10"),
        ({"labels": {"x": "A"}}, InsufficientDataError, "0 batches of rna have 5 subjects; 120 of 120 subjects are in"),
        ({"labels": dict.fromkeys(IDS, "A")}, InsufficientDataError, "1 batches of rna have 5 subjects"),
    ],
)
def test_what_cannot_be_corrected_is_refused_in_words(change, error, words):
    values, labels, _ = study()
    with pytest.raises(error, match=words) as caught:
        built(values[:, : change.get("columns", P)], change.get("labels", labels), scale=change.get("scale", "log2"))
    assert caught.value.hint
    assert not any(subject in f"{caught.value.message}{caught.value.hint}" for subject in IDS)


def test_precision_weights_of_counts_are_refused_beside_it(tmp_path):
    values, labels, response = study(scale="counts")
    matrix = built(values, labels, scale="counts").values.write(tmp_path / "m.parquet")
    cohort = Cohort(IDS, pl.DataFrame(height=N), (Binary("r", "R", response),), matrices={"rna": matrix})
    with pytest.raises(ConfigError, match=r"voom, and quality\.batches\.rna"):
        screen_modality(cohort, "rna", "response", settings=make_settings(moderated="voom"))


def test_a_recipe_of_batches_asks_for_them():
    values, _, _ = study()
    names = [f"g{j}" for j in range(P)]
    with pytest.raises(SchemaError, match="needs the batch of each of the 120 subjects, and 0 are known") as caught:
        Recipe.fit(TRANSFORMS["combat_log2"], values, feature_ids=names, scale="log2")
    assert isinstance(caught.value, BiomarkerError)
