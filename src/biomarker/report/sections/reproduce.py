"""Provenance: what it takes to get the same numbers again, and what it cost."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from biomarker.report.blocks import (
    LONGEST_SENTENCE,
    Text,
    clean,
    code,
    column,
    number,
    paragraph,
    picture,
    say,
    section,
    table,
)
from biomarker.report.facts import Facts
from biomarker.report.wording import named

__all__ = ["make"]

MOST_BARS = 20
_KNOWN = ("code", "lock", "locks", "seed", "versions", "inputs", "commands")


def make(facts: Facts) -> dict[str, Any]:
    """The section."""
    provenance = facts.inputs.provenance
    study = facts.study
    commands = provenance.get("commands") or [f"biomarker run {study.name}.yaml --cores 2"]
    blocks = [
        paragraph(say("reproduce.intro")),
        code([clean(line, longest=LONGEST_SENTENCE) for line in commands], say("reproduce.commands")),
    ]
    blocks += [paragraph(text) for text in _locks(provenance.get("locks") or ())]
    blocks.append(_identity(facts, provenance))
    if inputs := provenance.get("inputs"):
        blocks.append(_inputs(inputs))
    if versions := provenance.get("versions"):
        rows = [[clean(name), clean(version)] for name, version in sorted(versions.items())]
        columns = [column("package", "name"), column("version", "text")]
        blocks.append(table("versions", say("reproduce.versions"), columns, rows))
    if facts.inputs.runs:
        blocks += [*_times(facts), _runs(facts)]
    return section("reproduce", blocks)


def _locks(locks: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """When the study was locked, and what is not as it was then; that it never was, where it was not."""
    if not locks:
        yield say("reproduce.never_locked")
    for lock in locks:
        time = str(lock["time"]).replace("T", " ").replace("+00:00", " UTC")
        changed = [_changed(name) for name in lock["changed"]]
        key = "reproduce.locked_since" if changed else "reproduce.locked"
        yield say(key, time=time, changed=named(changed, most=12))
        if lock["after_results"]:
            yield say("reproduce.locked_after_results", time=time)
    if not all(lock["intact"] for lock in locks):
        yield say("reproduce.lock_broken")


def _changed(name: str) -> Any:
    return say(f"reproduce.changed.{name}") if name in ("code", "requirements") else clean(name)


def _inputs(inputs: Mapping[str, str]) -> dict[str, Any]:
    """Each file once, with all that it was read as; never the folder it lay in."""
    files: dict[tuple[str, str], dict[str, None]] = {}
    for name, checksum in sorted(inputs.items()):
        what, _, path = str(name).rpartition(": ")
        files.setdefault((clean(path.rpartition("/")[2]), str(checksum)), {})[clean(what)] = None
    rows = [
        [file, named([*what], most=12) if any(what) else None, checksum] for (file, checksum), what in files.items()
    ]
    columns = [column("file", "name"), column("read_as", "text"), column("checksum", "code")]
    return table("inputs", say("reproduce.inputs"), columns, rows)


def _identity(facts: Facts, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Seed and digests, then whatever else the provenance says in one word."""
    rows: list[list[Any]] = [[say("reproduce.seed"), str(facts.study.seed)]]
    rows += [[say(f"reproduce.{key}"), str(provenance[key])] for key in ("code", "lock") if provenance.get(key)]
    rows += [
        [clean(key), clean(value)]
        for key, value in sorted(provenance.items())
        if key not in _KNOWN and isinstance(value, str | int | float)
    ]
    return table("identity", say("reproduce.identity"), [column("what", "name"), column("value", "code")], rows)


def _times(facts: Facts) -> list[dict[str, Any]]:
    """Seconds of each stage, the longest first."""
    runs = sorted((run for run in facts.inputs.runs if run.get("seconds")), key=lambda run: -run["seconds"])
    lines = [
        {
            "name": clean(run["stage"]),
            "low": 0,
            "high": number(run["seconds"]),
            "text": say("times.text", seconds=run["seconds"], memory=run.get("peak_rss_mb")),
        }
        for run in runs[:MOST_BARS]
    ]
    return [picture("bars", "times", {"x_title": say("times.x"), "lines": lines})] if lines else []


def _runs(facts: Facts) -> dict[str, Any]:
    """Time, memory, threads and device of each stage."""
    runs = list(facts.inputs.runs)
    rows = [
        [
            clean(run["stage"]),
            number(run.get("seconds")),
            number(run.get("peak_rss_mb")),
            number(run.get("threads")),
            clean(run.get("device") or "") or None,
            clean(str(run.get("started") or "").replace("T", " ").replace("+00:00", " UTC")) or None,
        ]
        for run in runs
    ]
    columns = [
        column("stage", "name"),
        column("seconds", "number"),
        column("memory", "number"),
        column("threads", "count"),
        column("device", "text"),
        column("started", "text"),
    ]
    seconds = sum(run.get("seconds") or 0.0 for run in runs)
    memory = max((run.get("peak_rss_mb") or 0.0 for run in runs), default=0.0)
    return table("runs", say("reproduce.runs", seconds=seconds, memory=memory), columns, rows)
