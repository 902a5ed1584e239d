"""The rules that a case must keep, one function each, by subject; `abate_data.check` lists and runs them."""
