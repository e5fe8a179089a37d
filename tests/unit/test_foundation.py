"""Errors, random streams, logs, provenance: what everything else stands on."""

import hashlib
import json
import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from biomarker import errors, logs
from biomarker.provenance import collect, lock_digest, project_folder
from biomarker.rng import stream

# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "BiomarkerError"])
def test_every_error_a_user_can_mend_is_one_kind(name):
    error = getattr(errors, name)("what", "do this")
    assert isinstance(error, errors.BiomarkerError)
    assert (error.message, error.hint, str(error)) == ("what", "do this", "what")


@pytest.mark.parametrize("name", ["SchemaError", "AlignmentError", "InsufficientDataError", "LeakageError"])
def test_faults_of_the_data_are_data_errors(name):
    assert issubclass(getattr(errors, name), errors.DataError)


# --- random streams ---------------------------------------------------------------------------------------------------

names = st.lists(st.text(st.characters(exclude_characters="\x1f", codec="utf-8"), max_size=8), max_size=3)


@given(st.integers(0, 2**63), names)
def test_a_stream_is_its_seed_and_its_names(seed, given_names):
    first, again = stream(seed, *given_names), stream(seed, *given_names)
    assert_array_equal(first.integers(0, 2**62, 5), again.integers(0, 2**62, 5))


@given(st.integers(0, 2**63), names, st.integers(0, 2**63), names)
def test_other_seeds_and_other_names_are_other_streams(seed, some, other_seed, others):
    if (seed, some or [""]) != (other_seed, others or [""]):  # no name is the empty name
        draws = [stream(seed, *some).integers(0, 2**62, 4), stream(other_seed, *others).integers(0, 2**62, 4)]
        assert (draws[0] != draws[1]).any()


def test_using_one_stream_changes_no_other():
    untouched = stream(7, "folds").random(3)
    other = stream(7, "simulate")
    other.random(1000)
    assert_array_equal(stream(7, "folds").random(3), untouched)


def test_streams_of_names_in_another_order_are_others():
    assert stream(1, "a", "b").random() != stream(1, "b", "a").random()


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    stream(1, "x").random(10)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_streams_look_uniform_and_independent():
    """Known answer: uniform numbers have mean 1/2 and variance 1/12; two streams have correlation 0."""
    draws = np.array([stream(seed, "a", name).random(400) for seed in range(50) for name in ("x", "y")])
    assert abs(draws.mean() - 0.5) < 5 * np.sqrt(1 / 12 / draws.size)
    assert abs(draws.var() - 1 / 12) < 0.002
    r = np.corrcoef(draws)[np.triu_indices(100, 1)]
    assert abs(r).max() < 6 / np.sqrt(400)


# --- logs -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def kept_logger():
    logger = logging.getLogger("biomarker")
    before = logger.handlers[:], logger.level, logger.propagate
    yield logger
    logger.handlers[:], logger.level, logger.propagate = before


def test_messages_go_to_stderr_once_however_often_configured(kept_logger, capsys):
    for _ in range(3):
        logs.configure()
    logs.get("biomarker.test").info("a message")
    logs.get("biomarker.test").debug("a detail")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("a message") == 1
    assert "a detail" not in err


def test_verbose_says_more(kept_logger, capsys):
    logs.configure(verbose=True)
    logs.get("biomarker.test").debug("a detail")
    assert "a detail" in capsys.readouterr().err


def test_the_root_logger_is_left_alone(kept_logger):
    before = logging.getLogger().handlers[:]
    logs.configure()
    assert logging.getLogger().handlers == before


# --- provenance -------------------------------------------------------------------------------------------------------


@pytest.fixture
def inputs(tmp_path):
    paths = {name: tmp_path / f"{name}.csv" for name in ("a", "b")}
    for name, path in paths.items():
        path.write_text(name)
    return paths


def test_provenance_holds_content_and_no_path(inputs, tmp_path):
    facts = collect(inputs, {"q": 0.05}, code="c")
    assert hashlib.sha256(b"a").hexdigest() in json.loads(facts["inputs"]).values()
    assert str(tmp_path) not in json.dumps(facts)


def test_equal_runs_have_equal_provenance_wherever_the_files_lie(inputs, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = {name: path.rename(elsewhere / path.name) for name, path in sorted(inputs.items(), reverse=True)}
    for name, path in inputs.items():
        path.write_text(name)
    assert collect(inputs, {"x": 1, "y": 2}, code="c") == collect(moved, {"y": 2, "x": 1}, code="c")


def test_whatever_decides_a_result_changes_its_id(inputs):
    ids = {collect(inputs, {"q": 0.05}, code="c")["provenance_id"]}
    ids.add(collect(inputs, {"q": 0.06}, code="c")["provenance_id"])
    ids.add(collect(inputs, {"q": 0.05}, code="d")["provenance_id"])
    ids.add(collect({"a": inputs["a"]}, {"q": 0.05}, code="c")["provenance_id"])
    ids.add(collect({"a": inputs["b"], "b": inputs["a"]}, {"q": 0.05}, code="c")["provenance_id"])
    inputs["a"].write_text("changed")
    ids.add(collect(inputs, {"q": 0.05}, code="c")["provenance_id"])
    assert len(ids) == 6


def test_the_lock_of_the_project_is_part_of_it(project):
    assert project_folder() == project
    assert lock_digest() == hashlib.sha256((project / "requirements.lock").read_bytes()).hexdigest()
