"""What the quality stage finds in simulated trials, as `tests/calibration/quality_faults.py` wrote it down."""

import json
import sys
from pathlib import Path

from pieces import table

__all__ = ["quality_faults"]

DOCS = Path(__file__).resolve().parents[1]
ROWS = {
    "exchanged profiles: both subjects named": ("swap", "clean_swap"),
    "drifting analyser: test and site named": ("drift", "clean_drift"),
    "drifting analyser: control materials of that test and site": ("controls", "clean_controls"),
    "batch in the values": ("batch", "clean_batch"),
    "batch foretells an endpoint (never planted)": (None, "clean_batch_outcome"),
    "arms differ (never planted)": (None, "clean_balance"),
}


def quality_faults() -> str:
    """Trials in which each fault was found, and twins without it that were flagged; then the rules of control runs."""
    if (calibration := str(DOCS.parent / "tests" / "calibration")) not in sys.path:
        sys.path.append(calibration)
    from quality_faults import code_digest

    stored = json.loads((DOCS / "quality.json").read_text(encoding="utf-8"))
    trials = stored["trials"]
    n = len(trials)
    rows = [
        [
            words,
            f"{sum(t[planted] for t in trials)} of {n}" if planted else "",
            f"{sum(bool(t[clean]) for t in trials)} of {n}",
        ]
        for words, (planted, clean) in ROWS.items()
    ]
    rejected = [t["clean_runs_rejected_per_1000"] for t in trials]
    off = sorted(abs(t["drift_onset_off_days"]) for t in trials if t["drift_onset_off_days"] is not None)
    since = "" if stored["code"] == code_digest() else ", whose package has changed since"
    first = (
        f"In {n} trials of the demo's settings with other seeds (`python tests/calibration/quality_faults.py`{since}), "
        "and as many twins without the faults:"
    )
    found = table(["Fault", "Found where it was planted", "Flagged in twins without it"], rows)
    by_controls = sorted(abs(t["controls_onset_off_days"]) for t in trials if t["controls_onset_off_days"] is not None)
    onset = (
        f"The onset of the drift was off by {off[len(off) // 2]} days in the median, {off[-1]} at most; by control "
        f"materials, a run a week, {by_controls[len(by_controls) // 2]} and {by_controls[-1]}. In the twins "
        f"{sum(rejected) / n:.0f} of 1,000 control runs are rejected by the multirule."
    )
    words = (
        "Two controls a run, limits by the within-laboratory SD, errors with the components of an EP05 experiment "
        "(package VCA, dataEP05A2_2: 44% of the variance is a repetition's). Share of shifts and of growing drifts "
        "seen within twenty runs, and rejected runs in control per thousand. Both controls of a run share its error, "
        "so that they are not the independent controls of the textbook:"
    )
    shown = [
        [
            _scenario(row),
            *(
                f"{row[rule]:.0%}" if row.get("shift_sd", row.get("ramp_sd")) is not None else f"{row[rule]:.1f}"
                for rule in RULES
            ),
        ]
        for row in stored["rules"]
    ]
    return "\n\n".join([first, found, onset, words, table(["", *RULES.values()], shown)])


def _scenario(row: dict) -> str:
    if "ramp_sd" in row:
        return f"growth of {row['ramp_sd']:g} SD a run"
    return "in control, per 1,000 runs" if row["shift_sd"] is None else f"shift of {row['shift_sd']:g} SD"


RULES = {"1_3s": "1-3s", "multirule": "multirule", "ewma": "EWMA, mean of run", "cusum": "CUSUM, mean of run"}
