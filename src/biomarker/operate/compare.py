"""Two runs side by side: what changed in data, settings and code, who is analysed, and what was found."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from biomarker.data.tables import Candidates, Flow, read_table
from biomarker.operate.facts import RunFacts, facts_of

__all__ = ["Change", "RunComparison", "compare_runs", "describe"]

KEY = ["candidate_id", "endpoint", "comparison", "contrast"]
#: Candidates of each list whose movement is told although they are called in neither run.
FIRST = 10
#: Changes of each kind that are told in lines for people; `--json` has all.
SHOWN = 20


@dataclass(frozen=True)
class Change:
    """One thing that differs; None where one run has no such thing."""

    what: str
    before: str | float | None
    after: str | float | None


@dataclass(frozen=True)
class RunComparison:
    """What differs between two runs.

    Attributes
    ----------
    before, after : str
        Folders of the results.
    data : tuple of Change
        Files of the study by job and name, with their SHA-256.
    settings, code : tuple of Change
        Keys of the study file; digests of what jobs ran, of the lock, and the version.
    subjects : tuple of Change
        Counts of the patient flow.
    called : tuple of Change
        Candidates that one run calls and the other does not: q-values.
    ranks : tuple of Change
        Ranks of candidates that are called, or among the first of their list, in either run.
    effects : tuple of Change
        Estimates of what both runs call, where they differ by more than a tenth of their standard error.
    recommendation : tuple of Change
        Lines of the recommended study.
    """

    before: str
    after: str
    data: tuple[Change, ...]
    settings: tuple[Change, ...]
    code: tuple[Change, ...]
    subjects: tuple[Change, ...]
    called: tuple[Change, ...]
    ranks: tuple[Change, ...]
    effects: tuple[Change, ...]
    recommendation: tuple[Change, ...]


def compare_runs(before: Path, after: Path) -> RunComparison:
    """Compare the results of two runs.

    Parameters
    ----------
    before, after : Path
        Folders ``results/<study name>``.

    Raises
    ------
    ConfigError
        One of them holds no finished run.
    """
    facts = facts_of(before), facts_of(after)
    rows = [_candidates(fact) for fact in facts]
    both = rows[0].join(rows[1], on=KEY, how="full", suffix="_after", coalesce=True).sort(KEY)
    return RunComparison(
        before=str(before),
        after=str(after),
        data=_differences(facts[0].inputs, facts[1].inputs),
        settings=_differences(facts[0].settings, facts[1].settings),
        code=_differences(_code(facts[0]), _code(facts[1])),
        subjects=_differences(_flow(before), _flow(after)),
        called=_called(both),
        ranks=_ranks(both),
        effects=_effects(both),
        recommendation=_differences(_recommendation(before), _recommendation(after)),
    )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    names = sorted({*before, *after})
    return tuple(Change(n, before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n))


def _code(facts: RunFacts) -> dict[str, str]:
    return {"package": facts.package, "lock": facts.lock, **{f"code of {job}": d for job, d in facts.code.items()}}


def _flow(results: Path) -> dict[str, int]:
    """Each count of the patient flow, by what it counts."""
    flow = read_table(results / "flow.parquet", Flow).filter(pl.col("unit") == "subjects")
    named = ["scope", "modality", "endpoint", "comparison", "contrast", "kind", "reason"]
    rows = flow.group_by(named, maintain_order=True).agg(pl.col("n").sum())
    return {", ".join(str(row[c]) for c in named if row[c] is not None): row["n"] for row in rows.to_dicts()}


def _candidates(facts: RunFacts) -> pl.DataFrame:
    table = read_table(facts.results / "candidates.parquet", Candidates)
    called = pl.col("q_value") <= float(json.loads(facts.settings["rank.q"]))
    return table.select(*KEY, "rank", "q_value", "estimate", "std_error", called.alias("called"))


def _named(row: Mapping[str, Any]) -> str:
    of = f" ({row['comparison']})" if row["comparison"] != "none" else ""
    return f"{row['candidate_id']}: {row['contrast']}, {row['endpoint']}{of}"


def _called(both: pl.DataFrame) -> tuple[Change, ...]:
    before, after = pl.col("called").fill_null(value=False), pl.col("called_after").fill_null(value=False)
    rows = both.filter(before != after).sort(pl.min_horizontal("q_value", "q_value_after"), maintain_order=True)
    return tuple(Change(_named(row), row["q_value"], row["q_value_after"]) for row in rows.to_dicts())


def _ranks(both: pl.DataFrame) -> tuple[Change, ...]:
    leading = pl.any_horizontal("called", "called_after", pl.col("rank", "rank_after") <= FIRST)
    moved = both.filter(leading & ~pl.col("rank").eq_missing(pl.col("rank_after")))
    moved = moved.sort(pl.min_horizontal("rank", "rank_after"), maintain_order=True)
    return tuple(Change(_named(row), row["rank"], row["rank_after"]) for row in moved.to_dicts())


def _effects(both: pl.DataFrame) -> tuple[Change, ...]:
    apart = (pl.col("estimate") - pl.col("estimate_after")).abs() > 0.1 * pl.col("std_error")
    rows = both.filter(pl.col("called") & pl.col("called_after") & apart)
    return tuple(Change(_named(row), row["estimate"], row["estimate_after"]) for row in rows.to_dicts())


def _recommendation(results: Path) -> dict[str, str]:
    """Every cell of the recommended study, where the run has one."""
    path = results / "trial" / "recommendation.parquet"
    if not path.is_file():
        return {}
    rows = pl.read_parquet(path).to_dicts()
    many = len(rows) > 1
    return {f"{key} ({i + 1})" if many else key: str(v) for i, row in enumerate(rows) for key, v in row.items()}


HEADINGS = {
    "data": "data: files that differ",
    "settings": "settings",
    "code": "code and versions",
    "subjects": "who is analysed",
    "called": "called in one run only (q-values)",
    "effects": "effects of what both call, apart by more than a tenth of a standard error",
    "ranks": f"ranks of what is called or among the first {FIRST} of a list",
    "recommendation": "the recommended study",
}


def describe(comparison: RunComparison) -> Iterator[str]:
    """The same in lines for people: nothing changed, or what did."""
    yield f"before: {comparison.before}"
    yield f"after:  {comparison.after}"
    changes = {name: value for name, value in asdict(comparison).items() if name in HEADINGS and value}
    if not changes:
        yield "nothing differs: data, settings, code, analysed subjects, candidates and recommendation are the same"
    for name, heading in HEADINGS.items():
        here: tuple[Change, ...] = getattr(comparison, name)
        if not here:
            continue
        yield f"{heading} ({len(here)})"
        for change in here[:SHOWN]:
            yield f"  {change.what}: {_shown(change.before)} -> {_shown(change.after)}"
        if len(here) > SHOWN:
            yield f"  and {len(here) - SHOWN} more (--json shows all)"


def _shown(value: str | float | None) -> str:
    if value is None:
        return "absent"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and set(text) <= set("0123456789abcdef") else text
