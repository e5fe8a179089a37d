"""What `make` says before it does anything."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_help_names_only_targets_that_exist_and_all_that_a_user_calls():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = set(re.findall(r'@echo "make (\w+)', text))
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    assert told <= targets
    assert targets - told == {"help", "setup", "tiers"}


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("PYTHON=/no/such/python", "Python 3.11 or newer with venv was not found (tried: /no/such/python)"),
        ("OS=Windows_NT", "Native Windows is not supported"),
    ],
)
def test_a_machine_that_cannot_be_set_up_is_told_so_and_nothing_is_left_behind(tmp_path, variable, word):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    made = subprocess.run(["make", "setup", variable], cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 2
    assert word in made.stderr
    assert not (folder / ".venv").exists()
