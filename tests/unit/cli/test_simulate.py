"""``biomarker simulate``: its options reach the trial."""

import json

import yaml

from biomarker.cli.app import main

SMALL = ("--subjects", "60", "--genes", "60", "--noncentrality", "1.5", "--noncentrality-pairs", "2.5")


def _truth(folder, *options: str) -> dict:
    assert main(["simulate", str(folder), *SMALL, *options]) == 0
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def test_size_strength_and_seed_are_options(tmp_path):
    truth = _truth(tmp_path / "a", "--seed", "11")
    assert truth["seed"] == 11
    assert yaml.safe_load((tmp_path / "a" / "study.yaml").read_text())["study"]["seed"] == 11
    settings = truth["settings"]
    assert (settings["subjects"], settings["genes"]) == (60, 60)
    assert (settings["noncentrality"], settings["noncentrality_pairs"]) == (1.5, 2.5)


def test_each_fault_can_be_switched_off(tmp_path):
    assert None not in _truth(tmp_path / "all")["faults"].values()
    for option, fault in (
        ("--no-batch", "batch"),
        ("--no-sample-swap", "sample_swap"),
        ("--no-lab-drift", "lab_drift"),
    ):
        faults = _truth(tmp_path / fault, option)["faults"]
        assert [name for name, found in faults.items() if found is None] == [fault]


def test_the_options_default_to_what_the_demo_has():
    import inspect

    from biomarker.cli.simulate import simulate
    from biomarker.simulate.settings import TrialSettings

    defaults = {name: one.default for name, one in inspect.signature(simulate).parameters.items()}
    settings = TrialSettings()
    shared = set(defaults) & set(vars(settings))
    assert len(shared) == 9
    given = {name: defaults[name].default for name in shared}
    given["further"] = tuple(given["further"])  # an option that may be repeated is a list
    assert given == {name: getattr(settings, name) for name in shared}


def test_further_modalities_are_options_and_an_unknown_one_is_refused(tmp_path, capsys):
    _truth(tmp_path / "a", "--further", "maxquant")
    assert (tmp_path / "a" / "proteinGroups.txt.gz").is_file()
    assert main(["simulate", str(tmp_path / "b"), *SMALL, "--further", "radiology"]) == 2
    assert "radiology" in capsys.readouterr().err
