from . import front as front
from .appraisal.appraise import appraise as appraise
from .appraisal.result import Appraisal as Appraisal
from .attainable import Reach as Reach
from .attainable import reach as reach
from .cases import Case as Case
from .cases import Proposal as Proposal
from .cases import Site as Site
from .cases import load as load
from .cases import notes as notes
from .comparison.comparing import Comparison as Comparison
from .comparison.comparing import compare as compare
from .comparison.view import View as View
from .decomposing import build as build
from .decomposing import decompose as decompose
from .errors import (
    AbateError as AbateError,
)
from .errors import (
    Finding as Finding,
)
from .errors import (
    InputError as InputError,
)
from .errors import (
    LedgerError as LedgerError,
)
from .errors import (
    NoPlanError as NoPlanError,
)
from .errors import (
    SolverError as SolverError,
)
from .front.choice import Choice as Choice
from .front.effort import Effort as Effort
from .front.explore import explore as explore
from .front.front import Front as Front
from .front.nearby.alternatives import Alternatives as Alternatives
from .front.nearby.alternatives import alternatives as alternatives
from .indicators import Indicators as Indicators
from .indicators import Sampling as Sampling
from .ledger import Ledger as Ledger
from .loop.first import in_force as in_force
from .loop.prior import Prior as Prior
from .loop.realignment import Realignment as Realignment
from .loop.revise import revise as revise
from .loop.revise_all import Revisions as Revisions
from .loop.revise_all import revise_all as revise_all
from .loop.revision import Revision as Revision
from .loop.trigger import Trigger as Trigger
from .plan import Plan as Plan
from .report import Report as Report
from .sharing.charges import CostSharing as CostSharing
from .sharing.charges import share_costs as share_costs
from .staged.schedule import Schedule as Schedule
from .staged.schedule import schedule as schedule
from .strategies.allocate import allocate as allocate
from .strategies.allocate import known_strategies as known_strategies
from .strategies.allocate import sweep as sweep
