"""Quality control of a laboratory: control charts and rules, patients' results as controls, precision, comparison.

Plain arrays in, small results out: no files, no tables.
"""
