"""A simulated trial in a folder of its own, with a study file that runs on it."""

from pathlib import Path

import yaml

from biomarker.config.load import read_yaml
from biomarker.data.files import atomic_path
from biomarker.errors import ConfigError
from biomarker.provenance import project_folder
from biomarker.simulate.settings import TrialSettings
from biomarker.simulate.trial import write_trial

__all__ = ["write_study"]


def write_study(folder: Path, settings: TrialSettings, *, seed: int) -> Path:
    """Write the trial's files and a study file beside them; returns the study file's path.

    Raises
    ------
    ConfigError
        The folder already holds a study file, or the settings contradict each other.
    """
    study = folder / "study.yaml"
    if study.exists():
        raise ConfigError(f"{study} is already there", "Name another folder, or delete it.")
    write_trial(folder, settings, seed=seed)
    content = read_yaml(project_folder() / "config" / "config.yaml")
    del content["simulate"]
    content["study"] = {"name": folder.resolve().name, "title": "A simulated trial", "seed": seed}
    with atomic_path(study) as partial:
        partial.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return study
