"""What testing for the marker and treating by it would cost and bring."""

from typing import Any

from biomarker.config.base import settings_from
from biomarker.config.economics import Economics, StateVisits
from biomarker.data.cohort import Cohort
from biomarker.data.cohort_files import read_cohort
from biomarker.data.economics_tables import ECONOMICS_TABLES
from biomarker.data.formula_tables import Formulas
from biomarker.data.tables import CandidateCutoffs, read_table, write_rows
from biomarker.data.trial_tables import TrialDesigns, TrialMarker
from biomarker.discovery.marker_groups import marker_groups
from biomarker.discovery.measured_utility import measured_utility
from biomarker.economics.proposal.inputs import evaluate_as_asked
from biomarker.economics.proposal.records import Records, course_of, records_of, trajectory_rows, transition_rows
from biomarker.ingest.privacy import PrivacySettings, pseudonym
from biomarker.ingest.state_visits import read_state_visits
from biomarker.rng import stream
from biomarker.stages.job import Job


def run(job: Job) -> None:
    """Settings: ``economics``, ``privacy``, ``small_cell``, ``seed``."""
    economics = Economics.model_validate(job.settings["economics"])
    marker = read_table(job.inputs["marker"], TrialMarker).to_dicts()
    designs = read_table(job.inputs["designs"], TrialDesigns)
    assumed, course = economics.assumptions(), None
    rows: dict[str, list[dict[str, Any]]] = {"transitions": [], "trajectories": []}
    if "subjects" in job.inputs:
        cohort = read_cohort(job.inputs["subjects"], job.inputs["endpoints"], job.inputs_of("features"))
        if economics.utility_feature is not None:
            assumed["utility_controlled"] = measured_utility(cohort, economics.utility_feature)
        if economics.visits is not None:
            visits, draws = economics.visits, stream(job.settings["seed"], "economics", "trajectories")
            records = _records(job, cohort, visits, marker[0])
            states = {state.name: state.model_dump() for state in visits.states}
            course = course_of(records, states=states, allowed=visits.allowed, exact=visits.exact)
            rows["transitions"] = transition_rows(course)
            rows["trajectories"] = trajectory_rows(
                course, records, horizon=economics.horizon, rng=draws, small_cell=job.settings["small_cell"]
            )
    made = evaluate_as_asked(
        marker[0],
        marker,
        economics.model_dump(),
        assumed,
        sizes=designs.filter("recommended")["n_randomised"].drop_nulls().to_list(),
        rng=stream(job.settings["seed"], "economics", "draws"),
        course=course,
    )
    for name, schema in ECONOMICS_TABLES.items():
        found = rows[name] if name in rows else getattr(made, name)
        write_rows(found, schema, job.outputs[name], provenance=job.provenance, tsv=name == "strategies")


def _records(job: Job, cohort: Cohort, visits: StateVisits, facts: dict[str, Any]) -> Records:
    """The visits with the arm and the marker group of each subject."""
    privacy = settings_from(PrivacySettings, job.settings.get("privacy", {}))
    seen = read_state_visits(
        job.inputs["visits"],
        **visits.model_dump(include={"id", "time", "unit", "state", "utility"}),
        states=[state.name for state in visits.states],
        subject_ids=cohort.subject_ids,
        spelt=pseudonym if privacy.pseudonyms else str,
    )
    formulas = [read_table(path, Formulas) for path in job.inputs_of("formula").values()]
    records = dict(formulas[0].select("candidate_id", "record").iter_rows()) if formulas else {}
    return records_of(
        **vars(seen),
        arms=None if cohort.treatment is None else cohort.treatment.arms,
        compared=(facts["active"], facts["control"]),
        positive=marker_groups(cohort, read_table(job.inputs["cutoffs"], CandidateCutoffs), facts, records),
    )
