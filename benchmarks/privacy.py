# ruff: noqa: E501 (word lists and sentences)
"""How well direct identifiers are found: `python -m benchmarks.privacy`, table in benchmarks/PRIVACY.md.

Made-up sentences with and without an identifier of each kind, drawn from word lists that the patterns were not written
for; and, where the reference data are, de-identified sentences of real reports, in which whatever is found is wrong.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from biomarker.ingest.privacy import PATTERNS, found_in

HERE = Path(__file__).parent
FIRST = [
    "Mary",
    "John",
    "Aiko",
    "Lars",
    "Fatima",
    "José",
    "Olga",
    "Wei",
    "Priya",
    "Tom",
    "Ingrid",
    "Pedro",
    "Nadia",
    "Kofi",
    "Elif",
    "Sean",
    "Marta",
    "Ivan",
    "Lucy",
    "Omar",
]
LAST = [
    "Smith",
    "Müller",
    "Tanaka",
    "García",
    "Nguyen",
    "Okafor",
    "Rossi",
    "Kowalski",
    "Jensen",
    "Khan",
    "O'Brien",
    "Silva",
    "Ivanova",
    "Chen",
    "Dubois",
]
STREETS = ["Oak", "Maple", "Church", "Mill", "Station", "Victoria", "Green", "Park", "King", "Hill"]
JAPANESE = (("田中", "太郎"), ("佐藤", "花子"), ("鈴木", "一郎"), ("高橋", "美咲"), ("渡辺", "健"))
PLAIN = (
    "Temperature 38.2, pulse 88, blood pressure 120/80.", "Haemoglobin 10.2 g/dL on 2024-03-01, platelets 150-400.",
    "Grade 2 nausea since cycle 3, day 8; dose reduced to 75 mg/m2.", "CT chest: nodule 12 x 9 mm, image 4-512-30.",
    "ECOG 1. Pain score 4/10. Sleeps well.", "Stage IIIB, T2 N1 M0, diagnosed in March 2021.", "発熱なし。食欲不振あり。",
    "Given 500 ml of 0.9% saline over 2-3 hours.", "Follow up in 6 weeks at the clinic.", "LOINC 2345-7, SNOMED 195967001.",
    "Protocol ABC-123-4567 version 2.0.", "The patient walks 400 metres and lives alone.", "転倒。褥瘡なし。体温36.5度。",
    "Parkinson disease, Hodgkin lymphoma, Crohn disease in remission.", "Dr advised rest. St elevation was not seen.",
)  # fmt: skip


def made(rng: np.random.Generator, each: int) -> Iterator[tuple[str, set[str]]]:
    """Sentences with the kinds of identifiers in them."""

    def of(words):
        return words[rng.integers(len(words))]

    def digits(n: int) -> str:
        return "".join(str(d) for d in rng.integers(0, 10, n))

    for _ in range(each):
        last, first = of(JAPANESE)
        yield of((f"Seen by Dr. {of(LAST)} today.", f"Mr. {of(FIRST)} {of(LAST)} complains of cough.",
                  f"Patient: {of(FIRST)} {of(LAST)}, admitted with fever.", f"{of(FIRST)} {of(LAST)} feels better.",
                  f"Patient name: {of(LAST)}, {of(FIRST)}", f"氏名：{last} {first}", f"{last}さんは発熱あり。")), {"name"}  # fmt: skip
        yield (
            f"Contact {of(FIRST).lower()}.{digits(2)}@{of(('mail', 'clinic-x', 'example'))}.{of(('org', 'co.jp', 'de'))}.",
            {"e-mail"},
        )
        yield of((f"Call (0{digits(2)}) {digits(3)}-{digits(4)}.", f"Tel 0{digits(2)}-{digits(4)}-{digits(4)}.",
                  f"Phone +49 {digits(3)} {digits(4)} {digits(3)}.", f"Home 5{digits(2)}-{digits(3)}-{digits(4)}.",
                  f"Mobile 0{digits(10)}.")), {"phone"}  # fmt: skip
        yield of((f"MRN {digits(7)}", f"Medical record number: {digits(8)}", f"SSN {digits(3)}-{digits(2)}-{digits(4)}",
                  f"NHS no {digits(3)} {digits(3)} {digits(4)}", f"患者ID：{digits(8)}")), {"record number"}  # fmt: skip
        yield of((f"Lives at {rng.integers(1, 999)} {of(STREETS)} {of(('Street', 'Road', 'Ave.', 'Lane'))}.",
                  f"Wohnhaft {of(('Linden', 'Haupt', 'Berg'))}straße {rng.integers(1, 99)}.", f"〒{digits(3)}-{digits(4)}",
                  f"P.O. Box {digits(4)}, {of(STREETS)}ville.")), {"address"}  # fmt: skip
        yield of((f"DOB {rng.integers(1, 28)}/{rng.integers(1, 12)}/19{digits(2)}", f"Date of birth: 19{digits(2)}-0{rng.integers(1, 9)}-1{rng.integers(0, 9)}",
                  f"born on {rng.integers(1, 28)} March 19{digits(2)}", f"生年月日：昭和{rng.integers(10, 60)}年{rng.integers(1, 12)}月{rng.integers(1, 28)}日")), {"birth date"}  # fmt: skip
        for _ in range(3):
            yield of(PLAIN), set()


def real() -> list[str]:
    """De-identified sentences of real reports; none where the reference data are not on this machine."""
    named = os.environ.get("BIOMARKER_TEST_DATA")
    folder = Path(named) if named else HERE.parents[1] / "shared" / "data"
    path = folder / "notes_negex" / "annotations_even.tsv"
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return sorted({line.split("\t")[2] for line in lines if line.count("\t") >= 2})


def measure(each: int = 400) -> tuple[dict[str, tuple[int, int, int]], dict[str, int], int]:
    """Hits, misses and false alarms by kind among made-up sentences; false alarms among the real ones, and their number."""
    counts = {kind: [0, 0, 0] for kind in PATTERNS}
    for text, truth in made(np.random.default_rng(20261122), each):
        found = found_in(text)
        for kind in PATTERNS:
            counts[kind][0] += kind in found and kind in truth
            counts[kind][1] += kind in truth and kind not in found
            counts[kind][2] += kind in found and kind not in truth
    sentences = real()
    alarms = {kind: sum(kind in found_in(text) for text in sentences) for kind in PATTERNS}
    return {kind: tuple(c) for kind, c in counts.items()}, alarms, len(sentences)


def main() -> None:
    """Measure and write the table."""
    counts, alarms, n = measure()
    lines = [
        "# Direct identifiers in texts",
        "",
        "Made by `python -m benchmarks.privacy`. Made-up sentences hold one identifier each, or none; names without a title",
        "or label beside them, numbers without separators and post-office boxes are among them, and are what is missed.",
        f"The {n} real sentences are de-identified: whatever is found in them is a false alarm.",
        "",
        "| Kind | Precision, made up | Recall, made up | False alarms, real |",
        "|---|---:|---:|---:|",
    ]
    for kind, (hit, miss, false) in counts.items():
        lines.append(f"| {kind} | {hit / max(1, hit + false):.3f} | {hit / (hit + miss):.3f} | {alarms[kind]} of {n} |")
    hit, miss, false = (sum(c[i] for c in counts.values()) for i in range(3))
    total = f"| all | {hit / (hit + false):.3f} | {hit / (hit + miss):.3f} | {sum(alarms.values())} of {n} |"
    print("\n".join([*lines, total]))
    if n:
        (HERE / "PRIVACY.md").write_text("\n".join([*lines, total]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
