"""Copy the numerical cases that these tests cover out of the shared list, so that they run where that list is absent.

    python tests/golden/validation/make.py CASES.json

A case is inputs, expected numbers, tolerance and source; no data set is copied. The synthetic data of 80 patients, made
for these cases and free to use, lies beside this file.
"""

import json
import sys
from pathlib import Path

TOPICS = ("3-economics", "3-multistate", "4-lab-qc", "5-prognostic-predictive")


def main() -> None:
    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    here = Path(__file__).resolve().parent
    for topic in TOPICS:
        chosen = [case for case in cases if case["topic"] == topic]
        (here / f"{topic[2:]}.json").write_text(
            json.dumps(chosen, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
