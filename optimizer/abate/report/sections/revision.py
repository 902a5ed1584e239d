"""What a revision says: what monitoring showed, what was decided, what moved and why, and the plan from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from abate.report.charts import changes
from abate.report.parts import Section, Tile, pictures, table
from abate.report.sections.certificate import certificate_section
from abate.report.sections.plan import asked_section, key_figures, result_sections
from abate.tables import objective_unit
from abate.words import Words

if TYPE_CHECKING:
    from abate.loop.revision import Revision


def revision_sections(revision: Revision, words: Words) -> tuple[Section, ...]:
    """Return the sections of a revision, and those of the plan that it leads to."""
    plan = revision.plan
    return (
        _summary(revision, words),
        _monitored(revision, words),
        _changes(revision, words),
        _ahead(revision, words),
        asked_section(revision.inputs.case, words),
        *result_sections(plan, words),
        certificate_section(plan.certificate, words, objective_unit(plan.case, plan.objective)),
    )


def _summary(revision: Revision, words: Words) -> Section:
    evaluation = revision.evaluation
    verdicts = evaluation.attainment["verdict"].value_counts()
    done = words("report.renewed" if revision.renewed else "report.kept")
    tiles = (
        Tile(words("report.decision"), done),
        *(
            Tile(words("report.targets_that", verdict=words.value(str(name))), words.number(int(count)))
            for name, count in verdicts.items()
        ),
        Tile(words("report.moved"), words.number(len(revision.changes))),
        Tile(words("report.score"), words.number(evaluation.scorecard.total)),
        *key_figures(revision.plan, words)[:2],
    )
    told = words("report.revision_told", since=evaluation.since, until=evaluation.until)
    return Section("summary", words("report.summary"), (told, revision.reason), tiles, details=revision.notes)


def _monitored(revision: Revision, words: Words) -> Section:
    evaluation = revision.evaluation
    charts = {
        "revision-attainment": changes.attainment(revision, words),
        "delivery": changes.delivery(revision, words),
    }
    return Section(
        "monitored",
        words("report.monitored"),
        (words("report.monitored_told"),),
        pictures=pictures(charts, words),
        tables=(
            *table("monitored-attainment", evaluation.attainment, words),
            *table("delivery", evaluation.delivery, words),
            *table("alarms", evaluation.alarms, words),
            *table("ratings", evaluation.scorecard.ratings, words),
        ),
    )


def _changes(revision: Revision, words: Words) -> Section:
    return Section(
        "changes",
        words("report.changes"),
        (words("report.changes_told") if len(revision.changes) else words("report.nothing_moved"),),
        pictures=pictures({"changes": changes.changes(revision, words)}, words),
        tables=(
            *table("changes", revision.changes, words),
            *table("measure-changes", revision.measures, words),
            *table("shifts", revision.shifts, words),
            *table("reserves", revision.reserves, words),
        ),
    )


def _ahead(revision: Revision, words: Words) -> Section:
    return Section(
        "ahead",
        words("report.ahead"),
        (words("report.ahead_told"),),
        pictures=pictures({"risks": changes.risks(revision, words)}, words),
        tables=(
            *table("warnings", revision.evaluation.warnings.drop(columns="message"), words),
            *table("proposed-targets", revision.targets, words),
            *table("milestones", revision.milestones, words),
        ),
    )
