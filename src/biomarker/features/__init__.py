"""Feature matrices of the cohort: transforms that look at one subject at a time, and recipes that learn."""
