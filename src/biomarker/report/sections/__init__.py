"""One file a section, each a function from the facts to a block list; ``registry`` puts them in order."""
