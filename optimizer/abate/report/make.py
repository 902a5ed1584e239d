"""From a result to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate.comparison.comparing import Comparison
from abate.errors import Finding, InputError
from abate.front.case_source import CaseSource
from abate.front.front import Front
from abate.loop.revision import Revision
from abate.plan import Plan
from abate.report.report import Report
from abate.words import Words

if TYPE_CHECKING:
    from abate_data.case import Case


def make_report(result: Plan | Front | Comparison | Revision, *, lang: str = "en") -> Report:
    """Return the report of a plan, front, comparison or revision.

    Parameters
    ----------
    lang : ``en`` or ``zh`` (Simplified Chinese); what a case says stays as it is written there.

    Raises
    ------
    InputError
        Where there is no report of such a thing, or no such language.
    """
    words = Words(lang)
    if isinstance(result, Plan):
        from abate.report.sections.plan import plan_sections

        return Report(_title(result.case), words("report.of_plan"), plan_sections(result, words), words)
    if isinstance(result, Front):
        from abate.report.sections.front import front_sections

        case = result.origin.case if isinstance(result.origin, CaseSource) else None
        title = words("report.a_model") if case is None else _title(case)
        return Report(title, words("report.of_front"), front_sections(result, words), words)
    if isinstance(result, Comparison):
        from abate.report.sections.comparison import comparison_sections

        return Report(_title(result.case), words("report.of_comparison"), comparison_sections(result, words), words)
    if isinstance(result, Revision):
        from abate.report.sections.revision import revision_sections

        kind = words("report.of_revision", cycle=result.inputs.cycle)
        return Report(_title(result.case), kind, revision_sections(result, words), words)
    cure = "give a plan, front, comparison or revision"
    raise InputError([Finding("report", "is not made of such a thing", cure, value=type(result).__name__)])


def _title(case: Case) -> str:
    return case.settings.title or case.settings.name
