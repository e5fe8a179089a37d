"""A Slurm of two small nodes on this one machine, with a key, ports and folders of its own; gone after the tests."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
#: The executor takes every SLURM_ variable from its jobs, so that they look for the configuration here.
USUAL_PLACE = Path("/etc/slurm/slurm.conf")
PORT, NODES, CPUS, MEMORY_MB = 27817, 2, 2, 6000

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,batch_sched_delay=0
KillWait=5
ReturnToService=2
MpiDefault=none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MailProg=/bin/true
NodeName=n[1-{nodes}] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{last}] CPUs={cpus} RealMemory={memory}
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Why there can be no Slurm here; empty where there can."""
    if os.geteuid() != 0:
        return "a private Slurm needs root"
    absent = [name for name in DAEMONS if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not installed (Debian: apt install slurm-wlm munge)"
    if USUAL_PLACE.exists() and not USUAL_PLACE.is_symlink():
        return f"this machine has a Slurm of its own ({USUAL_PLACE})"
    return ""


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[Path]:
    """Start it, wait until its nodes are idle, end it; the folder's path may hold no blank."""
    folder.mkdir(parents=True)
    (folder / "state").mkdir()
    for number in range(1, NODES + 1):
        (folder / f"spool.n{number}").mkdir()
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    configuration = folder / "slurm.conf"
    configuration.write_text(
        CONFIGURATION.format(host=socket.gethostname().split(".")[0], folder=folder, port=PORT, nodes=NODES, cpus=CPUS,
                             memory=MEMORY_MB, first=PORT + 1, last=PORT + NODES)
    )  # fmt: skip
    (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
    USUAL_PLACE.parent.mkdir(parents=True, exist_ok=True)
    USUAL_PLACE.unlink(missing_ok=True)
    USUAL_PLACE.symlink_to(configuration)
    try:
        _run("munged", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
             f"--seed-file={folder}/munge.seed", f"--log-file={folder}/munged.log",
             f"--pid-file={folder}/munged.pid")  # fmt: skip
        _run("slurmctld", "-f", configuration)
        for number in range(1, NODES + 1):
            _run("slurmd", "-f", configuration, "-N", f"n{number}")
        _wait_for_nodes(folder)
        yield configuration
    finally:
        for pid_file in sorted(folder.glob("*.pid"), reverse=True):  # munge last: the others speak through it
            with contextlib.suppress(ValueError, ProcessLookupError):
                os.kill(int(pid_file.read_text()), signal.SIGTERM)
        USUAL_PLACE.unlink(missing_ok=True)


def _run(*command: object) -> None:
    subprocess.run([str(word) for word in command], check=True, timeout=60)


def _wait_for_nodes(folder: Path) -> None:
    for _ in range(120):
        asked = subprocess.run(["sinfo", "-h", "-N", "-o", "%T"], capture_output=True, text=True, check=False)
        if asked.stdout.split().count("idle") == NODES:
            return
        time.sleep(0.5)
    logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in folder.glob("*.log"))
    raise RuntimeError(f"the private Slurm did not come up: {asked.stdout} {asked.stderr}\n{logs}")
