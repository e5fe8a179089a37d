"""Files to validated tables and matrices: one module a source format, what cannot be read goes to quarantine."""
