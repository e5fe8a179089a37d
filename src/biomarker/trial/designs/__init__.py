"""Designs of studies with a biomarker: one file a design, one type of result, one registry."""
