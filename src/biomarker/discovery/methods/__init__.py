"""How each type of endpoint is tested: one file a method, one line in the registry."""
