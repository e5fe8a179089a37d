"""Write environment.yml, for users of conda, from pyproject.toml and requirements.lock: `make lock` does it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# Extras that are not in the lock: other builds of the same module, or not permissive (docs/LICENCES.md)
NOT_LOCKED = frozenset({"gpu-cuda12", "gpu-cuda13", "imaging"})
# Developers use make; a conda environment runs studies, also as the environment of the workflow's own jobs
LEFT_OUT = NOT_LOCKED | {"dev"}

# What the channels call it, where that is another name
CONDA_NAMES = {"duckdb": "python-duckdb", "xgboost-cpu": "xgboost"}

# Not in the channels, or another thing under the same name there (typst: the program, not the Python module)
ONLY_PYPI = {"decoupler", "rocrate", "typst", "ucumvert"}

# The markers of the environment that conda makes
CONDA = {"python_version": "3.11", "python_full_version": "3.11.15", "sys_platform": "linux", "os_name": "posix"}

HEADER = """\
# For users of conda: the same pins as requirements.lock. Made by `make lock`; do not edit.
#   conda env create --file environment.yml && conda activate biomarker && pip install --no-deps .
# The rules of the workflow name it too, for `--software-deployment-method conda`.
# What is tested is `make`, which needs no conda; this file is kept in step with it.
name: biomarker
channels:
  - conda-forge
  - bioconda
  - nodefaults
dependencies:
  - python=3.11
  - pip
"""


def direct_dependencies(left_out: frozenset[str] = LEFT_OUT) -> dict[str, list[str]]:
    """The names of the packages asked for in pyproject.toml, by extra; the core under an empty name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        extra: sorted(canonicalize_name(Requirement(text).name) for text in asked)
        for extra, asked in groups.items()
        if extra not in left_out and asked
    }


def locked_versions(machine: dict[str, str] = CONDA) -> dict[str, str]:
    """The version of each package in requirements.lock that holds on a machine with these environment markers."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line[:1].isalnum()]
    return {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in pins
        if not pin.marker or pin.marker.evaluate(machine)
    }


def environment() -> str:
    """The text of environment.yml."""
    versions = locked_versions()
    text, from_pypi = HEADER, []
    for extra, names in direct_dependencies().items():
        text += f"  # extra {extra}\n" if extra else ""
        for name in names:
            if name in ONLY_PYPI:
                from_pypi.append(f"      - {name}=={versions[name]}\n")
            else:
                text += f"  - {CONDA_NAMES.get(name, name)}={versions[name]}\n"
    return text + "  # not in the channels\n  - pip:\n" + "".join(sorted(from_pypi))


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
