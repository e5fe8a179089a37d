"""AUC and Wilcoxon's test beside the logistic screen: whose, and of whom."""

import numpy as np
import polars as pl
from numpy.testing import assert_allclose
from scipy.stats import mannwhitneyu

from biomarker.discovery.analysis import analyses
from biomarker.discovery.screen import screen_modality
from biomarker.stats.auc import auc

from .conftest import make_settings

COLUMNS = ["auc", "auc_low", "auc_high", "p_rank_sum"]


def test_each_tested_feature_of_a_binary_endpoint_has_them_in_its_own_subjects(cohort):
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings(refit=3))
    matrix = cohort.matrices["rna"]
    rows = cohort.rows_of(matrix)
    (analysis,) = analyses(cohort, "prognostic")
    y = cohort.endpoints[0].values[rows]
    part = screen.filter(endpoint="response")
    for j, row in enumerate(part.iter_rows(named=True)):
        if row["status"] != "ok":
            assert row["auc"] is None
            continue
        x = matrix.values[:, j].astype(float)
        known = analysis.used[rows] & ~np.isnan(y) & ~np.isnan(x)
        if np.unique(x[known]).size > 2:  # of two values the law is exact
            want = mannwhitneyu(x[known][y[known] == 1], x[known][y[known] == 0], method="asymptotic")
            assert_allclose(row["p_rank_sum"], want.pvalue, rtol=1e-9)
        if row["p_refit"] is not None:
            area = auc(x[known], y[known], interval="logit")
            assert_allclose([row[n] for n in COLUMNS[:3]], [area.estimate, area.ci_low, area.ci_high], rtol=1e-9)
    assert part["auc_low"].is_not_null().sum() == 3


def test_other_endpoints_and_interactions_have_none(cohort):
    main, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings())
    product, _ = screen_modality(cohort, "rna", "predictive", settings=make_settings())
    for table in (main.filter(pl.col("endpoint") != "response"), product):
        assert all(table[name].null_count() == table.height for name in COLUMNS)
