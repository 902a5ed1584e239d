"""Search where an objective is simulated, a ratio or a function of one's own: what is evaluated, written down, kept."""
