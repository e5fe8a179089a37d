"""The job that reads a modality: its own file, and the further files its settings name."""

import json
from pathlib import Path

import polars as pl

from biomarker.stages.ingest import run
from biomarker.stages.job import Job, with_paths


def test_paths_are_replaced_in_the_order_in_which_the_workflow_lists_them():
    section = {"tested": {"path": "t.csv", "id": "x"}, "path": "m.maf", "panel_genes": {"path": "g.txt"}, "keep": ["a"]}
    found = with_paths(section, iter([Path("/1"), Path("/2"), Path("/3")]))
    assert found == {
        "tested": {"path": "/3", "id": "x"}, "path": "/1", "panel_genes": {"path": "/2"}, "keep": ["a"],
    }  # fmt: skip


def test_further_files_of_a_modality_are_read_where_the_workflow_put_them(tmp_path):
    head = "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\n"
    variants = "TP53\tSilent\tP1\nKRAS\tIGR\tP2\nTP53\tSplice_Site\tP1\nEGFR\tSplice_Site\tP1\n"
    files = {
        "sources.m": ("m.maf", head + variants),
        "sources.genes": ("genes.txt", "TP53\n"),
        "sources.tested": ("tested.csv", "id\nP1\nP9\n"),
    }
    for name, text in files.values():
        (tmp_path / name).write_text(text, encoding="utf-8")
    source = {
        "type": "maf", "path": "elsewhere/m.maf", "tested": {"path": "elsewhere/tested.csv", "id": "id"},
        "panel_genes": {"path": "elsewhere/genes.txt"},
    }  # fmt: skip
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("content", "quarantine", "flow", "privacy")}
    run(
        Job(
            stage="ingest",
            results=tmp_path,
            inputs={name: tmp_path / file for name, (file, _) in files.items()},
            outputs=outputs,
            settings={"modality": "dna", "source": source, "post_baseline": {}},
            code="",
            label="ingest.dna",
        )
    )
    records = pl.read_parquet(outputs["content"])
    assert records.filter("altered").select("subject_id", "gene").rows() == [("P1", "TP53")]
    assert set(records["subject_id"]) == {"P1", "P9"}
    flow = pl.read_parquet(outputs["flow"])
    assert dict(flow.group_by("kind").agg(pl.col("n").sum()).rows()) == {
        "in": 4, "used": 1, "quarantined": 1, "excluded": 2,
    }  # fmt: skip
    notes = json.loads(pl.read_parquet_metadata(outputs["quarantine"])["notes"])
    assert notes[0] == "2 subjects were sequenced, 1 of them without a variant that counts"
