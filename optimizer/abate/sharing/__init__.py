"""Cost sharing: who carries which part of the cost of a joint plan, and who pays whom."""
