"""Exact methods: from a compiled model and its linear objectives to the points of its front, and what may be missed."""
