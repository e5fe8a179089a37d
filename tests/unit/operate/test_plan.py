"""Snakemake's reasons in plain words, as Snakemake 9 writes them."""

import sys

import pytest

from biomarker.operate.plan import NoPlanError, in_words, plan

PARAMS = "Params have changed since last execution: Union of exclusive params before and now across all output: "


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("Missing output files: results/x/a.parquet", "results/x/a.parquet is not there"),
        ("Missing output files: a, b, c, d, e", "a, b, c and 2 more are not there"),
        ("Missing output files: a; Input files updated by another job: b", "a is not there"),
        ("Updated input files: ../data/labs.csv", "../data/labs.csv is newer"),
        ("Input files updated by another job: results/x/a.parquet", "what it reads is made again"),
        (f"{PARAMS}before: '{{\"q\": 0.1}}' now: '{{\"q\": 0.2}}' ", "its settings changed"),
        (f"{PARAMS}before: '3128aca518441bcf' now: 'c0dec0dec0dec0de' ", "its code changed"),
        (
            f"{PARAMS}before: '3128aca518441bcf','{{\"q\": 0.1}}' now: 'c0dec0dec0dec0de','{{\"q\": 0.2}}' ",
            "its settings and its code changed",
        ),
        ("Set of input files has changed since last execution", "it reads other files than before"),
        ("Code has changed since last execution", "its command or its environment changed"),
        ("Forced execution", "it was stopped before it was done"),
        ("Incomplete output files: a", "it was stopped before it was done"),
        ("Something new", "Something new"),
    ],
)
def test_a_reason_in_plain_words(reason, words):
    assert in_words(reason) == words


def test_jobs_are_named_as_their_logs_and_those_without_one_are_left_out():
    text = (
        "rule ingest:\n    log: results/x/logs/ingest.rna.log\n    reason: Missing output files: a\n"
        "rule all:\n    reason: Input files updated by another job: a\n"
    )
    assert plan([sys.executable, "-c", f"print({text!r})"]) == {"ingest.rna": "a is not there"}


def test_where_there_is_no_plan_the_last_words_are_told():
    with pytest.raises(NoPlanError, match="no such file"):
        plan([sys.executable, "-c", "print('first'); print('no such file'); raise SystemExit(1)"])
