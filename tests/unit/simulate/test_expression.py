"""The expression matrix has the traits that make real ones hard."""

import numpy as np
import polars as pl
import pytest

from biomarker.simulate.expression import BATCH_BY_SITE, Expression, draw_expression
from biomarker.simulate.subjects import draw_subjects


@pytest.fixture(scope="module")
def site() -> np.ndarray:
    return draw_subjects(240, seed=1).site


@pytest.fixture(scope="module")
def expression(site: np.ndarray) -> Expression:
    return draw_expression(
        site, n_genes=2000, n_pathways=15, n_planted=6, n_stand_ins=2, without_rna=0.05, missing=0.001, seed=1
    )


def _profiled(expression: Expression) -> np.ndarray:
    return expression.measured[:, expression.profiled].astype(float)


def test_values_are_log2_tpm_and_low_genes_have_many_zeros(expression):
    values = _profiled(expression)
    assert np.nanmin(values) == 0.0
    assert 9 < np.nanmax(values) < 16
    zeros = np.nanmean(values == 0, axis=1)
    assert 0.01 < np.mean(zeros > 0.5) < 0.10
    assert np.mean(zeros > 0) > 0.08
    assert np.mean(zeros == 0) > 0.70


def test_planted_genes_and_stand_ins_are_distinct_and_well_expressed(expression):
    roles = np.concatenate([expression.planted, expression.stand_ins.ravel()])
    assert len(set(roles)) == len(roles) == 6 * 3
    assert np.nanmin(np.nanmean(_profiled(expression)[roles], axis=1)) > 3.5
    assert np.all(np.nanmean(_profiled(expression)[roles] == 0, axis=1) == 0)


def test_measurement_follows_the_level_that_acts(expression):
    for row, level in zip(expression.planted, expression.level, strict=True):
        measured = expression.measured[row].astype(float)
        there = np.isfinite(measured)
        assert np.corrcoef(measured[there], level[there])[0, 1] > 0.93


def test_stand_ins_correlate_with_their_gene_and_with_no_other_planted_one(expression):
    values = _profiled(expression)
    complete = np.isfinite(values[np.concatenate([expression.planted, expression.stand_ins.ravel()])]).all(axis=0)
    for i, own in enumerate(expression.stand_ins):
        for row in own:
            correlations = [np.corrcoef(values[row, complete], values[p, complete])[0, 1] for p in expression.planted]
            assert 0.72 < correlations.pop(i) < 0.88
            assert np.abs(correlations).max() < 4 / np.sqrt(228)


def test_genes_move_together_but_never_with_a_planted_gene(expression):
    values = np.nan_to_num(_profiled(expression))
    roles = np.concatenate([expression.planted, expression.stand_ins.ravel()])
    others = np.setdiff1d(np.flatnonzero(values.mean(axis=1) > 2), roles)
    correlation = np.corrcoef(values[np.concatenate([expression.planted, others])])
    among = np.abs(correlation[6:, 6:][np.triu_indices(len(others), 1)])
    assert np.quantile(among, 0.99) > 0.25  # independent genes would give 0.17
    # what is left with planted genes is chance and the batch they share
    assert np.quantile(np.abs(correlation[:6, 6:]), 0.99) < 0.25


def test_batch_goes_partly_with_site():
    chances = np.array(BATCH_BY_SITE)
    assert chances.min() >= 0.2
    assert chances.max() <= 0.8
    assert np.ptp(chances) >= 0.3


def test_missing_cells_and_missing_profiles_are_as_asked(expression):
    assert (~expression.profiled).sum() == 12
    assert np.isnan(expression.measured[:, ~expression.profiled]).all()
    cells = np.isnan(_profiled(expression))
    assert abs(cells.sum() - 0.001 * cells.size) < 4 * np.sqrt(0.001 * cells.size)


def test_columns_are_in_another_order_than_subjects(trial):
    columns = trial.expression.columns[1:]
    assert trial.expression.columns[0] == "gene"
    assert set(columns) < set(trial.subjects["subject_id"])
    assert columns != sorted(columns)
    assert all(dtype == pl.Float32 for dtype in trial.expression.dtypes[1:])
    assert not any(trial.expression[column].is_nan().any() for column in columns)
