"""A feature that tells the outcome apart perfectly has a finite estimate, a test and an interval, and says so."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import stats
from biomarker.data.tables import Screen
from biomarker.discovery.analysis import analyses
from biomarker.discovery.leaders import varying
from biomarker.discovery.screen import screen_modality

from .conftest import make_cohort, make_settings, make_study


@pytest.fixture
def separated(tmp_path):
    """All carriers of g1 respond, and none of them has an event."""
    study = make_study()
    rna = study.modalities["rna"]
    carriers = {rna.ids[i] for i in np.flatnonzero(rna.values[:, 1] == 1)}
    for row, name in enumerate(study.ids):
        if name in carriers:
            study.endpoints["response"]["values"][row] = 1.0
            pfs = study.endpoints["pfs"]
            pfs["event"][row] = np.where(np.isnan(pfs["values"][row]), np.nan, 0.0)
    return make_cohort(study, tmp_path)


@pytest.mark.parametrize("endpoint", ["response", "pfs"])
def test_its_refit_is_firths(separated, endpoint):
    screen, _ = screen_modality(separated, "rna", "prognostic", settings=make_settings(refit=12))
    Screen.validate(screen)
    (got,) = screen.filter(endpoint=endpoint, feature_id="g1").rows(named=True)
    assert (got["status"], got["refit_method"], got["refit_status"]) == ("ok", "Firth", "separation")

    matrix = separated.matrices["rna"]
    rows = separated.rows_of(matrix)
    (analysis,) = analyses(separated, "prognostic")
    outcome = next(e for e in separated.endpoints if e.name == endpoint)
    used = analysis.used[rows] & outcome.known[rows]
    adjust = varying(analysis.covariates[rows][used], None)
    design = np.column_stack([np.ones(used.sum()), adjust, matrix.values[used, 1]])
    values = outcome.values[rows][used]
    if endpoint == "response":
        want = stats.firth_logistic_fit(design, values)
    else:
        want = stats.firth_cox_fit(design[:, 1:], values, outcome.event[rows][used])
    assert_allclose(
        [got[name] for name in ("refit_estimate", "refit_std_error", "refit_low", "refit_high", "p_refit")],
        [want.coefficients[-1], want.std_error, want.low, want.high, want.p_value],
        rtol=1e-6,
    )
    others = screen.filter(endpoint=endpoint, feature_id="g0")
    assert others["refit_low"].null_count() == 1 or others["refit_method"].to_list() == ["Firth"]


def test_a_covariate_that_tells_apart_is_not_held_against_the_feature(tmp_path):
    study = make_study()
    for row, site in enumerate(study.site):
        if site == "c":
            study.endpoints["response"]["values"][row] = 1.0
    cohort = make_cohort(study, tmp_path)
    screen, _ = screen_modality(cohort, "rna", "prognostic", settings=make_settings(refit=12))
    (got,) = screen.filter(endpoint="response", feature_id="g0").rows(named=True)
    assert (got["refit_method"], got["refit_status"]) == ("Firth", "ok")
    assert got["refit_low"] < got["refit_estimate"] < got["refit_high"]
