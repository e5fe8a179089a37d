"""The wheel alone, in an empty environment and far from any checkout, runs the demo study."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.wheel, pytest.mark.timeout(480)]

CARRIED = ("workflow", "rules", "config", "resources", "environment.yml")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command with nothing of this environment in reach; the test fails with the command's words."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL", "CONDA"))}
    here = str(Path(sys.executable).parent)
    kept["PATH"] = os.pathsep.join(part for part in kept["PATH"].split(os.pathsep) if part != here)
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, f"{command}\n{finished.stdout[-4000:]}\n{finished.stderr[-8000:]}"
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built offline from the unpacked source distribution and so from nothing that it leaves out."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    source = next((folder / "unpacked").iterdir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=source)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_the_workflow_as_it_lies_in_the_checkout_and_no_tests(wheel):
    tracked = run("git", "ls-files", "-z", *CARRIED, "src/biomarker", cwd=ROOT).split("\0")
    wanted = {
        name.removeprefix("src/") if name.startswith("src/") else f"biomarker/_project/{name}"
        for name in tracked
        if name
    }
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        licence = next(name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert b"Apache License" in archive.read(licence)
    # Something not committed yet may lie beside; nothing that is committed may be missing
    assert wanted <= files
    assert {name.split("/")[0] for name in files} == {"biomarker"}
    assert "biomarker/_project/workflow/Snakefile" in files


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs of an environment that holds the wheel and what it asks for, in a folder with blanks."""
    elsewhere = tmp_path_factory.mktemp("installed") / "a folder with spaces"
    elsewhere.mkdir()
    environment = elsewhere / "empty environment"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    run(*uv, "venv", "--system-certs", "--python", sys.executable, environment, cwd=elsewhere)
    # Only what the package itself asks for: a test's or a developer's package that the demo needs would be missed here
    run(
        *uv, "pip", "install", "--system-certs", "--python", environment / "bin" / "python",
        "--constraint", ROOT / "requirements.lock", f"biomarker[cpu] @ {wheel.as_uri()}",
        cwd=elsewhere,
    )  # fmt: skip
    where = run(environment / "bin" / "python", "-c", "import biomarker; print(biomarker.__file__)", cwd=elsewhere)
    assert Path(where.strip()).is_relative_to(environment)
    return environment / "bin"


def test_the_wheel_installed_into_an_empty_environment_runs_the_demo(installed, tmp_path):
    run(installed / "biomarker", "run", "--cores", "2", cwd=tmp_path)
    results = tmp_path / "results" / "demo"
    assert (results / "report" / "index.html").stat().st_size > 0
    finds_what_was_planted(results)


def finds_what_was_planted(results: Path) -> None:
    """The demo's predictive markers are among the first ten of their list; no prognostic one is called predictive."""
    truth = json.loads((results / "simulated" / "truth.json").read_text(encoding="utf-8"))["planted"]
    candidates = pl.read_parquet(results / "candidates.parquet").filter(contrast="predictive")
    markers = pl.read_parquet(results / "predictive" / "markers.parquet")
    predictive = [one for one in truth if one["role"] == "predictive"]
    prognostic = [one for one in truth if one["contrast"] == "prognostic" and one["role"] != "trace"]
    assert len(predictive) == 4
    assert len(prognostic) >= 10
    for one in predictive:
        own = candidates.filter(planted(one), endpoint=one["endpoint"])
        assert own["rank"].min() <= 10, one["feature_id"]
    for one in prognostic:
        assert candidates.filter(planted(one), pl.col("q_value") <= 0.05).is_empty(), one["feature_id"]
        own = markers.filter(modality=one["modality"], feature_id=one["feature_id"])
        assert own.filter((pl.col("q_marginal") <= 0.05) | (pl.col("q_conditional") <= 0.05)).is_empty()


def planted(one: dict) -> pl.Expr:
    """A planted marker among candidates; a laboratory test by its baseline."""
    name = f"{one['modality']}:{one['feature_id']}"
    return pl.col("candidate_id").is_in([name, f"{name}.baseline"])


def test_the_installed_wheel_runs_a_real_study_with_nothing_to_download(installed, tmp_path):
    find = "from biomarker.provenance import project_folder; print(project_folder() / 'config/studies/gbsg2.yaml')"
    study = Path(run(installed / "python", "-c", find, cwd=tmp_path).strip())
    assert study.is_relative_to(installed.parent)
    run(installed / "biomarker", "run", study, "--cores", "2", cwd=tmp_path)
    report = tmp_path / "results" / "gbsg2" / "report" / "index.html"
    assert "hormone therapy" in report.read_text(encoding="utf-8")
