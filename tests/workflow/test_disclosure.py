"""Subjects renamed to tokens that nothing else could hold: none of them is in any file of the report."""

from __future__ import annotations

import random
import re
import string
import subprocess
import zipfile
from pathlib import Path

import pytest
import tiny_study
from tiny_study import MARK, ONE_MODALITY, Project

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def renamed(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """The finished study with 16 random characters for each subject's id, run with both editions."""
    folder = tmp_path_factory.mktemp("renamed") / "a study"
    folder.mkdir()
    tiny_study.write_files(folder, subjects=60, features=30)
    draw = random.Random(7)
    names = {f"{MARK}{i:03d}": "".join(draw.choices(string.ascii_letters, k=16)) for i in range(1, 61)}
    for file in folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"{MARK}\d+", lambda found: names[found[0]], text), encoding="utf-8")
    study = tiny_study.settings(modalities=ONE_MODALITY, report={"editions": ["partner", "internal"]})
    tiny_study.write_study(folder, study)
    project = Project(finished.code, folder)
    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    return project, list(names.values())


def contents(path: Path) -> dict[str, bytes]:
    """What a file holds, unpacked as far as it can be: zips and workbooks, packed parts of a page, a PDF's words."""
    raw = path.read_bytes()
    found = {path.name: raw}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                found[f"{path.name}/{name}"] = archive.read(name)
    if path.suffix == ".pdf":
        for tool in (["pdftotext", path, "-"], ["pdfinfo", path]):
            found[f"{path.name}: {tool[0]}"] = subprocess.run(tool, capture_output=True, check=True).stdout
    for name in [name for name in found if name.endswith(".html")]:
        import base64
        import gzip

        for k, packed in enumerate(re.findall(rb'<script type="application/gzip"[^>]*>([^<]*)</script>', found[name])):
            found[f"{name}, part {k}"] = gzip.decompress(base64.b64decode(packed))
    return found


def test_no_file_of_either_edition_holds_a_subject(renamed: tuple[Project, list[str]]) -> None:
    project, names = renamed
    looked_at = 0
    for path in sorted((project.results / "report").rglob("*")):
        if path.is_file():
            for name, content in contents(path).items():
                looked_at += 1
                folded = content.lower()
                assert [who for who in names if who.lower().encode() in folded] == [], name
    assert looked_at > 40
    assert {path.name for path in (project.results / "report" / "internal").iterdir()} == {
        path.name for path in (project.results / "report").iterdir() if path.is_file()
    }


def test_logs_records_and_tables_that_are_handed_on_hold_no_subject(renamed: tuple[Project, list[str]]) -> None:
    project, names = renamed
    private = {"cohort", "ingest", "features", "simulated", "flow", "quality"}
    for path in sorted(project.results.rglob("*")):
        inside = path.relative_to(project.results).parts[0]
        if path.is_file() and inside not in private:
            content = path.read_bytes()
            assert [who for who in names if who.encode() in content] == [], path


@pytest.mark.slow
def test_an_arm_that_is_named_like_a_subject_makes_no_report(renamed, tmp_path: Path) -> None:
    project, names = renamed
    folder = tmp_path / "a study"
    folder.mkdir()
    for file in project.folder.glob("*.csv"):
        text = file.read_text(encoding="utf-8")
        (folder / file.name).write_text(text.replace(",drug,", f",{names[0]},"), encoding="utf-8")
    treatment = {**tiny_study.STUDY["subjects"]["treatment"], "active": names[0]}
    subjects = {**tiny_study.STUDY["subjects"], "treatment": treatment}
    tiny_study.write_study(folder, tiny_study.settings(modalities=ONE_MODALITY, subjects=subjects))
    run = Project(project.code, folder).biomarker("run", "study.yaml", "--cores", "2")
    assert run.status != 0
    log = (folder / "results" / "tiny" / "logs" / "report.log").read_text(encoding="utf-8")
    assert "identifiers of subjects" in log or "an identifier of a subject" in log
    said = [line for line in log.splitlines() if line.startswith(("error", "  ->"))]
    assert said
    assert not any(names[0] in line for line in said)  # above them stands the command, with the study file's own words
    assert "Traceback" not in log
    assert not (folder / "results" / "tiny" / "report" / "index.html").exists()
