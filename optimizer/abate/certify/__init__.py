"""An independent proof that a plan is right, recomputed from the case's tables with NumPy alone.

Nothing here knows how the model is written: a fault in the model, in the solver or on the way between them
shows as a plan that does not hold what its case asks. A plan that fails is never returned.
"""

from __future__ import annotations

from abate.certify.certificate import Certificate, certify, prove
from abate.certify.checks import verify
from abate.certify.claim import Check, Claim

__all__ = ["Certificate", "Check", "Claim", "certify", "prove", "verify"]
