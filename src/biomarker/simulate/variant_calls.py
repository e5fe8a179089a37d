"""The variants of a MAF as a VCF with VEP's consequences: the same findings in the other format."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

__all__ = ["vcf_text"]

#: A term of the Sequence Ontology for each class of the MAF specification.
TERMS = {
    "Silent": "synonymous_variant",
    "Missense_Mutation": "missense_variant",
    "Nonsense_Mutation": "stop_gained",
    "Frame_Shift_Del": "frameshift_variant",
    "Frame_Shift_Ins": "frameshift_variant",
    "In_Frame_Del": "inframe_deletion",
    "In_Frame_Ins": "inframe_insertion",
    "Splice_Site": "splice_acceptor_variant",
    "Splice_Region": "splice_region_variant",
    "Translation_Start_Site": "start_lost",
    "Nonstop_Mutation": "stop_lost",
    "Intron": "intron_variant",
    "RNA": "non_coding_transcript_exon_variant",
    "IGR": "intergenic_variant",
    "5'UTR": "5_prime_UTR_variant",
    "3'UTR": "3_prime_UTR_variant",
    "5'Flank": "upstream_gene_variant",
    "3'Flank": "downstream_gene_variant",
}
_HEAD = """##fileformat=VCFv4.2
##FILTER=<ID=PASS,Description="All filters passed">
##FILTER=<ID=lowqual,Description="Few reads">
##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. \
Format: Allele|Consequence|IMPACT|SYMBOL|Gene|HGVSp">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">
"""
#: One in so many records is written once more beside itself, as a call that did not pass.
DOUBTFUL = 40


@dataclass
class _Record:
    """A record: alternative alleles with their consequence, and who carries which, with reads of it and in all."""

    chromosome: str
    position: int
    reference: str
    alleles: list[tuple[str, str]] = field(default_factory=list)
    carriers: dict[str, tuple[int, int, int]] = field(default_factory=dict)

    def takes(self, allele: str, carriers: Iterable[str]) -> bool:
        """Whether an allele can be added: it is another one, and nobody carries both."""
        return all(allele != own for own, _ in self.alleles) and not self.carriers.keys() & set(carriers)


def vcf_text(maf: pl.DataFrame, samples: Sequence[str]) -> str:
    """A VCF of some samples with the variants of a MAF.

    Alleles of one place stand in one record where nobody carries two of them; insertions and deletions have the base
    before them, which is written N. Each `DOUBTFUL`-th record is followed by one that failed a filter.

    Parameters
    ----------
    maf : polars.DataFrame
        Columns of the MAF specification; ``t_depth`` and ``t_alt_count`` where they are known.
    samples : sequence of str
        Who was sequenced; ids of ``Tumor_Sample_Barcode`` are among them.
    """
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    lines = ["\t".join(columns)]
    for number, record in enumerate(_records(maf), start=1):
        lines.append(_line(record, samples, "PASS"))
        if number % DOUBTFUL == 0:
            failed = _Record(record.chromosome, record.position + 1, "A", [("C", "stop_gained|HIGH|TP53||p.R1*")])
            failed.carriers = dict.fromkeys(samples[:3], (1, 1, 10))
            lines.append(_line(failed, samples, "lowqual"))
    return _HEAD + "\n".join(lines) + "\n"


def _records(maf: pl.DataFrame) -> list[_Record]:
    """Records in the order of their places."""
    by = ["Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2", "Hugo_Symbol"]
    by += ["Variant_Classification", "HGVSp_Short"]
    reads = [name for name in ("t_alt_count", "t_depth") if name in maf.columns]
    found: dict[tuple[str, int, str], list[_Record]] = {}
    for values, rows in maf.group_by(by, maintain_order=True):
        chromosome, position, reference, alternative, gene, kind, change = (str(v or "") for v in values)
        place, ref, alt = _anchored(int(position), reference, alternative)
        said = f"{TERMS[kind]}|MODERATE|{gene}||{change}"
        here = found.setdefault((chromosome, place, ref), [])
        carriers = rows["Tumor_Sample_Barcode"].to_list()
        record = next((one for one in here if one.takes(alt, carriers)), None)
        if record is None:
            record = _Record(chromosome, place, ref)
            here.append(record)
        record.alleles.append((alt, said))
        counts = rows.select(reads).rows() if len(reads) == 2 else [(30, 100)] * rows.height
        for subject, (own, depth) in zip(carriers, counts, strict=True):
            record.carriers[subject] = (len(record.alleles), own, depth)
    return [record for place in sorted(found) for record in found[place]]


def _anchored(position: int, reference: str, alternative: str) -> tuple[int, str, str]:
    """Place and alleles of a MAF as a VCF has them: neither allele is empty."""
    if reference == "-":
        return position, "N", "N" + alternative
    if alternative == "-":
        return position - 1, "N" + reference, "N"
    return position, reference, alternative


def _line(record: _Record, samples: Sequence[str], passed: str) -> str:
    """One line of the VCF."""
    alternatives = [alt for alt, _ in record.alleles]
    said = ",".join(f"{_vep(record.reference, alt)}|{what}" for alt, what in record.alleles)
    calls = []
    for sample in samples:
        number, own, depth = record.carriers.get(sample, (0, 0, 100))
        reads = [depth - own, *(own if k == number else 0 for k in range(1, len(alternatives) + 1))]
        calls.append(f"0/{number}:{','.join(map(str, reads))}")
    cells = [record.chromosome, str(record.position), ".", record.reference, ",".join(alternatives), ".", passed]
    return "\t".join([*cells, f"CSQ={said}", "GT:AD", *calls])


def _vep(reference: str, alternative: str) -> str:
    """An allele as VEP writes it: without the base before an insertion or deletion."""
    if len(reference) == len(alternative):
        return alternative
    return alternative[1:] or "-"
