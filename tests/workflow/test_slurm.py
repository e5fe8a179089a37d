"""The same study on a cluster: a Slurm of two nodes, as small as they come."""

from pathlib import Path

import private_slurm
import pytest
from tiny_study import not_run_yet, tables

pytestmark = pytest.mark.slurm

PROFILE = Path(__file__).resolve().parents[2] / "workflow" / "profiles" / "slurm"
#: A private Slurm keeps no accounts, and looks at its jobs sooner than a large one.
PRIVATE = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "5")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if reason := private_slurm.missing():
        pytest.skip(reason)
    with private_slurm.slurm(tmp_path_factory.mktemp("slurm") / "private"):
        yield


def test_a_cluster_gives_the_bytes_of_a_laptop_and_then_has_nothing_to_do(cluster, finished, tmp_path):
    there = not_run_yet(finished, tmp_path / "on a cluster")
    command = ("run", "study.yaml", "--cores", "4", "--profile", PROFILE, "--latency-wait", "5", *PRIVATE)
    run = there.biomarker(*command)
    assert run.status == 0, run.out
    made = tables(there.results)
    assert len(made) > 10
    assert made == tables(finished.results)
    assert "nothing to be done" in there.biomarker(*command)
