"""Simulated studies are decided on a GPU as on the CPU."""

import pytest
from numpy.testing import assert_allclose

from biomarker import trial
from biomarker.arrays import choose_device
from biomarker.errors import DeviceError
from biomarker.rng import stream

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("looks", [False, True])
def test_a_gpu_decides_the_same_studies_as_the_cpu(looks):
    try:
        gpu = choose_device("cuda")
    except DeviceError as error:
        pytest.skip(f"no GPU on this machine: {error.message}")
    truth = trial.Scenario(0.08, 0.6, 1.0, prevalence=0.35, accrual=24)
    choices = {"looks": trial.group_sequential(information=3), "analysis": "closed"} if looks else {}
    here, there = (
        trial.simulate_survival(truth, n=300, events=200, trials=5000, rng=stream(1, "gpu"), device=device, **choices)
        for device in (None, gpu)
    )
    assert there.power == here.power
    assert_allclose(there.events, here.events)
    assert_allclose(there.duration, here.duration, rtol=1e-12)
