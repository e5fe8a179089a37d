"""The device is chosen by one word, and a GPU that was asked for is never silently replaced."""

import builtins

import array_api_strict
import numpy as np
import pytest

from biomarker.arrays import Device, choose_device, device, namespace, to_device, to_host
from biomarker.errors import ConfigError, DeviceError


@pytest.fixture
def no_cupy(monkeypatch):
    """A machine on which cupy cannot be imported."""
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name == "cupy":
            raise ImportError("No module named 'cupy'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_cpu_is_the_cpu():
    assert choose_device("cpu").kind == "cpu"


def test_auto_without_a_gpu_is_the_cpu(no_cupy):
    assert choose_device("auto") == Device("cpu", "cpu")


def test_cuda_without_a_gpu_is_an_error_that_says_why(no_cupy):
    with pytest.raises(DeviceError, match="cupy cannot be imported") as caught:
        choose_device("cuda")
    assert "gpu-cuda12" in caught.value.hint


def test_cuda_with_a_gpu_that_fails_its_kernel_is_an_error(monkeypatch):
    monkeypatch.setattr(device, "_probe_cuda", lambda: ("", "a one-line kernel failed"))
    with pytest.raises(DeviceError, match="one-line kernel failed"):
        choose_device("cuda")


def test_auto_takes_a_gpu_that_works(monkeypatch):
    monkeypatch.setattr(device, "_probe_cuda", lambda: ("Some GPU", None))
    assert choose_device("auto") == Device("cuda", "Some GPU")


@pytest.mark.parametrize("word", ["gpu", "CUDA", "", "cuda:0"])
def test_another_word_is_refused(word):
    with pytest.raises(ConfigError, match="expected cpu, cuda or auto"):
        choose_device(word)


def test_the_host_copy_of_a_numpy_array_is_the_array():
    array = np.arange(3.0)
    assert to_host(array) is array
    assert to_device(array, Device("cpu", "cpu")) is array


def test_the_namespace_is_that_of_the_arrays():
    strict = array_api_strict.asarray([1.0])
    assert namespace(strict) is array_api_strict
    assert namespace(np.ones(1)).asarray([1.0]).sum() == 1.0
    with pytest.raises(TypeError):
        namespace(np.ones(1), strict)
