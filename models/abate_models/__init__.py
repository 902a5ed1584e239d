"""The mathematics of target decomposition: Pyomo formulations over a numeric problem."""
