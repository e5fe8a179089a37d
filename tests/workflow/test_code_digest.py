"""The digest of code that each rule carries: what its stage can run, all of it and not much more."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tiny_study
from tiny_study import ROOT

STAGES = sorted(
    path.stem for path in (ROOT / "src/biomarker/stages").glob("*.py") if path.stem not in ("__init__", "job")
)

#: The stages of a study that asks for formulas.
FORMULA = {"formula", "formula_search"}
#: Those that test or search features.
SCREENS = {"screen", "null", "stability", "landmark", "predictive", "effects", "replicate"}
USES_STATISTICS = SCREENS | {"rank", "features", "quality", "trial", "economics"} | FORMULA


def functions_of_rules(project: Path) -> dict[str, Any]:
    """The functions of ``rules/common.smk``, which is plain Python once Snakemake's names are there."""
    code = (project / "rules" / "common.smk").read_text(encoding="utf-8")
    workflow = SimpleNamespace(
        basedir=str(project / "workflow"), current_basedir=str(project / "rules"), configfiles=[]
    )
    names: dict[str, Any] = {"workflow": workflow, "config": {}, "WorkflowError": ValueError}
    exec(compile(code, "common.smk", "exec"), names)
    return names


@pytest.fixture(scope="module")
def files_of() -> dict[str, set[str]]:
    """Files that the digest of each stage is of, relative to the package."""
    functions = functions_of_rules(ROOT)
    found = {stage: functions["import_closure"](f"biomarker.stages.{stage}") for stage in STAGES}
    return {
        stage: {
            str(path.relative_to(ROOT / "src" / "biomarker")) for path in closure | functions["data_files"](closure)
        }
        for stage, closure in found.items()
    }


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        # The statistics are one package, loaded as one
        ("stats/kaplan_meier.py", USES_STATISTICS),
        ("stats/tmm.py", USES_STATISTICS - {"trial"}),
        ("discovery/rank.py", {"rank", "landmark", "replicate"}),
        ("discovery/registry.py", SCREENS | FORMULA),
        ("discovery/curves.py", {"effects"}),
        ("ingest/registry.py", {"ingest"}),
        ("ingest/units.py", {"endpoints", "ingest", "quality", "subjects"}),  # OMOP and FHIR make subjects
        ("features/registry.py", USES_STATISTICS - {"trial"}),
        ("quality/judge.py", {"quality"}),
        ("report/sections/registry.py", {"report"}),
        ("report/page/page.html.j2", {"report"}),
        ("simulate/trial.py", {"simulate"}),
        ("stats/pairs/scan.py", FORMULA),
        ("discovery/formula/shapes.py", FORMULA | {"effects", "replicate", "economics"}),
        ("data/tables.py", {"account", "endpoints", "features", "ingest", "quality", "rank", "report", "subjects",
                            "trial", "economics"} | SCREENS | FORMULA),
        ("errors.py", set(STAGES)),
        ("stages/job.py", set(STAGES)),
        ("operate/run.py", set()),
        ("cli/check.py", set()),
    ],
)  # fmt: skip
def test_the_digest_is_of_all_files_that_a_stage_can_run_and_of_no_others(files_of, file, stages):
    assert (ROOT / "src" / "biomarker" / file).is_file()
    assert {stage for stage in STAGES if file in files_of[stage]} == stages


def test_no_stage_takes_in_the_whole_package(files_of):
    package = len(list((ROOT / "src" / "biomarker").rglob("*.py")))
    for stage, files in files_of.items():
        assert len(files) < package / 2, stage


def test_the_digest_changes_with_a_name_or_a_content_and_not_with_the_place(tmp_path):
    one = tiny_study.project_copy(tmp_path / "one")
    other = tiny_study.project_copy(tmp_path / "another place" / "another name")

    def digest(project: Path) -> str:
        return functions_of_rules(project)["code_digest"]("account")

    before = digest(one)
    assert digest(other) == before
    errors = other / "src" / "biomarker" / "errors.py"
    errors.write_text(errors.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert digest(other) != before


LOADED = """
import json, sys
from biomarker.cli.app import main
status = main(sys.argv[1:])
print(json.dumps([status, sorted(name for name in sys.modules if name.split(".")[0] == "biomarker")]))
"""


@pytest.mark.timeout(400)
def test_the_closure_of_each_stage_holds_every_module_that_it_really_loads(finished):
    """Each job of a finished run, once more and in a process of its own, as its log would have a person do it."""
    closure = functions_of_rules(finished.code)["import_closure"]
    dry = finished.snakemake("--dry-run", "--forceall", "--cores", "1")
    commands = re.findall(r"^Shell command: .*?biomarker (stage (\w+) .*?) 2> ", dry.out, re.MULTILINE)
    assert {stage for _, stage in commands} == set(STAGES) - {
        "simulate",
        "landmark",
        "replicate",
    } - FORMULA  # its study asks for none
    for stage, command in {stage: command for command, stage in commands}.items():
        loaded = subprocess.run(
            [sys.executable, "-c", LOADED, *shlex.split(command)],
            cwd=finished.folder,
            env={**os.environ, **finished.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert loaded.returncode == 0, loaded.stderr
        status, modules = json.loads(loaded.stdout.splitlines()[-1])
        assert status == 0, loaded.stderr
        covered = {
            ".".join(path.relative_to(finished.code / "src").with_suffix("").parts).removesuffix(".__init__")
            for path in closure(f"biomarker.stages.{stage}")
        }
        # The other verbs of the command line are loaded beside `stage` and have no part in a result
        assert {name for name in modules if not name.startswith("biomarker.cli")} <= covered, stage
