"""RO-Crate metadata of a bundle: a Workflow Run Crate (https://w3id.org/ro/wfrun/workflow/0.5)."""

from pathlib import Path
from typing import Any

from biomarker.data.files import write_json
from biomarker.data.records import read_records
from biomarker.operate.facts import RunFacts

__all__ = ["describe_crate"]

PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
WORKFLOW = "workflow/Snakefile"


def describe_crate(folder: Path, *, title: str, facts: RunFacts, seed: int) -> None:
    """Write ``ro-crate-metadata.json`` for the files of a folder.

    The run is one ``CreateAction``: its instrument the Snakefile, its objects the study's input files (named with
    their checksums, not carried), its results the files of the report and the tables.

    Parameters
    ----------
    folder : Path
        Files of the bundle, all in place.
    title : str
        Of the study.
    facts : RunFacts
        Inputs, version and lock of the run.
    seed : int
        Of all random numbers.
    """
    from rocrate.rocrate import ROCrate

    crate = ROCrate()
    began, ended = _times(facts.results)
    crate.name = title
    crate.description = f"Report and results of {facts.package}, with what is needed to check and to repeat them"
    crate.datePublished = ended
    crate.root_dataset["conformsTo"] = [crate.add(_entity(crate, p, {"@type": "CreativeWork"})) for p in PROFILES]
    workflow = crate.add_workflow(folder / WORKFLOW, WORKFLOW, main=True, lang="snakemake")
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    entities = {name: crate.add_file(folder / name, name) for name in files if name != WORKFLOW}
    inputs = [
        crate.add(_entity(crate, f"#input-{n}", {"@type": "File", "name": name, "sha256": checksum}))
        for n, (name, checksum) in enumerate(sorted(facts.inputs.items()))
    ]
    crate.add_action(
        workflow,
        identifier="#run",
        object=[entities["study.yaml"], *inputs],
        result=[entity for name, entity in entities.items() if name.startswith(("report/", "tables/"))],
        properties={
            "name": f"Run of the study, seed {seed}",
            "startTime": began,
            "endTime": ended,
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    write_json(crate.metadata.generate(), folder / "ro-crate-metadata.json")


def _entity(crate: Any, identifier: str, properties: dict[str, Any]) -> Any:
    from rocrate.model.contextentity import ContextEntity

    return ContextEntity(crate, identifier, properties=properties)


def _times(results: Path) -> tuple[str, str]:
    """When the first job began and the last one did."""
    began = sorted(record["started"] for record in read_records(results).values() if record is not None)
    return began[0], began[-1]
