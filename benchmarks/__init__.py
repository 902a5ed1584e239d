"""Benchmarks of abate: ``python -m benchmarks speed`` writes `docs/benchmarks.md`.

Whatever is measured runs in a process of its own. This package imports nothing but the standard library, and so
does what starts those processes: a child's peak memory cannot be less than what its parent held when it started it.
"""
