"""An Estimate refuses what cannot be true."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker.stats import Estimate, Status


def build(effect=((1.0, 2.0),), error=((0.5, 1.0),), status=0, **other):
    options = {"n": 10, "n_events": 0, "status": status, **other}
    return Estimate.from_effects(np.array(effect), np.array(error), options.pop("dof", 8.0), **options)


def replace(result, **arrays):
    return Estimate(**{**{name: getattr(result, name) for name in result.__dataclass_fields__}, **arrays})


def test_statistic_and_p_value_follow_from_effect_and_error():
    result = build()
    assert_allclose(result.statistic, [[2.0, 2.0]])
    assert_allclose(result.p_value, 10**result.log10_p, rtol=1e-14)
    assert_allclose(result.p_value, 0.080516237, rtol=1e-6)  # 2 * pt(-2, 8)


def test_every_status_has_a_reason_and_ok_has_none():
    assert Status.OK.reason == ""
    assert all(status.reason.endswith(".") for status in Status if status != Status.OK)


def test_a_failed_status_leaves_counts_and_no_number():
    result = build(status=[[Status.OK, Status.SEPARATION]])
    assert np.isnan([result.estimate[0, 1], result.dof[0, 1], result.p_value[0, 1], result.log10_p[0, 1]]).all()
    assert result.n[0, 1] == 10


def test_an_effect_that_is_not_finite_is_an_overflow():
    assert build(effect=((np.inf, 1.0),)).status.tolist() == [[Status.OVERFLOW, Status.OK]]
    assert build(error=((0.0, 1.0),)).status.tolist() == [[Status.OVERFLOW, Status.OK]]


def test_a_p_value_that_underflows_keeps_its_logarithm():
    result = build(effect=((40.0, 400.0),), error=((1.0, 1.0),), dof=np.inf)
    assert result.p_value.tolist() == [[0.0, 0.0]]
    assert np.all(np.isfinite(result.log10_p))
    assert result.log10_p[0, 1] < result.log10_p[0, 0] < -349


def test_p_values_outside_0_to_1_are_refused():
    with pytest.raises(ValueError, match="outside"):
        replace(build(), p_value=np.array([[0.5, 1.1]]))


def test_a_number_with_a_failed_status_is_refused():
    with pytest.raises(ValueError, match="NaN elsewhere"):
        replace(build(), status=np.array([[0, 2]], dtype=np.int8))


def test_a_good_status_without_a_number_is_refused():
    with pytest.raises(ValueError, match="NaN elsewhere"):
        replace(build(), estimate=np.array([[1.0, np.nan]]))


def test_shapes_must_agree_and_be_two_dimensional():
    with pytest.raises(ValueError, match="expected"):
        replace(build(), n=np.array([[1]]))
    with pytest.raises(ValueError, match="two-dimensional"):
        build(effect=(1.0, 2.0), error=(1.0, 1.0))


def test_arrays_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        build().estimate[0, 0] = 3.0
