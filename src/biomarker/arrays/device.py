"""Choice of the device, and moves between it and the host."""

from dataclasses import dataclass
from typing import Any, Literal

import array_api_compat
import array_api_compat.numpy
import numpy as np

from biomarker.errors import ConfigError, DeviceError

__all__ = ["Array", "Device", "choose_device", "namespace", "to_device", "to_host"]

# An array of any backend of the array API standard: there is no common type to name.
Array = Any


@dataclass(frozen=True)
class Device:
    """A compute device that was asked to work and did.

    Attributes
    ----------
    kind : {"cpu", "cuda"}
    name : str
        What the maker calls it; for provenance and logs.
    """

    kind: Literal["cpu", "cuda"]
    name: str


def choose_device(setting: str) -> Device:
    """Device named by the setting ``cpu``, ``cuda`` or ``auto``.

    Parameters
    ----------
    setting : {"cpu", "cuda", "auto"}
        ``auto`` takes a GPU that works and else the CPU; ``cuda`` without a working GPU is an error, never a silent
        fall-back.

    Returns
    -------
    Device

    Raises
    ------
    ConfigError
        Another word.
    DeviceError
        ``cuda`` was asked for and does not work; the message says why.
    """
    if setting not in ("cpu", "cuda", "auto"):
        raise ConfigError(
            f"compute.device is {setting!r}, expected cpu, cuda or auto",
            "Write `compute: {device: auto}` to use a GPU where there is one.",
        )
    if setting == "cpu":
        return Device("cpu", "cpu")
    name, fault = _probe_cuda()
    if fault is None:
        return Device("cuda", name)
    if setting == "cuda":
        raise DeviceError(
            f"compute.device is cuda, but no GPU can be used: {fault}",
            "Install the extra gpu-cuda12 or gpu-cuda13 where there is an NVIDIA GPU, or set compute.device to auto.",
        )
    return Device("cpu", "cpu")


def _probe_cuda() -> tuple[str, str | None]:
    """Name of the first GPU and None, or an empty name and what is missing.

    `is_available` alone does not prove that kernels compile: a cupy wheel without its toolkit lacks the run-time
    compiler. So one small kernel is compiled and run.
    """
    try:
        import cupy
    except ImportError as error:
        return "", f"the package cupy cannot be imported ({error})"
    if not cupy.is_available():
        return "", "the NVIDIA driver reports no device"
    try:
        total = int((cupy.arange(3) ** 2).sum())
        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except (RuntimeError, OSError, ImportError) as error:  # CUDA errors are RuntimeErrors; a missing library an OSError
        return "", f"a one-line kernel failed ({type(error).__name__}: {error})"
    return (name, None) if total == 5 else ("", "a one-line kernel gave a wrong sum")


def namespace(*arrays: Array) -> Any:
    """Array API namespace that the arrays share (numpy, cupy, or a strict test double).

    Raises
    ------
    TypeError
        Arrays of different backends, or none.
    """
    if arrays and all(type(array) is np.ndarray for array in arrays):
        return array_api_compat.numpy  # asked thousands of times by fits of single models: the general way is slow
    return array_api_compat.array_namespace(*arrays)


def to_device(array: Array, device: Device) -> Array:
    """The array on `device`; no copy where it is there already."""
    if device.kind == "cpu":
        return to_host(array)
    import cupy

    return cupy.asarray(array)


def to_host(array: Array) -> np.ndarray[Any, Any]:
    """The array as numpy; no copy where it is numpy already."""
    if array_api_compat.is_cupy_array(array):
        return np.asarray(array.get())
    return np.asarray(array)
