"""Answers from the folder of a study, finished or not: tables with units, plain sentences, and what to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2g.batch.answers.answer import Answer, Asked, NoAnswer, Question
from v2g.batch.answers.asking import asked_of, refuse
from v2g.batch.answers.by_start import ByStart
from v2g.batch.answers.enough import Enough
from v2g.batch.answers.finished import FAILED, Finished, read_finished
from v2g.batch.answers.marginal import Marginal
from v2g.batch.answers.served import Served
from v2g.batch.answers.survival import Survival
from v2g.batch.answers.unserved import Unserved

QUESTIONS: dict[str, Question] = {
    question.name: question for question in (Enough(), Served(), Survival(), Marginal(), Unserved(), ByStart())
}
"""Questions by name, in the order in which they are answered."""


@dataclass(frozen=True)
class Answers:
    """All answers of a study, and why some questions have none."""

    study: Finished
    asked: Asked
    each: Mapping[str, tuple[Answer, ...]]
    unanswered: Mapping[str, str]


def answers(folder: Path | str, **given: Any) -> Answers:
    """Everything that a study folder says.

    ``given`` are ``tier``, ``share``, ``confidence`` and ``axis`` (`Asked`); what is not given is as the section
    [report] of the study file says. Raises CaseError where there is no study, UsageError for what cannot be asked.
    """
    study = read_finished(folder)
    asked = asked_of(study.folder, **given)
    refuse(study, asked)
    found: dict[str, tuple[Answer, ...]] = {}
    not_said: dict[str, str] = {}
    for name, question in QUESTIONS.items():
        try:
            if not len(study.planned):
                raise NoAnswer("No scenario has a plan." if study.open else _all_failed(study))
            found[name] = tuple(question.answers(study, asked))
        except NoAnswer as why:
            not_said[name] = str(why)
    return Answers(study, asked, found, not_said)


def _all_failed(study: Finished) -> str:
    """Said of a study that has ended without a plan."""
    return f"All {len(study.rows)} scenarios failed: the reasons are at the head of this report, and in {FAILED}."
