"""What a report weighs and how long it takes: `python -m benchmarks.report`, table in benchmarks/REPORT.md.

Two studies of invented numbers: one like the demo (three endpoints, two arms, 5,000 genes), and one the size of a
screen of cell lines (265 endpoints, 17,000 features). Built from the result tables in memory to all files of the
partner's edition; first view is that of Debian's Chromium, the best of three.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import machine
from biomarker.report import EndpointFacts, ReportInputs, build
from biomarker.report.edition import write_edition

HERE = Path(__file__).parent
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
FIRST_VIEW = """() => new Promise((done) => new PerformanceObserver((seen) => {
  seen.getEntriesByName("first-contentful-paint").forEach((entry) => done(entry.startTime));
}).observe({ type: "paint", buffered: true }))"""
FILES = {
    "html": "index.html",
    "json": "report.json",
    "pdf": "report.pdf",
    "xlsx": "candidates.xlsx",
    "tsv": "candidates.tsv",
    "tables": "tables.zip",
    "dossiers": "dossiers.zip",
}
#: What is promised: megabytes of the page, seconds to its first view
MEGABYTES, SECONDS = 5.0, 2.0


def studies() -> dict[str, ReportInputs]:
    """The study that never was, of the tests, in two sizes."""
    sys.path.insert(0, str(HERE.parent / "tests" / "unit" / "report"))
    import factory

    drugs = tuple(
        EndpointFacts(name=f"drug_{k}", label=f"Drug {k}", type="continuous", unit="ln_uM", better="lower")
        for k in range(265)
    )
    facts = factory.study(endpoints=drugs, treatment=None, covariates=("tissue",), title="Many drugs")
    planted = {("response", f"drug_{k}", f"G{k:04d}"): -8.0 for k in range(0, 265, 5)}
    return {
        "like the demo": factory.inputs(genes=5000),
        "265 endpoints, 17,000 features": factory.inputs(facts, genes=17_000, planted=planted, curves=None, flow=None),
    }


def measure(inputs: ReportInputs, folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one report."""
    clock = time.perf_counter()
    document = build(inputs)
    built = time.perf_counter() - clock
    clock = time.perf_counter()
    write_edition(document, {kind: folder / name for kind, name in FILES.items()})
    written = time.perf_counter() - clock
    sizes = {name: (folder / name).stat().st_size / 1e6 for name in FILES.values()}
    return {"rows": inputs.candidates.height, "document, s": built, "all files, s": written, **sizes}


def first_view(page: Path) -> float | None:
    """Seconds until something of the page is seen; None without a Chromium."""
    if not CHROMIUM.is_file():
        return None
    from playwright.sync_api import sync_playwright

    seen = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        for _ in range(3):
            opened = browser.new_page()
            opened.goto(page.as_uri())
            seen.append(opened.evaluate(FIRST_VIEW) / 1000)
            opened.close()
        browser.close()
    return min(seen)


def main() -> None:
    """Measure and write the table."""
    about = machine()
    found = {}
    for name, inputs in studies().items():
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(inputs, Path(folder))
            seen = first_view(Path(folder) / FILES["html"])
        found[name] = {**measured, "first view, s": seen}
    names = list(found)
    lines = [
        "# The report",
        "",
        "Made by `python -m benchmarks.report`: from the result tables of two studies of invented numbers to all files",
        f"of the partner's edition. Goals: a page of at most {MEGABYTES:g} MB, first seen in less than {SECONDS:g} s.",
        "",
        *(f"- {key}: {value}" for key, value in about.items()),
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for what in found[names[0]]:
        label = f"{what}, MB" if "." in what else {"rows": "rows of candidates"}.get(what, what)
        lines.append(f"| {label} | {' | '.join(_shown(found[name][what], what) for name in names)} |")
    print("\n".join(lines))
    (HERE / "REPORT.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _shown(value: float | None, what: str) -> str:
    if value is None:
        return "no Chromium"
    return f"{value:,.0f}" if what == "rows" else f"{value:.2f}"


if __name__ == "__main__":
    main()
