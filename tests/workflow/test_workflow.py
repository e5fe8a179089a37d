"""What runs again and what does not, equal bytes, use as a module, and what is said when something is wrong.

All runs are of a copy of the project: whoever edits the package meanwhile changes nothing here.
"""

from __future__ import annotations

import re
import resource
import shutil
import time
from pathlib import Path

import pytest
import tiny_study
import yaml
from tiny_study import ONE_MODALITY, ROOT, Project, tables

pytestmark = pytest.mark.timeout(600)

RANKED = {"rank", "effects", "trial", "economics", "report"}
SCREENED = RANKED | {"screen", "null", "stability", "predictive", "account"}
RULES = SCREENED | {"subjects", "endpoints", "ingest", "quality", "features"}
#: Seconds a dry run of the demo may take on an idle machine, and of processor time on one that others use.
DRY_RUN, DRY_RUN_BUSY = 5.0, 10.0


# --- what runs again --------------------------------------------------------------------------------------------------


def test_a_second_run_has_nothing_to_do(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.results.rglob("*.parquet")}
    again = finished.biomarker("run", "study.yaml", "--cores", "1")
    assert again.status == 0
    assert "nothing to be done" in again
    assert "report: " in again
    assert {path: path.stat().st_mtime_ns for path in finished.results.rglob("*.parquet")} == before


def test_bare_snakemake_agrees_that_nothing_is_to_be_done(finished):
    assert "Nothing to be done" in finished.snakemake("--cores", "1")


def test_snakemakes_own_report_shows_the_partners_files_with_the_thresholds_of_the_study(finished, tmp_path):
    made = tmp_path / "report.html"
    run = finished.snakemake("--cores", "1", "--report", made)
    assert run.status == 0, run.out
    text = made.read_text(encoding="utf-8")
    settings = yaml.safe_load(finished.study.read_text(encoding="utf-8"))
    q = settings.get("rank", {}).get("q", 0.05)
    limit = settings.get("report", {}).get("small_cell", 5)
    for part in ("index.html", "report.pdf", "candidates.tsv"):
        assert part in text
    assert f"called at q of at most {q}" in text
    assert f"Counts below {limit} are not shown" in text


def edited(project: Project, section: str, **keys: object) -> None:
    """Change keys of a section of the study file."""
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    content[section] = {**content.get(section, {}), **keys}
    tiny_study.write_study(project.folder, content)


def test_an_edited_comment_reruns_nothing(project):
    text = project.study.read_text(encoding="utf-8")
    project.study.write_text(f"# another comment\n{text}\n# and one at the end\n", encoding="utf-8")
    assert "Nothing to be done" in project.snakemake("--dry-run", "--cores", "1")


def test_another_order_of_the_sections_reruns_nothing(project):
    content = yaml.safe_load(project.study.read_text(encoding="utf-8"))
    tiny_study.write_study(project.folder, dict(reversed(content.items())))
    assert "Nothing to be done" in project.snakemake("--dry-run", "--cores", "1")


@pytest.mark.parametrize(
    ("section", "keys", "rules"),
    [
        pytest.param("screen", {"min_events": 9}, SCREENED, id="screen"),
        pytest.param("features", {"min_variance": 0.01}, SCREENED, id="filter"),
        pytest.param("predictive", {"conditional": 5}, RANKED | {"predictive"}, id="predictive"),
        pytest.param("rank", {"q": 0.2}, RANKED | {"null"}, id="rank"),
        pytest.param("report", {"curves": 2}, RANKED - {"rank"}, id="report"),
        pytest.param("trial", {"power": 0.8}, {"trial", "economics", "report"}, id="trial"),
        pytest.param("economics", {"wtp": 20_000}, {"trial", "economics", "report"}, id="economics"),
        pytest.param("study", {"title": "Another title"}, {"report"}, id="title"),
        pytest.param("compute", {"device": "cpu"}, set(), id="device"),
        pytest.param("subjects", {"covariates": []}, RULES - {"ingest"}, id="covariates"),
    ],
)
def test_one_changed_setting_reruns_what_reads_it_and_what_follows(project, section, keys, rules):
    edited(project, section, **keys)
    assert project.would_run() == rules


def test_a_changed_input_reruns_what_reads_it_and_what_follows(project):
    path = project.folder / "markers.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], *reversed(lines[1:]), ""]), encoding="utf-8")
    assert project.would_run() == SCREENED | {"ingest", "quality", "features"}


@pytest.mark.parametrize(
    ("file", "comment", "rules"),
    [
        ("discovery/curves.py", "# a change", RANKED - {"rank"}),
        ("economics/budget.py", "# a change", {"trial", "economics", "report"}),
        ("stats/cox.py", "# a change", RULES - {"subjects", "endpoints", "ingest"}),
        ("report/page/style.css", "/* a change */", {"report"}),
        ("operate/follow.py", "# a change", set()),
    ],
)
def test_changed_package_code_reruns_what_uses_it_and_what_follows(project, file, comment, rules, tmp_path):
    changed = Project(tmp_path / "changed", project.folder)
    shutil.copytree(project.code, changed.code)
    assert changed.would_run() == set(), "a copy of the code elsewhere is the same code"
    with (changed.code / "src" / "biomarker" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{comment}\n")
    assert changed.would_run() == rules


def test_bare_snakemake_makes_what_is_missing_though_what_follows_from_it_is_there(project):
    """Else a rerun that is killed after it put away the old file would leave the old report, said to be up to date."""
    (project.results / "ingest" / "markers.parquet").unlink()
    assert {"ingest", "features", "screen", "rank", "report"} <= project.would_run()


# --- equal bytes ------------------------------------------------------------------------------------------------------


def test_one_core_and_another_folder_give_the_same_bytes(finished, tmp_path):
    elsewhere = tmp_path / "far" / "away"
    elsewhere.mkdir(parents=True)
    run = finished.biomarker("run", finished.study, "--cores", "1", "--directory", elsewhere)
    assert run.status == 0, run.out
    theirs, ours = tables(elsewhere / "results" / "tiny"), tables(finished.results)
    assert len(ours) >= 15
    assert theirs.keys() == ours.keys()
    assert [name for name in ours if theirs[name] != ours[name]] == []


# --- the demo ---------------------------------------------------------------------------------------------------------


def processor_seconds() -> float:
    """Of the commands run so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_dry_run_of_the_demo_is_quick_and_has_at_most_32_jobs(finished, tmp_path):
    clock, before = time.monotonic(), processor_seconds()
    dry = tiny_study.command(
        "snakemake", "--snakefile", finished.code / "workflow" / "Snakefile", "--dry-run", "--cores", "1",
        cwd=tmp_path, **finished.environment,
    )  # fmt: skip
    seconds, own = time.monotonic() - clock, processor_seconds() - before
    assert dry.status == 0, dry.out
    print(f"\ndry run of the demo: {seconds:.1f} s ({own:.1f} s of the processor) of {DRY_RUN:.0f} s")
    jobs = int(re.search(r"^total +(\d+)$", dry.out, re.MULTILINE)[1])
    assert 10 <= jobs <= 32
    assert own < DRY_RUN_BUSY
    assert list((tmp_path).glob("results")) == [], "a dry run writes no results"


# --- as a module ------------------------------------------------------------------------------------------------------


def outer_workflow(folder: Path, code: Path, *, prefix: str) -> None:
    """Somebody else's workflow, with settings and files of its own, that uses this one."""
    folder.mkdir()
    tiny_study.write_files(folder, subjects=60, features=30)
    content = tiny_study.settings(modalities=ONE_MODALITY)
    (folder / "config.yaml").write_text(yaml.safe_dump({"theirs": 1, "discovery": content}), encoding="utf-8")
    lines = [
        'configfile: "config.yaml"',
        "module discovery:",
        f"    snakefile: {str(code / 'workflow' / 'Snakefile')!r}",
        '    config: config["discovery"]',
        f"    prefix: {prefix!r}" if prefix else "",
        "use rule * from discovery as discovery_*",
        "rule summary:",
        "    default_target: True",
        "    input: rules.discovery_rank.output.tsv",
        '    output: "summary.txt"',
        '    shell: "head -n 3 {input:q} > {output}"',
        "",
    ]
    (folder / "Snakefile").write_text("\n".join(lines), encoding="utf-8")


def test_another_workflow_uses_it_as_a_module(finished, tmp_path):
    outer_workflow(tmp_path / "outer", finished.code, prefix="")
    dry = tiny_study.command("snakemake", "--dry-run", "--cores", "1", cwd=tmp_path / "outer")
    assert dry.status == 0, dry.out
    rules = set(re.findall(r"^rule (\w+):$", dry.out, re.MULTILINE))
    asked = RULES - RANKED - {"account", "null"} | {"rank"}
    assert rules == {"summary", *(f"discovery_{rule}" for rule in asked)}


@pytest.mark.slow
def test_another_workflow_runs_it_with_its_results_under_a_prefix(finished, tmp_path):
    outer = tmp_path / "outer"
    outer_workflow(outer, finished.code, prefix="found")
    run = tiny_study.command("snakemake", "--cores", "2", cwd=outer)
    assert run.status == 0, run.out
    assert (outer / "summary.txt").read_text(encoding="utf-8").count("\n") == 3
    ours, theirs = tables(finished.results), tables(outer / "found" / "results" / "tiny")
    assert theirs["candidates.tsv"].count(b"\n") == ours["candidates.tsv"].count(b"\n")
    assert not (outer / "results").exists()


def test_a_simulated_study_can_be_planned_as_a_module_with_a_prefix(finished, tmp_path):
    (tmp_path / "Snakefile").write_text(
        f'configfile: "{ROOT / "config" / "config.yaml"}"\n'
        f"module demo:\n    snakefile: {str(finished.code / 'workflow' / 'Snakefile')!r}\n    config: config\n"
        '    prefix: "found"\nuse rule * from demo as demo_*\n',
        encoding="utf-8",
    )
    dry = tiny_study.command("snakemake", "--dry-run", "--cores", "1", "demo_all", cwd=tmp_path)
    assert dry.status == 0, dry.out
    assert "found/results/demo/simulated/labs.csv" in dry


# --- what is said when the study file is wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "content", "words"),
    [
        ("rank", {"qq": 0.1}, "qq"),
        ("rank", {"q": "low"}, "'low'"),
        ("screen", None, "Empty section: screen"),
        ("screen", {"prespecified": [f"markers:m{i}" for i in range(201)]}, "lists 201 entries; more than 200"),
    ],
)
def test_bare_snakemake_says_the_fault_and_what_to_run(finished, tmp_path, section, content, words):
    study = yaml.safe_load(finished.study.read_text(encoding="utf-8")) | {section: content}
    project = Project(finished.code, tmp_path)
    tiny_study.write_study(tmp_path, study)
    run = project.snakemake("--cores", "1")
    assert run.status == 1
    assert words in run
    assert f"run: biomarker check {project.study}" in run
    assert "Traceback" not in run
    assert "$defs" not in run, "the schema itself is not for people"
    assert not (tmp_path / "results").exists()


def test_bare_snakemake_runs_the_full_check_before_the_first_job(finished, tmp_path):
    """What the schema cannot say, the first step says."""
    study = yaml.safe_load(finished.study.read_text(encoding="utf-8"))
    study["endpoints"][1]["name"] = study["endpoints"][0]["name"]
    for name in tiny_study.FILES:
        shutil.copy(finished.folder / name, tmp_path)
    tiny_study.write_study(tmp_path, study)
    run = Project(finished.code, tmp_path).snakemake("--cores", "1")
    assert run.status == 1
    assert "response" in run
    assert not (tmp_path / "results" / "tiny" / "cohort").exists()


# --- the rules --------------------------------------------------------------------------------------------------------


def rules_of(path: Path) -> dict[str, str]:
    """Text of each rule of a file."""
    parts = re.split(r"^ *rule (\w+):$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_rule_has_a_log_a_benchmark_threads_memory_time_and_one_command():
    rules = {name: text for path in (ROOT / "rules").glob("*.smk") for name, text in rules_of(path).items()}
    # the negative control is the screen, used again
    assert rules.keys() == RULES - {"null"} | {"simulate", "formula", "formula_search", "landmark", "replicate"}
    for name, text in rules.items():
        directives = set(re.findall(r"^    (\w+):", text, re.MULTILINE))
        assert {"output", "log", "benchmark", "conda", "threads", "resources", "params", "shell"} <= directives, name
        assert not {"run", "script", "notebook"} & directives, name
        assert re.search(r"mem_mb=.*\n.*runtime=", text), name
        assert f'stage("{name}")' in text or f'stage="{name}"' in text
        assert f'code_digest("{name}")' in text


def test_the_workflow_file_is_short_and_functions_stand_in_one_file():
    assert len((ROOT / "workflow" / "Snakefile").read_text(encoding="utf-8").splitlines()) < 80
    assert len((ROOT / "rules" / "common.smk").read_text(encoding="utf-8").splitlines()) < 200
    for path in (ROOT / "rules").glob("*.smk"):
        defines = re.search(r"^\s*def ", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert (defines is not None) == (path.name == "common.smk"), path.name
