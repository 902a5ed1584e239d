"""How well the loop does in hidden worlds, whose truth no planner sees."""

from abate.loop.backtest.backtest import Backtest, backtest
from abate.loop.backtest.policies import POLICIES, Policy
from abate.loop.backtest.scenario import Scenario

__all__ = ["POLICIES", "Backtest", "Policy", "Scenario", "backtest"]
