"""``biomarker trial``: what is printed and kept is what the library says; what cannot be is refused in a line."""

import csv
import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from biomarker import trial
from biomarker.cli.app import main


def kept(tmp_path, *words, ending="json"):
    path = tmp_path / f"table.{ending}"
    assert main(["trial", *words, "--out", str(path)]) == 0
    if ending == "json":
        return json.loads(path.read_text())
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter={"csv": ",", "tsv": "\t"}[ending]))


def test_bounds_are_those_of_the_library(tmp_path, capsys):
    rows = kept(tmp_path, "boundaries", "--looks", "0.5,0.75,1", "--futility", "hwang-shih-decani:-2")
    looks = trial.group_sequential(information=[0.5, 0.75, 1.0], futility=trial.HwangShihDeCani(-2))
    assert_allclose([row["efficacy_z"] for row in rows], looks.upper)
    assert_allclose([row["futility_z"] for row in rows], looks.lower)
    printed = capsys.readouterr().out
    assert "Group-sequential bounds" in printed
    assert "Published cases behind these numbers" in printed


def test_a_whole_number_is_so_many_equal_looks(tmp_path):
    rows = kept(tmp_path, "boundaries", "--looks", "5", "--efficacy", "pocock", ending="csv")
    assert_allclose([float(row["information"]) for row in rows], [0.2, 0.4, 0.6, 0.8, 1.0])
    bounds = trial.group_sequential(information=5, efficacy=trial.Pocock()).upper
    assert_allclose([float(row["efficacy_z"]) for row in rows], bounds)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--endpoint", "means", "--difference", "0.5"], trial.sample_size_means(0.5, sd=1.0, sided=1).n_whole),
        (["--endpoint", "rates"], trial.sample_size_rates(0.5, 0.3, sided=1).n_whole),
    ],
)
def test_sizes_are_those_of_the_library(tmp_path, words, expected):
    choices = ["--power", "0.9", "--alpha", "0.025"]
    (row,) = kept(tmp_path, "size", *words, *choices, ending="tsv")
    assert int(row["n"]) == expected


def test_events_are_schoenfelds(tmp_path):
    (row,) = kept(tmp_path, "size", "--hazard-ratio", "0.7", "--event-probability", "0.8")
    events = np.ceil(trial.events_needed(0.7, alpha=0.025, power=0.9, sided=1))
    assert (row["events"], row["n"]) == (events, np.ceil(events / 0.8))


def test_designs_are_those_of_the_registry(tmp_path, capsys):
    rows = kept(tmp_path, "designs", "--prevalence", "0.3", "--hazard-ratio-positive", "0.6", "--sensitivity", "0.9")
    assert {row["design"] for row in rows} == set(trial.DESIGNS)
    effect = trial.SurvivalEffect(0.6, 1.0, np.log(2) / 12, accrual=1.0, follow_up=12.0)
    setting = trial.Setting(0.3, effect, trial.Assay(0.9), screening_rate=30.0)
    size = trial.enrichment(setting, power=0.9).n_randomised
    (row,) = [row for row in rows if row["design"] == "enrichment"]
    assert row["n_randomised"] == np.ceil(size)
    assert "one disease: nothing to borrow from" in capsys.readouterr().out


def test_the_same_seed_simulates_the_same_studies(tmp_path):
    words = ["simulate", "--prevalence", "0.3", "--hazard-ratio-positive", "0.5", "--n", "120", "--events", "80"]
    one, other = (kept(tmp_path, *words, "--trials", "200", "--seed", "5") for _ in range(2))
    assert one == other
    assert {row["scenario"] for row in one} >= {"as planned", "null", "delayed effect"}
    assert all(row["error"] >= 0 for row in one)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["designs", "--prevalence", "1", "--hazard-ratio-positive", "0.6"],
            "prevalence is 1.0; allowed: a number above 0",
        ),
        (["designs", "--prevalence", "0.3", "--hazard-ratio-positive", "-1"], "hazard_ratio is -1.0"),
        (["boundaries", "--looks", "0.5,0.4,1"], "information is"),
        (["boundaries", "--looks", "soon"], "looks is 'soon'"),
        (["boundaries", "--efficacy", "mine"], "efficacy is 'mine'"),
        (["boundaries", "--efficacy", "pocock:3"], "pocock without a parameter"),
        (["boundaries", "--efficacy", "kim-demets:x"], "kim-demets:NUMBER"),
        (["size", "--power", "0.01"], "power is 0.01"),
        (["size", "--hazard-ratio", "1"], "hazard_ratio"),
        (["size", "--endpoint", "ordinal"], "endpoint is 'ordinal'"),
        (["boundaries", "--out", "table.xlsx"], "a name that ends in .csv, .tsv or .json"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(words, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["trial", *words]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["size", "designs", "boundaries", "simulate"])
def test_help_teaches(command, capsys):
    assert main(["trial", command, "--help"]) == 0
    assert "--out" in capsys.readouterr().out
