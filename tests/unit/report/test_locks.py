"""What the report says of locks: when, what changed after, and what a lock does not prove."""

import dataclasses

import pytest
from reading import section, sentences

from biomarker.report import build

LOCK = {"time": "2026-03-01T08:00:00+00:00", "changed": [], "after_results": False, "intact": True}


def told(inputs, *locks):
    provenance = {**inputs.provenance, "locks": list(locks)}
    document = build(dataclasses.replace(inputs, provenance=provenance))
    return " ".join(sentences(section(document, "reproduce")))


def test_a_study_that_was_never_locked_says_so(demo_inputs):
    assert "was not locked beforehand" in told(demo_inputs)


def test_a_lock_without_changes(demo_inputs):
    words = told(demo_inputs, LOCK)
    assert "locked on 2026-03-01 08:00:00 UTC" in words
    assert "are as they were then" in words
    assert "not locked" not in words


def test_what_changed_after_a_lock_is_named(demo_inputs):
    words = told(demo_inputs, {**LOCK, "changed": ["rank", "code", "markers.csv"]})
    assert "changed after: rank, the code and markers.csv" in words


@pytest.mark.parametrize(
    ("fault", "words"),
    [({"after_results": True}, "results of this study were there already"), ({"intact": False}, "proves nothing")],
)
def test_a_lock_that_proves_little_says_so(demo_inputs, fault, words):
    assert words in told(demo_inputs, {**LOCK, **fault})
