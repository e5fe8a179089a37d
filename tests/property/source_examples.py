"""A small valid file of each source, and the files beside it."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from biomarker.config.base import settings_from
from biomarker.ingest.registry import SOURCES


@dataclass(frozen=True)
class Example:
    """A small valid file of a source, its settings, and the files beside it."""

    file: str
    content: str | bytes
    settings: dict[str, Any]
    beside: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        return self.content if isinstance(self.content, bytes) else self.content.encode()


FLAGS = ("Pass", "Pass", "Warning", "Pass", "Pass")
EXAMPLES = {
    "copy-number": Example(
        "segments.csv",
        "subject_id,chromosome,start,end,value\n"
        + "".join(f"P{i},{i % 3},{10 * i},{10 * i + 9},{i / 9}\n" for i in range(12)),
        {"layout": "segments", "values": "log2_ratio", "genes": {"path": "genes.csv"}},
        {"genes.csv": "gene,chromosome,start,end\nA,0,1,200\nB,1,1,200\nC,2,1,200\n"},
    ),
    "expression": Example(
        "e.gct",
        "#1.2\n4\t3\nName\tDescription\tP1\tP2\tP3\n" + "".join(f"G{i}\tx\t{i}\t{i + 1}.5\t3\n" for i in range(4)),
        {"scale": "log2"},
    ),
    "labs": Example(
        "labs.csv",
        "subject_id,test,value,unit,day,low,high\n" + "".join(f"P{i},ALT,{20 + i},U/L,{-i},0,40\n" for i in range(10)),
        {"day": "day", "low": "low", "high": "high"},
    ),
    "maf": Example(
        "m.maf",
        "Hugo_Symbol\tVariant_Classification\tTumor_Sample_Barcode\tChromosome\tStart_Position\tReference_Allele\t"
        "Tumor_Seq_Allele2\n" + "".join(f"G{i}\tMissense_Mutation\tP{i % 4}\t1\t{i}\tA\tC\n" for i in range(10)),
        {},
    ),
    "matrix": Example(
        "m.csv",
        "id,x,y\n" + "".join(f"P{i},{i},{i * i}.25\n" for i in range(8)),
        {"orientation": "subjects_in_rows"},
    ),
    "maxquant": Example(
        "p.txt",
        "Majority protein IDs\tGene names\tLFQ intensity P1\tLFQ intensity P2\tReverse\tPotential contaminant\t"
        "Only identified by site\n" + "".join(f"Q{i}\tG{i}\t{2**i}\t{i}\t{'+' * (i == 3)}\t\t\n" for i in range(8)),
        {},
    ),
    "npx": Example(
        "n.csv",
        "SampleID,OlinkID,Assay,Panel,PlateID,QC_Warning,LOD,NPX\n"
        + "".join(f"P{i},O{k},A{k},X,1,{FLAGS[i]},0.5,{i + k}.25\n" for i in range(5) for k in range(2)),
        {},
    ),
    "vcf": Example(
        "x.vcf",
        "##fileformat=VCFv4.2\n"
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: '
        'Allele|Consequence|IMPACT|SYMBOL|HGVSp">\n'
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1\tP2\n"
        + "".join(
            f"1\t{10 * i + 1}\t.\tA\tC\t.\tPASS\tCSQ=C|missense_variant|MODERATE|G{i}|p.R{i + 1}C\t"
            f"GT:AD\t0/1:9,{i}\t0/0:9,0\n"
            for i in range(8)
        ),
        {"allele_fraction": "AD"},
    ),
}  # fmt: skip


@cache
def cells() -> Example:
    """Forty cells of two subjects, as AnnData stores them."""
    import tempfile

    import anndata
    import pandas as pd
    from scipy.sparse import csr_matrix

    draw = np.random.default_rng(0)
    obs = pd.DataFrame(
        {"subject_id": ["P1", "P2"] * 20, "cell_type": ["A", "A", "B", "B"] * 10}, index=[f"c{i}" for i in range(40)]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.h5ad"
        anndata.AnnData(csr_matrix(draw.poisson(3.0, (40, 5)).astype(float)), obs=obs).write_h5ad(path)
        return Example("c.h5ad", path.read_bytes(), {"min_cells": 1})


@cache
def plate() -> Example:
    """A plate of twelve standards, four blanks and eighty samples."""
    import io

    import tifffile

    from biomarker.simulate.assay_image import draw_plate

    draw = np.random.default_rng(1)
    levels = 2.0 * 3.0 ** np.arange(6)
    concentration = np.exp(draw.uniform(np.log(3.0), np.log(400.0), size=(8, 12)))
    concentration[:6, :2], concentration[6:, :2] = levels[:, None], 0.0
    packed = io.BytesIO()
    tifffile.imwrite(packed, draw_plate(concentration, np.full((8, 12), "", dtype=object), draw).image)
    rows = [
        f"1,{'ABCDEFGH'[r]}{c + 1},"
        + (f"sample,P{r}{c:02d}," if c > 1 else f"standard,,{levels[r]:g}" if r < 6 else "blank,,")
        for r in range(8)
        for c in range(12)
    ]
    head = "plate,well,kind,subject_id,concentration"
    wells = {"wells": {"path": "wells.csv"}, "unit": "pg/mL"}
    return Example("p.tif", packed.getvalue(), wells, {"wells.csv": "\n".join([head, *rows, ""])})


#: Of files that are no text: made when they are asked for.
BINARY = {"assay-image": plate, "single-cell": cells}


def example(name: str) -> Example:
    """The example of a source."""
    return BINARY[name]() if name in BINARY else EXAMPLES[name]


def read(name: str, folder: Path, data: bytes, *, beside: dict[str, str] | None = None, **changes: Any) -> Any:
    """Read bytes as the file of a source's example, with its settings and the files beside it, or others."""
    given = example(name)
    for file, text in {**given.beside, **(beside or {})}.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / given.file).write_bytes(data)
    source = SOURCES[name]
    return source.read(settings_from(source.settings, {"path": given.file, **given.settings, **changes}), base=folder)


def counted(found: Any) -> None:
    """In = used + quarantined + excluded, with a reason and a line for each row that is not used."""
    assert found.rows_in == found.rows_used + found.quarantine.height + sum(found.excluded.values())
    assert found.quarantine["reason"].null_count() == 0
    assert found.quarantine.select("file", "line").is_unique().all()
