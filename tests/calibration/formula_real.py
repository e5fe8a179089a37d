"""The search in real studies, as they are: `python tests/calibration/formula_real.py DATA`, where the data are.

IMvigor210 (one arm: expression, mutations, staining, immune phenotype; response and survival) and GSE7390 (76 probes,
time to distant metastasis). Writes docs/formula-real.md: what leads, what holds in held-out subjects, what does not.
"""
# ruff: noqa: E501 (lines of a page)

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "formula-real.md"
SHOWN = 5


def imvigor210(data: Path, folder: Path) -> dict[str, Any]:
    """The study of the tests, with the immune phenotype as an ordered level."""
    for path in (data / "imvigor210").iterdir():
        shutil.copyfile(path, folder / path.name)
    content = yaml.safe_load((ROOT / "tests" / "studies" / "imvigor210.yaml").read_text(encoding="utf-8"))
    clinical = content["modalities"]["clinical"]
    clinical["columns"].append("Immune.phenotype")
    clinical["labels"]["Immune.phenotype"] = "Immune phenotype (desert, excluded, inflamed)"
    clinical["codes"]["Immune.phenotype"] = {"desert": 0, "excluded": 1, "inflamed": 2}
    return content


def gse7390(data: Path, folder: Path) -> dict[str, Any]:
    """198 node-negative breast cancers, 76 probes of a published signature, time to distant metastasis in days."""
    table = pl.read_csv(data / "gse7390" / "gse7390.csv")
    table = table.select(pl.int_range(pl.len()).cast(pl.String).alias("subject_id"), *table.columns)
    table = table.with_columns("T" + pl.col("subject_id"))
    table.write_csv(folder / "all.csv")
    probes = [name for name in table.columns if name.startswith("X")]
    return {
        "study": {"name": "gse7390", "title": "GSE7390: distant metastasis of breast cancer", "seed": 20261122},
        "subjects": {"type": "table", "path": "all.csv", "id": "subject_id", "covariates": ["age", "size", "er"]},
        "endpoints": [
            {
                "name": "metastasis", "label": "Time to distant metastasis", "type": "survival", "time": "t.tdm",
                "event": {"column": "e.tdm", "value": [1], "censored": [0]}, "unit": "days", "better": "longer",
            }
        ],
        "modalities": {
            "genes": {
                "type": "expression", "path": "all.csv", "id": "subject_id", "orientation": "subjects_in_rows",
                "scale": "log2", "columns": probes,
            }
        },
    }  # fmt: skip


STUDIES = {"imvigor210": imvigor210, "gse7390": gse7390}


def searched(name: str, data: Path) -> tuple[pl.DataFrame, pl.DataFrame, float]:
    """Formulas and counts of one study, and the minutes it took."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        content = STUDIES[name](data, folder)
        content["formula"] = {}  # all pairs of all features, as by default
        (folder / "study.yaml").write_text(
            yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8"
        )
        begun = time.monotonic()
        command = [sys.executable, "-m", "biomarker", "run", "study.yaml", "--cores", "1", "--until", "formula"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        results = folder / "results" / content["study"]["name"] / "formula"
        found = [pl.read_parquet(results / f"{table}.parquet") for table in ("formulas", "counts")]
        return found[0], found[1], (time.monotonic() - begun) / 60


def described(name: str, formulas: pl.DataFrame, counts: pl.DataFrame, minutes: float) -> list[str]:
    """What a reader has to know of one study."""
    own = counts.filter(pl.col("unit") == "formulas")
    refused = int(own.filter(pl.col("reason").is_not_null())["n"].sum())
    judged = int(own.filter(pl.col("reason").is_null())["n"].sum())
    why = own.drop_nulls("reason").group_by("reason").agg(pl.col("n").sum()).sort("n", descending=True)
    reasons = "; ".join(f"{n:,}: {reason}" for reason, n in why.iter_rows())
    lines = [
        f"\n## {name}\n",
        f"{judged:,} formulas judged in {minutes:.1f} minutes on one core that others used too; {refused:,} refused ({reasons}).\n",
    ]
    leaders = formulas.filter(pl.col("leader")).sort("endpoint", "rank")
    for (endpoint,), rows in leaders.group_by("endpoint", maintain_order=True):
        held = rows.filter(pl.col("p_heldout") <= 0.05)
        first = rows.row(0, named=True)
        lines += [
            f"**{endpoint}**: {first['n_searched_subjects']} subjects searched; of {rows.height} leading formulas {held.height}"
            f" hold in held-out subjects at 5% by Holm, {rows.filter(pl.col('heldout_statistic') > 0).height} point the same way.\n",
            "| formula | found: t | held out: adds, z | alone, z | parts alone, z | p (Holm) | steady |",
            "|---|---|---|---|---|---|---|",
        ]
        for row in rows.filter((pl.col("rank") <= SHOWN) | (pl.col("p_heldout") <= 0.05)).iter_rows(named=True):
            numbers = (row["heldout_statistic"], row["heldout_plain"])
            tested = ["-" if v is None else f"{v:.2f}" for v in numbers]
            parts = ", ".join(f"{part:.1f}" for part in row["heldout_parts"])
            lines.append(
                f"| {row['label'].replace('|', chr(92) + '|')} | {row['statistic']:.2f} | {' | '.join(tested)} | {parts} | {row['p_heldout']:.2g}"
                f" | {row['stability']:.2f} |"
            )
        lines.append("")
    return lines


def main() -> None:
    """Search both studies and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the reference data")
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args()
    lines = [
        "# Search for formulas in real studies\n",
        "Written by `python tests/calibration/formula_real.py DATA`: all pairs of all features, two thirds of the subjects"
        " searched, the first 20 of each endpoint tried in the others. What does not hold there is an idea at most.",
    ]
    for name in STUDIES:
        lines += described(name, *searched(name, asked.data))
    asked.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
