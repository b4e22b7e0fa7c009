"""What came of a validation: its exit, its report and what it printed, folded into a verdict."""

from bot.model.validations import MOST_REPORT
from bot.rules.reports.base import Ended
from bot.rules.reports.folding import verdict

__all__ = ["MOST_REPORT", "Ended", "verdict"]
