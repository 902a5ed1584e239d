"""Strategies side by side: how unequal, how effective and how costly each one is."""
