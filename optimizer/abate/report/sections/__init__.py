"""The sections of a report: of a plan, a front, a comparison, a revision."""
