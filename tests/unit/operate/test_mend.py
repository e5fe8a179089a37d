"""What is not as it was made is found by size and checksum, and set aside; nothing is deleted that is not ours."""

import os
import subprocess

import pytest

from biomarker.config.load import load_study
from biomarker.data.files import write_json
from biomarker.data.records import describe, made
from biomarker.operate.mend import faults, left_over, mend, sweep
from biomarker.provenance import project_folder

STUDY = load_study(project_folder() / "config" / "config.yaml")


def make(results, job, *names, size=100):
    """A job's outputs and its record."""
    paths = [results / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(size))
    write_json({"stage": job, "outputs": describe(paths, results)}, results / "run" / f"{job}.json")
    return paths


def flip(path):
    """Another byte under the same size and time stamp."""
    stat, content = path.stat(), bytearray(path.read_bytes())
    content[50] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def whats(results, **options):
    return {fault.path.name: fault.what for fault in faults(results, STUDY, **options)}


def test_results_as_they_were_made_have_no_fault(tmp_path):
    make(tmp_path, "ingest.rna", "ingest/rna.parquet", "flow/ingest.rna.parquet")
    assert whats(tmp_path) == {}


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: (path.unlink(), path.symlink_to("/gone")), "is missing"),
        (lambda path: path.write_bytes(b""), "is damaged: 0 bytes of 100"),
        (lambda path: path.write_bytes(path.read_bytes()[:60]), "is damaged: 60 bytes of 100"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "was changed since it was made"),
        (flip, "was changed or damaged since it was made"),
    ],
)
def test_every_damage_is_found(tmp_path, damage, what):
    path, _ = make(tmp_path, "ingest.rna", "ingest/rna.parquet", "flow/ingest.rna.parquet")
    damage(path)
    assert whats(tmp_path) == {"rna.parquet": what}


def test_beyond_the_limit_sizes_and_time_stamps_are_looked_at(tmp_path):
    (small,) = make(tmp_path, "rank", "candidates.parquet", size=100)
    (large,) = make(tmp_path, "features.rna", "features/rna.parquet", size=1000)
    flip(small)
    flip(large)
    assert set(whats(tmp_path, limit=2000)) == {"candidates.parquet", "rna.parquet"}
    assert set(whats(tmp_path, limit=1000)) == {"candidates.parquet"}
    os.utime(large)
    assert set(whats(tmp_path, limit=1000)) == {"candidates.parquet", "rna.parquet"}


def test_a_new_time_stamp_alone_is_no_fault(tmp_path):
    (path,) = make(tmp_path, "rank", "candidates.parquet")
    os.utime(path)
    assert whats(tmp_path, limit=0) == {}


@pytest.mark.parametrize("job", ["ingest.older", "features.older", "screen.older"])
def test_what_the_study_no_longer_asks_for_is_not_missed(tmp_path, job):
    (path,) = make(tmp_path, job, f"{job}.parquet")
    path.unlink()
    assert whats(tmp_path) == {}


def test_a_record_of_a_version_that_noted_no_outputs_says_nothing(tmp_path):
    write_json({"stage": "rank"}, tmp_path / "run" / "rank.json")
    assert whats(tmp_path) == {}


def test_what_is_damaged_is_set_aside_and_said_and_nothing_is_deleted(tmp_path):
    path, other = make(tmp_path, "rank", "candidates.parquet", "candidates.tsv")
    told = []
    for notes in ("first notes, longer than what was there " * 5, "second notes, longer too " * 9):
        other.write_text(notes)
        mend(tmp_path, STUDY, told.append)
        assert not other.exists()
    assert [line.partition(", set aside as ")[2] for line in told] == [
        str(tmp_path / "set-aside" / f"candidates.tsv.{number}") for number in (1, 2)
    ]
    assert told[0].startswith(f"{other} was changed since it was made: rank makes it again")
    assert (tmp_path / "set-aside" / "candidates.tsv.1").read_text().startswith("first notes")
    assert path.exists()


def test_a_link_to_nowhere_in_a_results_place_is_set_aside(tmp_path):
    """Left where it is, it stands in the way of the file that is made again."""
    path, _ = make(tmp_path, "rank", "candidates.parquet", "candidates.tsv")
    for number in (1, 2):
        path.unlink(missing_ok=True)
        path.symlink_to("/gone")
        mend(tmp_path, STUDY, [].append)
        assert not path.is_symlink()
        assert (tmp_path / "set-aside" / f"candidates.parquet.{number}").is_symlink()


@pytest.mark.parametrize(
    "content", [b"", b'{"stage": "ra', b"\xff\xfe", b"[]", b'{"stage": 1}', b'{"stage": "rank", "outputs": {"x": 1}}']
)
def test_a_damaged_record_is_said_and_set_aside(tmp_path, content):
    path, _ = make(tmp_path, "rank", "candidates.parquet", "candidates.tsv")
    (tmp_path / "run" / "rank.json").write_bytes(content)
    told = []
    mend(tmp_path, STUDY, told.append)
    assert told == [
        f"{tmp_path / 'run' / 'rank.json'} cannot be read: what that job made cannot be compared, "
        f"set aside as {tmp_path / 'set-aside' / 'run' / 'rank.json.1'}"
    ]
    assert path.exists()


def test_unfinished_files_of_processes_that_are_gone_are_swept_away_and_no_others(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = tmp_path / "screen" / f".prognostic.rna.parquet.{gone.pid}.partial"
    at_work = tmp_path / "screen" / f".predictive.rna.parquet.{os.getpid()}.partial"
    theirs = tmp_path / "screen" / "download.partial"
    left.parent.mkdir()
    for path in (left, at_work, theirs):
        path.write_text("half")
    (tmp_path / "run" / "progress").mkdir(parents=True)
    (tmp_path / "run" / "progress" / "screen.json").write_text("{}")
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted([at_work.name, theirs.name])


def test_files_of_a_modality_that_the_study_no_longer_names_are_left_over_and_stay(tmp_path):
    make(tmp_path, "screen.rna", "screen/predictive.rna.parquet")
    make(tmp_path, "rank", "candidates.parquet")
    names = ["screen/predictive.genes.parquet", "flow/screen.predictive.genes.parquet"]
    old, gone = make(tmp_path, "screen.genes", *names)
    gone.unlink()
    assert left_over(tmp_path, STUDY) == [old]
    mend(tmp_path, STUDY, pytest.fail)
    assert old.is_file()


def test_screens_of_contrasts_that_the_study_no_longer_asks_are_left_over_recorded_or_not(tmp_path):
    made_so = ["screen/response.rna.parquet", "flow/screen.response.rna.parquet"]
    own, flow = make(tmp_path, "screen.rna", *made_so)
    assert left_over(tmp_path, STUDY) == sorted([own, flow])
    own.unlink()
    assert whats(tmp_path) == {}, "nobody makes it again"
    make(tmp_path, "screen.rna", "screen/predictive.rna.parquet")  # the record is now that of the new run
    assert left_over(tmp_path, STUDY) == [flow]


def test_of_two_jobs_that_made_a_file_the_later_is_believed(tmp_path):
    """A job may have been called otherwise in an earlier version."""
    for job, started, content in (("screen.a", "2026-01-02", b"new"), ("screen.predictive.a", "2026-01-01", b"old")):
        (path,) = make(tmp_path, job, "screen/predictive.rna.parquet")
        path.write_bytes(content)
        record = {"stage": job, "started": started, "outputs": describe([path], tmp_path)}
        write_json(record, tmp_path / "run" / f"{job}.json")
    path.write_bytes(b"new")
    assert made(tmp_path)[path].job == "screen.a"
    assert whats(tmp_path) == {}
