"""The study report: one document made from result tables alone, drawn as one self-contained page."""

from biomarker.report.document import build
from biomarker.report.inputs import EndpointFacts, ReportInputs, StudyFacts, TreatmentFacts

__all__ = ["EndpointFacts", "ReportInputs", "StudyFacts", "TreatmentFacts", "build"]
