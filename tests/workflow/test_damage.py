"""A result that is not as it was made is noticed, kept, and made again; a disk that refuses is one clear error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from processes import disk
from tiny_study import Run, not_run_yet, tables

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def flip(path: Path) -> None:
    """Change one byte in the middle, as a bad disk does: neither size nor time stamp tell."""
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def one_error(run: Run) -> str:
    """The one error that a command ended with."""
    assert run.status == 2, run.out
    assert "Traceback" not in run
    assert run.out.count("error: ") == 1, run.out
    return run.out[run.out.index("error: ") :]


# --- damaged results --------------------------------------------------------------------------------------------------


def test_every_damaged_lost_or_edited_result_is_made_again_and_what_was_there_is_kept(project, finished):
    results = project.results
    cut, emptied, flipped, lost, edited = (
        results / name
        for name in (
            "ingest/markers.parquet",
            "screen/prognostic.markers.parquet",
            "features/markers.parquet",
            "cohort/endpoints.parquet",
            "candidates.tsv",
        )
    )
    cut.write_bytes(cut.read_bytes()[:1000])
    emptied.write_bytes(b"")
    flip(flipped)
    lost.unlink()
    edited.write_text(edited.read_text(encoding="utf-8") + "my own notes\n", encoding="utf-8")
    (results / "notes.txt").write_text("nobody's business", encoding="utf-8")

    status = project.biomarker("status", "study.yaml")
    assert status.status == 0
    assert f"{cut.relative_to(project.folder)} is damaged: 1,000 bytes of" in status
    assert "cohort/endpoints.parquet is missing" in status
    assert "how to go on: biomarker run study.yaml" in status

    run = project.biomarker("run", "study.yaml", "--cores", "2")
    assert run.status == 0, run.out
    for path, words, job in (
        (cut, "is damaged: 1,000 bytes of", "ingest.markers"),
        (emptied, "is damaged: 0 bytes of", "screen.markers"),
        (flipped, "was changed or damaged since it was made", "features.markers"),
        (lost, "is missing", "endpoints"),
        (edited, "was changed since it was made", "rank"),
    ):
        (line,) = [line for line in run.out.splitlines() if line.startswith(str(path.relative_to(project.folder)))]
        assert words in line
        assert f"{job} makes it again" in line
        assert ("set aside as" in line) == (path != lost)
    assert tables(results) == tables(finished.results)
    kept = results / "set-aside" / "candidates.tsv.1"
    assert kept.read_text(encoding="utf-8").endswith("my own notes\n")
    assert (results / "notes.txt").read_text(encoding="utf-8") == "nobody's business"
    assert project.biomarker("run", "study.yaml").out.startswith("nothing to be done")


def test_bare_snakemake_says_which_file_is_damaged_and_what_mends_it(project, finished):
    flip(project.results / "features" / "markers.parquet")
    (project.results / "screen" / "prognostic.markers.parquet").unlink()
    bare = project.snakemake("--cores", "1")
    assert bare.status != 0
    log = (project.results / "logs" / "screen.markers.log").read_text(encoding="utf-8")
    assert "error: results/tiny/features/markers.parquet is not what the job features.markers made" in log
    assert "`biomarker run` with the study file notices that and makes it again" in log
    assert "Traceback" not in log
    mended = project.biomarker("run", "study.yaml", "--cores", "2")
    assert mended.status == 0, mended.out
    assert tables(project.results) == tables(finished.results)


# --- disks ------------------------------------------------------------------------------------------------------------


def test_a_full_disk_is_one_error_and_after_making_room_the_same_command_goes_on(finished, tmp_path):
    """At every size another writer is the one to find the disk full: the lock, Snakemake, stages, records, logs."""
    project = not_run_yet(finished, tmp_path / "study")
    with disk(tmp_path / "small", "4k") as small:
        results = small.folder / "results" / "tiny"
        command = ("run", "study.yaml", "--cores", "2", "--directory", small.folder)
        for size in ("4k", "60k", "100k", "140k", "400k"):
            small.again(f"size={size}")
            run = project.biomarker(*command)
            error = one_error(run)
            print(size, error.splitlines()[0])
            assert error.startswith(f"error: {small.folder}/results/") or "/.snakemake could not be written" in error
            assert "could not be written: no space left on device (0.0 MB free)" in error
            assert "Make room on that disk and give the same command again" in error
            assert list(small.folder.rglob("*.partial")) == []
            for path in results.rglob("*.parquet"):
                assert path.read_bytes()[-4:] == b"PAR1", f"{path} is not whole"
        status = project.biomarker("status", "study.yaml", "--directory", small.folder)
        assert status.status == 0
        assert f"biomarker run study.yaml --directory {small.folder}\n" in status
        small.again("size=64m")
        run = project.biomarker(*command)
        assert run.status == 0, run.out
        assert tables(results) == tables(finished.results)


def test_results_that_cannot_be_written_are_one_error_before_anything_starts(project, tmp_path):
    with disk(tmp_path / "kept", "64m") as kept:
        command = ("--cores", "2", "--directory", kept.folder)
        kept.again("ro")
        error = one_error(project.biomarker("run", "study.yaml", *command))
        assert f"error: {kept.folder / 'results'} could not be written: read-only file system" in error
        assert "choose another place with --directory" in error
        status = project.biomarker("status", "study.yaml", "--directory", kept.folder)
        assert (status.status, "nothing of this study was run here yet" in status) == (0, True)
        kept.again("rw")
        (kept.folder / "results" / "tiny" / "run").mkdir(parents=True)
        (kept.folder / ".snakemake").mkdir()
        kept.again("ro")
        assert "could not be written" in one_error(project.biomarker("run", "study.yaml", *command))
        assert project.biomarker("status", "study.yaml", "--directory", kept.folder).status == 0
