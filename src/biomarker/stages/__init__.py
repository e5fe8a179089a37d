"""One file a rule of the workflow: read files, call one function, write files."""
