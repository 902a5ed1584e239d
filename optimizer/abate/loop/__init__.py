"""The loop: monitored results in, re-aligned targets out."""
