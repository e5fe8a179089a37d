"""Two runs side by side."""

import dataclasses
import json
import shutil

import polars as pl
import pytest

from biomarker.cli.app import main
from biomarker.data.tables import Candidates, Flow, read_metadata, read_table, write_table
from biomarker.operate.compare import Change, compare_runs, describe

RESULTS = "results/tiny"
PROVENANCE = ("provenance_id", "package", "code", "lock", "settings", "inputs")


@pytest.fixture
def runs(finished, tmp_path):
    before = finished.folder / RESULTS
    after = tmp_path / "after"
    shutil.copytree(before, after)
    return before, after


def rewrite(path, schema, change, **provenance):
    metadata = {key: value for key, value in read_metadata(path).items() if key in PROVENANCE}
    table = change(read_table(path, schema))
    write_table(table, schema, path, provenance={**metadata, **provenance})


def test_a_run_does_not_differ_from_itself(runs):
    before, after = runs
    found = dataclasses.asdict(compare_runs(before, after))
    assert not any(found[name] for name in found if name not in ("before", "after"))
    assert any("nothing differs" in line for line in describe(compare_runs(before, after)))


def test_a_changed_setting_a_changed_file_and_changed_code_are_told(runs):
    before, after = runs
    for record in map(json.loads, (path.read_text() for path in sorted((after / "run").glob("*.json")))):
        for path in (after / name for name in record["outputs"] if name.endswith(".parquet")):
            metadata = read_metadata(path)
            settings = json.loads(metadata["settings"])
            if "rank" in settings:
                settings["rank"]["keep"] = 4
                code = "0" * 16 if record["stage"] == "rank" else metadata["code"]
                changed = {**metadata, "settings": json.dumps(settings), "code": code}
                pl.read_parquet(path).write_parquet(path, metadata=changed)
    flow = after / "flow" / "ingest.markers.parquet"
    inputs = json.loads(read_metadata(flow)["inputs"])
    (name,) = [name for name in inputs if "markers.csv" in name]
    inputs[name] = "f" * 64
    rewrite(flow, Flow, lambda table: table, inputs=json.dumps(inputs))
    found = compare_runs(before, after)
    assert [(change.what, change.after) for change in found.settings] == [("rank.keep", "4")]
    assert [(change.what, change.after) for change in found.data] == [("ingest.markers: markers.csv", "f" * 64)]
    assert [change.what for change in found.code] == ["code of rank"]


def test_candidates_that_are_lost_or_move_are_told(runs):
    before, after = runs
    table = read_table(before / "candidates.parquet", Candidates)
    first = table.row(0, named=True)
    assert first["q_value"] <= 0.1, "the tiny study calls its planted marker"
    last_rank = table.filter(
        *(pl.col(c) == first[c] for c in ("endpoint", "comparison", "contrast"))
    )["rank"].max()  # fmt: skip
    is_first = pl.col("rank_overall") == 1

    def demote(frame):
        return frame.with_columns(
            pl.when(is_first).then(0.9).otherwise("q_value").alias("q_value"),
            pl.when(is_first).then(None).otherwise("q_group").alias("q_group"),
            pl.when(is_first).then(last_rank + 1).otherwise("rank").cast(pl.Int64).alias("rank"),
        )

    rewrite(after / "candidates.parquet", Candidates, demote)
    found = compare_runs(before, after)
    (called,) = found.called
    assert called.what.startswith(f"{first['candidate_id']}: {first['contrast']}, {first['endpoint']}")
    assert (called.before, called.after) == (first["q_value"], 0.9)
    assert Change(called.what, 1, last_rank + 1) in found.ranks


def test_another_number_of_analysed_subjects_is_told(runs):
    before, after = runs

    def one_less(frame):
        moved = pl.col("scope").eq("analysis") & pl.col("kind").is_in(["in", "used"])
        return frame.with_columns((pl.col("n") - moved.cast(pl.Int64)).alias("n"))

    rewrite(after / "flow.parquet", Flow, one_less)
    found = compare_runs(before, after)
    assert found.subjects
    assert all(change.after == change.before - 1 for change in found.subjects)


def test_a_folder_without_a_run_is_refused(tmp_path, finished, capsys):
    assert main(["compare", str(tmp_path), str(finished.folder / RESULTS)]) == 2
    assert "holds no finished run" in capsys.readouterr().err


def test_the_verb_prints_lines_or_json(runs, capsys):
    before, after = map(str, runs)
    assert main(["compare", before, after]) == 0
    assert "nothing differs" in capsys.readouterr().out
    assert main(["compare", before, after, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"] == []
