"""A folder that is one source: a file edited in place makes again what rests on it, and nothing else does."""

import polars as pl
import pytest
import tiny_study
from tiny_study import ONE_MODALITY, Project


@pytest.mark.slow
def test_a_note_edited_in_place_is_read_again(tmp_path):
    tiny_study.write_files(tmp_path, subjects=40, features=4)
    subjects = pl.read_csv(tmp_path / "subjects.csv").with_columns(start=pl.lit("2024-01-15"))
    subjects.write_csv(tmp_path / "subjects.csv")
    (tmp_path / "notes").mkdir()
    ids = subjects["subject_id"].to_list()
    for subject in ids:
        (tmp_path / "notes" / f"{subject}.txt").write_text("Cough.", encoding="utf-8")
    rows = [(subject, "2024-01-10", f"{subject}.txt") for subject in ids]
    pl.DataFrame(rows, schema=["subject_id", "date", "file"], orient="row").write_csv(tmp_path / "index.csv")
    notes = {"type": "notes", "format": "text", "path": "notes", "index": {"path": "index.csv"}, "index_date": "start"}
    tiny_study.write_study(tmp_path, tiny_study.settings(modalities={**ONE_MODALITY, "notes": notes}))
    project = Project(tiny_study.ROOT, tmp_path)
    run = project.biomarker("run", "study.yaml", "--cores", "2", "--until", "ingest", "endpoints")
    assert run.status == 0, run.out
    done = {"subjects", "ingest", "endpoints"}
    assert not project.would_run() & done
    (tmp_path / "notes" / f"{ids[3]}.txt").write_text("Fever", encoding="utf-8")
    assert project.would_run() & done == {"ingest"}
