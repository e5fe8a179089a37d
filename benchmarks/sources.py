"""How fast each source reads beside the usual reader of its format: `python -m benchmarks.sources`.

Each reading is a process of its own, so that its peak memory is its own; the usual reader only loads the table, where
the source also checks every cell, converts units and accounts for every row. `--large` adds a million cells and a
laboratory table of 50 million rows, from the file to features (an hour or so; `--rows 2000000` measures a part of it).
"""

import argparse
import json
import multiprocessing
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measure import peak_megabytes

RESULTS = Path(__file__).with_name("SOURCES.md")
TESTS = ("ALT", "AST", "LDH", "CRP", "albumin", "creatinine", "bilirubin", "platelets")


@dataclass(frozen=True)
class Case:
    """A source, a file of it, and the usual reader."""

    source: str
    rows: int
    unit: str
    write: Callable[[Path, int], None]
    settings: dict[str, Any]
    usual: str
    read_usual: Callable[[Path], Any]


def write_labs(folder: Path, n: int) -> None:
    draw = np.random.default_rng(0)
    pl.DataFrame(
        {
            "subject_id": [f"P{i:06d}" for i in np.arange(n) // 40],
            "test": [TESTS[i % 8] for i in range(n)],
            "value": draw.lognormal(3, 0.5, n).round(2),
            "unit": ["U/L"] * n,
            "day": -(np.arange(n) // 8 % 5),
            "low": np.zeros(n),
            "high": np.full(n, 50.0),
        }
    ).write_csv(folder / "labs.csv")


def write_npx(folder: Path, n: int) -> None:
    draw, assay = np.random.default_rng(1), np.arange(n) % 368
    pl.DataFrame(
        {
            "SampleID": [f"P{i:06d}" for i in np.arange(n) // 368],
            "OlinkID": [f"OID{k:05d}" for k in assay],
            "Assay": [f"A{k:04d}" for k in assay],
            "Panel": ["X"] * n,
            "PlateID": ["1"] * n,
            "QC_Warning": ["Pass"] * n,
            "LOD": np.full(n, 1.0),
            "NPX": draw.normal(5, 1, n).round(4),
        }
    ).write_csv(folder / "npx.csv")


def write_maf(folder: Path, n: int) -> None:
    draw = np.random.default_rng(2)
    pl.DataFrame(
        {
            "Hugo_Symbol": [f"GENE{k}" for k in draw.integers(0, 400, n)],
            "Variant_Classification": draw.choice(["Missense_Mutation", "Silent", "Nonsense_Mutation"], n),
            "Tumor_Sample_Barcode": [f"P{k:05d}" for k in draw.integers(0, 3000, n)],
            "Chromosome": draw.integers(1, 23, n).astype(str),
            "Start_Position": draw.integers(1, 10**8, n),
            "Reference_Allele": ["A"] * n,
            "Tumor_Seq_Allele2": ["C"] * n,
        }
    ).write_csv(folder / "m.maf", separator="\t")


def write_vcf(folder: Path, n: int) -> None:
    """Records of ten samples with one consequence each."""
    draw = np.random.default_rng(7)
    terms = draw.choice(["missense_variant", "synonymous_variant", "stop_gained"], n)
    genes, calls = draw.integers(0, 400, n), draw.choice(["0/0", "0/0", "0/0", "0/1"], (n, 10))
    samples = "\t".join(f"P{k}" for k in range(10))
    declared = "Consequence annotations from Ensembl VEP. Format: Allele|Consequence|IMPACT|SYMBOL|HGVSp"
    with (folder / "v.vcf").open("w") as text:
        text.write("##fileformat=VCFv4.2\n")
        text.write(f'##INFO=<ID=CSQ,Number=.,Type=String,Description="{declared}">\n')
        text.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n##contig=<ID=1>\n')
        text.write(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{samples}\n")
        for k in range(n):
            info = f"CSQ=C|{terms[k]}|MODERATE|GENE{genes[k]}|p.R{k % 900 + 1}C"
            text.write(f"1\t{k + 1}\t.\tA\tC\t.\tPASS\t{info}\tGT\t" + "\t".join(calls[k]) + "\n")


def read_vcf_records(folder: Path) -> Any:
    import cyvcf2

    return [(v.POS, v.INFO.get("CSQ"), v.genotype.array()) for v in cyvcf2.VCF(str(folder / "v.vcf"))]


def write_segments(folder: Path, n: int) -> None:
    draw, k = np.random.default_rng(3), np.arange(n)
    pl.DataFrame(
        {
            "subject_id": [f"P{i:05d}" for i in k // 66],
            "chromosome": (k % 66 // 3 + 1).astype(str),
            "start": 1 + 50_000_000 * (k % 3),
            "end": 50_000_000 * (k % 3 + 1),
            "value": draw.normal(0, 0.3, n).round(4),
        }
    ).write_csv(folder / "segments.csv")
    genes = np.arange(440)
    pl.DataFrame(
        {
            "gene": [f"G{g}" for g in genes],
            "chromosome": (genes % 22 + 1).astype(str),
            "start": 1_000_000 + 140_000_000 * (genes // 22) // 20,
            "end": 1_100_000 + 140_000_000 * (genes // 22) // 20,
        }
    ).write_csv(folder / "genes.csv")


def write_groups(folder: Path, n: int) -> None:
    draw = np.random.default_rng(4)
    values = np.rint(np.exp2(draw.normal(25, 2, (n, 100)))) * (draw.random((n, 100)) > 0.3)
    ids = [f"Q{k:06d}" for k in range(n)]
    marks = {name: [""] * n for name in ("Reverse", "Potential contaminant", "Only identified by site")}
    columns = {f"LFQ intensity P{j}": values[:, j] for j in range(100)}
    pl.DataFrame({"Majority protein IDs": ids, "Gene names": ids, **columns, **marks}).write_csv(
        folder / "p.txt", separator="\t"
    )


def write_matrix(folder: Path, n: int) -> None:
    values = np.random.default_rng(5).normal(5, 1, (n, 500)).round(4)
    table = {"gene": [f"G{k}" for k in range(n)], **{f"P{j}": values[:, j] for j in range(500)}}
    pl.DataFrame(table).write_csv(folder / "e.csv")


def write_cells(folder: Path, n: int, *, genes: int = 2_000, seen: int = 150) -> None:
    """Cells in HDF5 as AnnData stores them, written a run at a time."""
    import h5py
    from anndata.io import write_elem
    from pandas import Categorical, DataFrame

    draw = np.random.default_rng(6)
    with h5py.File(folder / "c.h5ad", "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        codes = draw.integers(0, 60, n), draw.integers(0, 8, n)
        obs = DataFrame(
            {
                "subject_id": Categorical.from_codes(codes[0], [f"P{k}" for k in range(60)]),
                "cell_type": Categorical.from_codes(codes[1], [f"T{k}" for k in range(8)]),
            },
            index=np.arange(n).astype(str),
        )
        write_elem(file, "obs", obs)
        write_elem(file, "var", DataFrame(index=[f"G{k}" for k in range(genes)]))
        held = file.create_group("X")
        held.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (n, genes)})
        data = held.create_dataset("data", (n * seen,), np.float32, chunks=(1 << 20,))
        indices = held.create_dataset("indices", (n * seen,), np.int32, chunks=(1 << 20,))
        held["indptr"] = np.arange(n + 1, dtype=np.int64) * seen
        step = genes // seen
        for start in range(0, n, 20_000):
            m = min(20_000, n - start)
            cells = slice(start * seen, (start + m) * seen)
            data[cells] = 1.0 + draw.poisson(1.0, m * seen)
            indices[cells] = (np.arange(seen) * step + draw.integers(0, step, (m, seen))).ravel()


def read_cells_whole(folder: Path) -> Any:
    import anndata
    from scipy.sparse import csr_matrix

    held = anndata.read_h5ad(folder / "c.h5ad")
    group = held.obs["subject_id"].cat.codes.to_numpy().astype(int) * 8 + held.obs["cell_type"].cat.codes.to_numpy()
    to_group = csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))), shape=(480, len(group)))
    return (to_group @ held.X).toarray()


def of_pandas(name: str, separator: str = ",") -> Callable[[Path], Any]:
    def read(folder: Path) -> Any:
        import pandas

        return pandas.read_csv(folder / name, sep=separator)

    return read


PANDAS, WHOLE = "pandas.read_csv", "anndata.read_h5ad and a sum"
CELLS = {"path": "c.h5ad", "matrix": "X"}
CASES = (
    Case("labs", 1_000_000, "rows", write_labs, {"path": "labs.csv", "day": "day", "low": "low", "high": "high"},
         PANDAS, of_pandas("labs.csv")),
    Case("npx", 1_000_000, "rows", write_npx, {"path": "npx.csv"}, PANDAS, of_pandas("npx.csv")),
    Case("maf", 300_000, "rows", write_maf, {"path": "m.maf"}, PANDAS, of_pandas("m.maf", "\t")),
    Case("vcf", 200_000, "records of 10 samples", write_vcf, {"path": "v.vcf"}, "cyvcf2.VCF", read_vcf_records),
    Case("copy-number", 200_000, "rows", write_segments,
         {"path": "segments.csv", "layout": "segments", "values": "log2_ratio", "genes": {"path": "genes.csv"}},
         PANDAS, of_pandas("segments.csv")),
    Case("maxquant", 10_000, "rows of 100 samples", write_groups, {"path": "p.txt"}, PANDAS, of_pandas("p.txt", "\t")),
    Case("expression", 20_000, "rows of 500 samples", write_matrix, {"path": "e.csv", "scale": "log2"}, PANDAS,
         of_pandas("e.csv")),
    Case("single-cell", 100_000, "cells, 150 genes each", write_cells, CELLS, WHOLE, read_cells_whole),
)  # fmt: skip
LARGE = (Case("single-cell", 1_000_000, "cells, 150 genes each", write_cells, CELLS, WHOLE, read_cells_whole),)


def _measured(number: int, large: bool, usual: bool, folder: str, answer: Any) -> None:  # noqa: FBT001
    from biomarker.config.base import settings_from
    from biomarker.ingest.registry import SOURCES

    case = (LARGE if large else CASES)[number]
    source = SOURCES[case.source]
    clock = time.perf_counter()
    if usual:
        case.read_usual(Path(folder))
    else:
        found = source.read(settings_from(source.settings, case.settings), base=Path(folder))
        assert found.rows_in == case.rows
    answer.put((time.perf_counter() - clock, peak_megabytes()))


def measured(number: int, *, large: bool, usual: bool, folder: str) -> tuple[float, float]:
    """Seconds and peak memory (MB) of one reading in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_measured, args=(number, large, usual, folder, answer))
    process.start()
    took, peak = answer.get()
    process.join()
    return took, peak


# --- a laboratory table of any length, from the file to features ------------------------------------------------------

#: Rows of the large laboratory table, and the memory (MB) that it may take.
LAB_ROWS, LAB_MEGABYTES = 50_000_000, 4_000
#: Tests and visits of each subject.
LAB_TESTS, LAB_VISITS = 20, 25


def write_long_labs(folder: Path, n: int) -> None:
    """The same rows as CSV and as Parquet, a run at a time; a few have no value or a unit that is none."""
    import pyarrow.parquet as pq

    draw, step = np.random.default_rng(8), 1_000_000
    with (folder / "labs.csv").open("wb") as text:
        writer = None
        for start in range(0, n, step):
            at = np.arange(start, min(start + step, n))
            table = pl.DataFrame(
                {
                    "subject_id": pl.Series(at // (LAB_TESTS * LAB_VISITS)).cast(pl.String).str.zfill(7),
                    "test": pl.Series(at % LAB_TESTS).cast(pl.String).str.zfill(2),
                    "value": draw.lognormal(3, 0.5, len(at)).round(2),
                    "unit": np.where(draw.random(len(at)) < 1e-5, "drops", "U/L"),
                    "date": pl.Series(draw.integers(19_000, 19_365, len(at))).cast(pl.Int32).cast(pl.Date),
                    "low": 5.0,
                    "high": draw.choice([40.0, 45.0, 50.0], len(at)),
                }
            ).with_columns(pl.when(pl.Series(draw.random(len(at)) > 1e-4)).then("value").alias("value"))
            text.write(table.write_csv(include_header=start == 0).encode())
            arrow = table.cast({"subject_id": pl.String}).to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(folder / "labs.parquet", arrow.schema)
            writer.write_table(arrow)
        assert writer is not None
        writer.close()


def labs_to_features(path: Path, rows: int) -> dict[str, float]:
    """In this process: read, store as the workflow does, build features."""
    from biomarker.features.labs import LabsFeatures, build_labs
    from biomarker.ingest.labs import LabsSettings, read_labs
    from biomarker.stages.features import content_of
    from biomarker.stages.ingest import write_records

    clock = time.perf_counter()
    found = read_labs(LabsSettings(path=path.name, date="date", low="low", high="high"), base=path.parent)
    stored = path.with_name("records.parquet")
    write_records(found.content, stored, {})
    assert (found.rows_in, found.rows_used + found.quarantine.height) == (rows, rows)
    used, quarantined = found.rows_used, found.quarantine.height
    del found
    read, read_peak = time.perf_counter() - clock, peak_megabytes()
    records = content_of(stored, lazy=True)
    different = records.lazy().select(pl.col("subject_id").unique().sort()).collect(engine="streaming")
    subjects = different.with_columns(date_index=pl.date(2022, 10, 1))
    asked = LabsFeatures(index_date="index", window=(-365, 0), statistics=("baseline", "slope", "x_uln", "variability"))
    built = build_labs(records, asked, subjects=subjects)
    return {
        "used": used,
        "quarantined": quarantined,
        "features": built.values.features.height,
        "subjects": len(built.values.subject_ids),
        "read": read,
        "read_peak": read_peak,
        "seconds": time.perf_counter() - clock,
        "peak": peak_megabytes(),
    }


def pandas_in_chunks(path: Path, rows: int) -> dict[str, float]:
    """The usual way with a table that does not fit: last value before the index date and mean, a chunk at a time."""
    import pandas
    import pyarrow.parquet as pq

    clock, seen, parts = time.perf_counter(), 0, []
    if path.suffix == ".csv":
        chunks: Any = pandas.read_csv(path, chunksize=1_000_000, parse_dates=["date"], dtype={"subject_id": str})
    else:
        chunks = (batch.to_pandas() for batch in pq.ParquetFile(path).iter_batches(batch_size=1_000_000))
    for chunk in chunks:
        seen += len(chunk)
        dates = pandas.to_datetime(chunk["date"])
        before = chunk[(dates <= "2022-10-01") & (chunk["unit"] == "U/L")].assign(date=dates)
        grouped = before.sort_values("date").groupby(["subject_id", "test"])["value"]
        parts.append(grouped.agg(["last", "sum", "count"]))
    every = pandas.concat(parts).groupby(level=[0, 1]).agg({"last": "last", "sum": "sum", "count": "sum"})
    wide = every["last"].unstack()
    assert seen == rows
    took = time.perf_counter() - clock
    return {"features": wide.shape[1], "subjects": wide.shape[0], "seconds": took, "peak": peak_megabytes()}


def _long_labs(usual: bool, path: str, rows: int, answer: Any) -> None:  # noqa: FBT001
    answer.put((pandas_in_chunks if usual else labs_to_features)(Path(path), rows))


def long_labs(rows: int) -> tuple[list[str], bool]:
    """Lines of the table, and whether the memory is kept."""
    lines, kept = [], True
    with tempfile.TemporaryDirectory() as folder:
        write_long_labs(Path(folder), rows)
        for file in ("labs.csv", "labs.parquet"):
            for usual in (False, True):
                context = multiprocessing.get_context("spawn")
                answer = context.Queue()
                process = context.Process(target=_long_labs, args=(usual, str(Path(folder) / file), rows, answer))
                process.start()
                one = answer.get()
                process.join()
                who = "pandas in chunks of a million" if usual else "`labs`"
                read = "" if usual else f"{one['read']:,.0f}"
                speed = f"{rows / one['seconds']:,.0f}"
                lines.append(
                    f"| {file} | {who} | {read} | {one['seconds']:,.0f} | {speed} | {one['peak']:,.0f} | "
                    f"{one['features']:,.0f} | {one.get('quarantined', 0):,.0f} |"
                )
                print(lines[-1], flush=True)
                kept &= usual or one["peak"] < LAB_MEGABYTES
    return lines, kept


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="a million cells and the large laboratory table as well")
    parser.add_argument("--rows", type=int, default=0, help="a laboratory table of so many rows, and nothing else")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if given.rows:
        sys.exit(0 if long_labs(given.rows)[1] else 1)
    rows = []
    for large, cases in ((False, CASES), *(((True, LARGE),) if given.large else ())):
        for number, case in enumerate(cases):
            with tempfile.TemporaryDirectory() as folder:
                case.write(Path(folder), case.rows)
                own, usual = (measured(number, large=large, usual=u, folder=folder) for u in (False, True))
            speeds = [f"{case.rows / took:,.0f} | {peak:,.0f}" for took, peak in (own, usual)]
            rows.append(f"| `{case.source}` | {case.rows:,} {case.unit} | {speeds[0]} | {case.usual} | {speeds[1]} |")
            print(rows[-1], flush=True)
    labs, kept = long_labs(LAB_ROWS) if given.large else ([], True)
    text = (
        "# Sources\n\nRows per second and peak memory (MB) of each source, and of the usual reader of its format, "
        f"which only loads the table. {platform.machine()}, Python {platform.python_version()}; a process each.\n\n"
        "| Source | File | Rows a second | Peak | Usual reader | Rows a second | Peak |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )
    if labs:
        text += (
            f"\nA laboratory table of {LAB_ROWS:,} rows from the file to features, seconds and peak memory (MB): "
            f"`labs` checks, converts and accounts for every row and makes four statistics of {LAB_TESTS} tests; "
            "pandas makes the last value.\n\n"
            "| File | Reader | Seconds to read | in all | Rows a second | Peak | Features | Quarantined |\n"
            "|---|---|---:|---:|---:|---:|---:|---:|\n" + "\n".join(labs) + "\n"
        )
    given.out.write_text(text, encoding="utf-8")
    print(json.dumps({"written": given.out.name}))
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
