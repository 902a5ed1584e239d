"""Strategies: how a regional target may be split over the sources, one a file, all behind one call."""
