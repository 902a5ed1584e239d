"""Proposed projects tested against a plan: effect, headroom, offsets and a verdict, one after the other."""
