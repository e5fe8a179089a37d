"""Published and recomputed cases of laboratory quality control: the project's own copy, and the shared list."""

import pytest

from biomarker.ingest.units import convert
from biomarker.quality.laboratory import charts, patients, performance, westgard

from ....golden.validation.reading import assert_close, cases


def cusum_montgomery(i, e, tol):
    found = charts.cusum(i["x"], target=i["target"], sigma=i["sigma"], allowance=i["K"], interval=i["H"])
    assert_close(found.upper, e["c_plus"], tol)
    assert_close(found.lower, e["c_minus"], tol)
    first = int(found.signals[0])
    assert first + 1 == e["first_signal"]
    assert found.run_upper[first] == e["n_plus_at_signal"]


def ewma_montgomery(i, e, tol):
    found = charts.ewma(i["x"], target=i["target"], sigma=i["sigma"], weight=i["lam"], width=i["L"])
    assert_close(found.values, e["ewma"], tol)
    assert (found.signals + 1).tolist() == e["signals"]


def run_length(i, e, tol):
    assert_close(charts.average_run_length(i["shift"], limit=i["limit"]), e["arl"], tol)


def rejection(i, e, tol):
    for rule, expected in e.items():
        limit = float(rule.removeprefix("1_").removesuffix("s"))
        assert_close(westgard.false_rejection(limit, i["N"]), expected, tol)


def multirule(i, e, tol):
    found = {str(v.run): list(v.rules) for v in westgard.multirule(i["z_runs"]) if v.rules}
    assert tol == 0
    assert found == e


def errors(i, e, tol):
    assert_close(performance.total_error(i["bias"], i["cv"]), e["te"], tol)
    assert_close(performance.reference_change(i["cva"], i["cvi"], z=i["z"]), e["rcv_pct"], tol)
    found = performance.desirable_limits(i["cvi"], i["cvg"])
    assert_close(
        [found.cv, found.bias, found.total_error], [e["cv_desirable"], e["bias_desirable"], e["tea_desirable"]], tol
    )


def patients_as_controls(i, e, tol):
    limits = tuple(i["trunc"])
    kept = patients.trimmed(i["x"], limits=limits, outside="drop")
    clipped = patients.trimmed(i["x"], limits=limits, outside="winsorise")
    assert len(kept) == e["n_kept"]
    assert_close(patients.moving_mean(kept, block=i["block"]), e["moving_mean"], tol)
    assert_close(patients.moving_average(clipped, weight=i["lam"], start=i["start"]), e["ewma"], tol)
    assert_close(patients.moving_median(clipped, block=i["block"]), e["moving_median"], tol)


def units(i, e, tol):
    values = i["values"]
    for key, test, given, target, result in (
        ("glucose_mg_dL", "glucose", "mg/dL", "mmol/L", "glucose_mmol_L"),
        ("creatinine_mg_dL", "creatinine", "mg/dL", "umol/L", "creatinine_umol_L"),
        ("cholesterol_mg_dL", "cholesterol", "mg/dL", "mmol/L", "cholesterol_mmol_L"),
        ("triglycerides_mg_dL", "triglycerides", "mg/dL", "mmol/L", "triglycerides_mmol_L"),
        ("bilirubin_mg_dL", "bilirubin", "mg/dL", "umol/L", "bilirubin_umol_L"),
        ("calcium_mg_dL", "calcium", "mg/dL", "mmol/L", "calcium_mmol_L"),
        ("BUN_mg_dL", "BUN", "mg/dL", "mmol/L", "urea_mmol_L"),
        ("HbA1c_NGSP_pct", "HbA1c", "%", "mmol/mol", "HbA1c_IFCC_mmol_mol"),
        ("hemoglobin_g_dL", "hemoglobin", "g/dL", "g/L", "hemoglobin_g_L"),
    ):
        change = convert(given, target, test=test)
        # urea nitrogen holds two atoms of nitrogen a molecule: 28.014 g of it are one mole of urea
        assert values[key] * change.factor + change.offset == pytest.approx(e[result], rel=tol["rel"]), test


HANDLERS = {
    "LAB-CUSUM-MONT": cusum_montgomery,
    "LAB-EWMA-MONT": ewma_montgomery,
    "LAB-ARL-SHEWHART": run_length,
    "LAB-WESTGARD-PFR": rejection,
    "LAB-WESTGARD-SEQ": multirule,
    "LAB-TE-RCV": errors,
    "LAB-PBRTQC": patients_as_controls,
    "LAB-UNITS": units,
}
CASES = cases("4-lab-qc")


@pytest.mark.parametrize("name", CASES)
def test_published_case(name):
    case = CASES[name]
    HANDLERS[case["id"]](case["inputs"], case["expected"], case["tolerance"])


def test_every_case_has_its_calculation():
    assert {case["id"] for case in CASES.values()} == set(HANDLERS)
