"""Every screen gives on a GPU what it gives on the CPU."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from biomarker.arrays import choose_device, log10_p_chi2, log10_p_normal, log10_p_t, to_device, to_host
from biomarker.errors import DeviceError

pytestmark = pytest.mark.gpu


def _shared():
    """The screens and the study of the unit tests: one list of screens, whatever the device."""
    path = Path(__file__).parents[1] / "unit" / "stats" / "conftest.py"
    spec = importlib.util.spec_from_file_location("screens_of_the_unit_tests", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHARED = _shared()


@pytest.fixture(scope="module")
def gpu():
    try:
        return choose_device("cuda")
    except DeviceError as error:
        pytest.skip(f"no GPU on this machine: {error.message}")


@pytest.mark.parametrize("title", list(SHARED.SCREENS))
def test_a_gpu_gives_the_numbers_of_the_cpu(title, gpu):
    study, screen = SHARED.make_study(), SHARED.SCREENS[title]
    there, here = screen(study, lambda array: to_device(array, gpu)), screen(study, np.asarray)
    for name in ("estimate", "std_error", "statistic", "log10_p"):
        assert_allclose(getattr(there, name), getattr(here, name), rtol=1e-7, atol=1e-12, err_msg=name)
    assert_array_equal(there.status, here.status)
    assert_array_equal(there.n, here.n)


@pytest.mark.parametrize("title", list(SHARED.SCREENS))
def test_single_precision_features_on_a_gpu_are_screened_in_double_precision(title, gpu):
    study, screen = SHARED.make_study(), SHARED.SCREENS[title]
    study.features = study.features.astype(np.float32)
    there, here = screen(study, lambda array: to_device(array, gpu)), screen(study, np.asarray)
    assert_allclose(there.log10_p, here.log10_p, rtol=1e-7)


def test_tail_probabilities_on_a_gpu_equal_those_on_the_cpu(gpu):
    z = np.array([0.0, 0.5, 1.0, 5.0, 37.0, 40.0, 200.0])
    for dof in (3.0, 96.0, 5000.0, np.inf):
        nu = np.full(z.size, dof)
        there = to_host(log10_p_t(to_device(z, gpu), to_device(nu, gpu)))
        assert_allclose(there, log10_p_t(z, nu), rtol=1e-9, atol=1e-12)
    assert_allclose(to_host(log10_p_normal(to_device(z, gpu))), log10_p_normal(z), rtol=1e-9)
    assert_allclose(to_host(log10_p_chi2(to_device(z**2, gpu), 3.0)), log10_p_chi2(z**2, 3.0), rtol=1e-9)
