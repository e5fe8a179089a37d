"""Ten million rows of measurements to features: `python -m benchmarks.records`, table in benchmarks/RECORDS.md.

Made-up rows of OMOP's table measurement: 100,000 persons, 20 tests, 100 values each. Read from Parquet, and from a
PostgreSQL server where one is installed, each in a process of its own for its memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.measure import machine, peak_megabytes

HERE = Path(__file__).parent
PERSONS, TESTS = 100_000, 20
#: What is promised: seconds and megabytes from Parquet, and how many times as long from PostgreSQL.
SECONDS, MEGABYTES, TIMES = 90, 4000, 3


def make(folder: Path, rows: int) -> None:
    """Tables of a CDM with this many measurements."""
    rng = np.random.default_rng(1)
    persons = max(1, PERSONS * rows // 10_000_000)
    start = np.datetime64("2020-01-01")
    person = np.sort(rng.integers(1, persons + 1, rows))
    pl.DataFrame(
        {"person_id": np.arange(1, persons + 1), "year_of_birth": 1960, "gender_concept_id": 8507}
    ).write_parquet(folder / "person.parquet")
    pl.DataFrame(
        {
            "measurement_id": np.arange(1, rows + 1),
            "person_id": person,
            "measurement_concept_id": 3000 + rng.integers(0, TESTS, rows),
            "measurement_date": start + rng.integers(-365, 1, rows).astype("timedelta64[D]"),
            "value_as_number": rng.normal(5.0, 1.0, rows).round(2),
            "unit_source_value": pl.repeat("mmol/L", rows, eager=True),
            "range_high": rng.choice([6.0, 7.0], rows),
        }
    ).write_parquet(folder / "measurement.parquet")


def features(path: str) -> dict[str, float]:
    """Read and build in this process: seconds, peak memory, and the sum of what came out."""
    from biomarker.features.records import RecordsFeatures, build_records
    from biomarker.ingest.omop import OmopSettings, read_omop

    clock = time.perf_counter()
    found = read_omop(OmopSettings(path=path, domain="measurement"), base=Path())
    read = time.perf_counter() - clock
    subjects = pl.DataFrame({"subject_id": found.content["subject_id"].unique(maintain_order=True)})
    subjects = subjects.with_columns(date_index=pl.date(2020, 1, 1))
    built = build_records(found.content, RecordsFeatures(index_date="index"), subjects=subjects)
    peak = peak_megabytes()
    return {
        "rows": found.rows_used,
        "read": round(read, 1),
        "seconds": round(time.perf_counter() - clock, 1),
        "megabytes": round(peak),
        "features": built.values.features.height,
        "sum": round(float(np.nansum(built.values.values)), 3),
    }


def alone(path: str, environment: dict[str, str] | None = None) -> dict[str, float]:
    """`features` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.records", "--of", path]
    environment = {**os.environ, "POLARS_MAX_THREADS": "2", **(environment or {})}
    done = subprocess.run(command, cwd=HERE.parent, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def from_postgres(folder: Path) -> dict[str, float] | None:
    """The same from a server that is started for it; None where PostgreSQL is not installed."""
    sys.path.insert(0, str(HERE.parent / "tests" / "unit" / "ingest"))
    import postgres_server

    place = postgres_server.binaries()
    if place is None:
        return None
    with postgres_server.server(place) as made:
        tables = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("person", "measurement")}
        postgres_server.load(made, "cdm", tables)
        del tables
        return alone("postgresql:cdm", made.environment())


def main() -> None:
    """Measure, write the table, and fail where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--of", default="")
    given = parser.parse_args()
    if given.of:
        print(json.dumps(features(given.of)))
        return
    taken = machine()
    with tempfile.TemporaryDirectory() as name:
        make(Path(name), given.rows)
        found = {"Parquet": alone(name)}
        print(json.dumps(found), flush=True)
        found["PostgreSQL"] = from_postgres(Path(name))
    lines = [
        "# Measurements of OMOP to features",
        "",
        "Made by `python -m benchmarks.records`.",
        "",
        f"Machine: {'; '.join(f'{k} {v}' for k, v in taken.items())}.",
        "",
        "| From | Rows | Features | Seconds to read | Seconds in all | Peak MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for source, one in found.items():
        if one is not None:
            cells = (f"{one['rows']:,}", one["features"], one["read"], one["seconds"], f"{one['megabytes']:,}")
            lines.append(f"| {source} | {' | '.join(map(str, cells))} |")
    print("\n".join(lines))
    if given.rows == 10_000_000:
        (HERE / "RECORDS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    parquet, postgres = found["Parquet"], found["PostgreSQL"]
    assert parquet is not None
    kept = parquet["seconds"] < SECONDS and parquet["megabytes"] < MEGABYTES
    if postgres is not None:
        assert postgres["sum"] == parquet["sum"]
        kept = kept and postgres["seconds"] < TIMES * parquet["seconds"]
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
