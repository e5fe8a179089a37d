"""What is no fault of a study, and yet worth a second look before it runs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from biomarker.config.file import StudyFile
from biomarker.quality.names import later_time, personal

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from biomarker.data.endpoint import Endpoint
    from biomarker.data.matrix import FeatureValues
    from biomarker.features.builder import Matching
    from biomarker.ingest.source import Ingested

__all__ = ["endpoint_warnings", "modality_warnings", "row_warnings", "settings_warnings", "subject_warnings"]

#: An arm with fewer subjects than this is warned of.
SMALL_ARM = 20
#: A modality is warned of where this share of its rows cannot be used.
SMALL_SHARE = 0.1
_SHOWN = 5


def settings_warnings(study: StudyFile) -> Iterator[str]:
    """What the study file alone shows: covariates that a later day, or a person, is named in."""
    columns = [str(c.column) for c in study.subjects.covariate_settings]
    yield from _of_names("subjects.covariates", columns, "leave it out of the covariates")


def subject_warnings(study: StudyFile, subjects: "pl.DataFrame") -> Iterator[str]:
    """Identifiers that are not searched for; arms, groups and levels of covariates that hold very few subjects."""
    from biomarker.data.identifiers import unsearched_warning
    from biomarker.quality.small import small_groups

    ids = [
        one
        for column in ("subject_id", "patient")
        if column in subjects.columns
        for one in subjects[column].drop_nulls()
    ]
    if not study.privacy.pseudonyms and (told := unsearched_warning(ids)):
        yield told
    if (treatment := study.subjects.treatment) is not None:
        compared = {arm for pair in treatment.pairs for arm in pair}
        for arm, n in small_groups((a for a in subjects["arm"] if a in compared), least=SMALL_ARM).items():
            yield f"subjects.treatment: the arm {arm!r} has {n} subjects, fewer than {SMALL_ARM}"
        if idle := sum(arm not in compared for arm in subjects["arm"]):
            yield (
                f"subjects.treatment: {idle} of {subjects.height} subjects are in none of the compared arms: "
                "they say nothing about what changes the effect of treatment"
            )
    least = study.screen.min_group
    if study.subjects.group is not None:
        groups = subjects["group"].drop_nulls()
        if few := small_groups(groups, least=least):
            yield (
                f"subjects.group: {len(few)} of {groups.n_unique()} groups have fewer than {least} subjects "
                "(screen.min_group)"
            )
    for covariate in study.subjects.covariate_settings:
        levels = subjects[f"cov_{covariate.name}"]
        if levels.dtype.is_numeric():
            continue
        few = small_groups(levels, least=least)
        if few:
            # the levels themselves are not told: nobody has said that they are no names
            yield (
                f"subjects.covariates: {len(few)} of the {levels.drop_nulls().n_unique()} levels of {covariate.name} "
                f"have fewer than {least} subjects (screen.min_group): put rare ones together, or leave it out"
            )


def endpoint_warnings(study: StudyFile, subjects: "pl.DataFrame", endpoints: "Sequence[Endpoint]") -> Iterator[str]:
    """Endpoints with too few events to be tested, alone or in an arm; and covariates too good to be true."""
    import numpy as np

    from biomarker.quality.small import too_few

    least = study.screen.min_events
    arms = subjects["arm"].to_numpy()
    compared = {arm for pair in study.subjects.treatment.pairs for arm in pair} if study.subjects.treatment else set()
    for endpoint in endpoints:
        limit = f"fewer than {least} (screen.min_events)"
        if short := too_few(endpoint, np.ones(len(arms), dtype=bool), least=least):
            yield f"endpoints: {endpoint.name} has {short}, {limit}: it is not tested"
            continue
        for arm in sorted(compared):
            if short := too_few(endpoint, arms == arm, least=least):
                yield (
                    f"endpoints: {endpoint.name} has {short} in the arm {arm!r}, {limit}: "
                    "no marker is tested for changing the effect of treatment on it"
                )
    names, values = _covariate_columns(study, subjects)
    if names:
        yield from _leaks(study, "subjects.covariates", names, values, endpoints, "leave it out of the covariates")


def row_warnings(name: str, ingested: "Ingested", matching: "Matching") -> Iterator[str]:
    """Rows that cannot be used, and subjects whose values are all of another time, where they are many.

    Then it is the file, or a setting, and no single row.
    """
    from biomarker.features.labs import OUT_OF_WINDOW

    late = matching.excluded.get(OUT_OF_WINDOW, 0)
    if late > SMALL_SHARE * matching.cohort:
        yield (
            f"modalities.{name}: {late} of {matching.cohort} subjects have values, and none in the window: later "
            "values are never read as baseline. Check the dates and what day 0 is"
        )
    lost = ingested.quarantine
    if lost.height < SMALL_SHARE * ingested.rows_in or not lost.height:
        return
    counts = lost["reason"].value_counts().sort("count", "reason", descending=[True, False])
    reasons = [f"{reason} ({n})" for reason, n in counts.iter_rows()]
    yield f"modalities.{name}: {lost.height} of {ingested.rows_in} rows are quarantined: {_few(reasons)}"


def modality_warnings(
    study: StudyFile, name: str, values: "FeatureValues", subject_ids: Sequence[str], endpoints: "Sequence[Endpoint]"
) -> Iterator[str]:
    """Features named after a later day or a person, rare ones, and such that are too good to be true."""
    import numpy as np

    from biomarker.ingest.spreadsheet import mangled
    from biomarker.quality.small import rare_values

    where = f"modalities.{name}"
    features = values.features["feature_id"].to_list()
    yield from _of_names(where, features, f"name it under {where}.exclude")
    changed = mangled(values.features["feature_id"])
    if changed.any():
        yield (
            f"{where}: {_few(values.features['feature_id'].filter(changed).to_list())}: a spreadsheet may have turned "
            "names into dates. Take the file as it was before, if so"
        )
    least = study.screen.min_group
    if rare := rare_values(values.values, least=least):
        yield (
            f"{where}: {rare} of {len(features)} features have two values, the rarer in fewer than {least} subjects "
            "(screen.min_group); they are not tested"
        )
    place = {subject: i for i, subject in enumerate(subject_ids)}
    rows = np.array([place[subject] for subject in values.subject_ids])
    labels = dict(zip(features, values.features["label"].to_list(), strict=True))
    shown = [name if labels[name] == name else f"{name} ({labels[name]})" for name in features]
    yield from _leaks(study, where, shown, values.values, endpoints, f"name it under {where}.exclude", rows)


# --- names ------------------------------------------------------------------------------------------------------------


def _of_names(where: str, names: Iterable[str], remedy: str) -> Iterator[str]:
    names = list(names)
    later = [f"{name} ({words!r})" for name in names if (words := later_time(name))]
    if later:
        yield (
            f"{where}: {_few(later)}: the name speaks of a time after treatment began. If that is so, {remedy}, and "
            "give the reason under subjects.post_baseline"
        )
    if people := [name for name in names if personal(name)]:
        yield f"{where}: {_few(people)}: the name speaks of a person's identity. If that is so, {remedy}"


def _few(words: Sequence[str]) -> str:
    return ", ".join(words[:_SHOWN]) + (f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else "")


# --- too good to be true ----------------------------------------------------------------------------------------------


def _leaks(
    study: StudyFile,
    where: str,
    names: Sequence[str],
    values: "np.ndarray[Any, Any]",
    endpoints: "Sequence[Endpoint]",
    remedy: str,
    subjects: "np.ndarray[Any, Any] | None" = None,
) -> Iterator[str]:
    from biomarker.quality.leaks import LeakLimits, find_leaks
    from biomarker.rng import stream

    rng = stream(study.study.seed, "check", "leaks", where)
    found = find_leaks(values, endpoints, subjects=subjects, limits=LeakLimits(), rng=rng)
    for leak in found[:_SHOWN]:
        endpoint = endpoints[leak.endpoint]
        what = "AUC" if endpoint.type == "binary" else "C"
        events = "" if endpoint.type in ("continuous", "ordinal") else f", {leak.n_events} events"
        yield (
            f"{where}: {names[leak.feature]} tells {endpoint.name} suspiciously well (held-out {what} "
            f"{leak.concordance:.2f}; {leak.n} subjects{events}): was it known before treatment began? If not, "
            f"{remedy}, and give the reason under subjects.post_baseline"
        )
    if len(found) > _SHOWN:
        yield f"{where}: {len(found) - _SHOWN} more pairs of feature and endpoint are suspiciously close"


def _covariate_columns(study: StudyFile, subjects: "pl.DataFrame") -> tuple[list[str], "np.ndarray[Any, Any]"]:
    """Covariates as numbers: those that are, and an indicator of each level of the others."""
    import numpy as np

    names, columns = [], []
    for covariate in study.subjects.covariate_settings:
        given = subjects[f"cov_{covariate.name}"]
        if given.dtype.is_numeric():
            names.append(covariate.name)
            columns.append(given.to_numpy().astype(float))
            continue
        for level in given.drop_nulls().unique().sort():
            names.append(f"a level of {covariate.name}")
            columns.append((given == level).cast(float).to_numpy().astype(float))
    return names, np.column_stack(columns) if columns else np.empty((subjects.height, 0))
