"""Answers of a study in words: for a terminal, as a page, and for machines."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from v2g.batch.answers import QUESTIONS, Answers
from v2g.batch.answers.answer import Answer, percent
from v2g.batch.answers.axis import Axis, plain
from v2g.batch.answers.finished import FAILED, Finished
from v2g.reports.console import counted

SHOWN_FAILURES = 5
SHOWN_WORDS = 6
SHOWN_ROWS = 12
SHOWN_GAPS = 5
GAP = 1e-3
"""Plans farther from their bound than that are named."""
GAPS = "gaps.csv"


def study_report(found: Answers) -> str:
    """Some lines for each answer: what was run, what failed, what the study says, and what it cannot say."""
    lines = [found.study.title, *heading(found.study)]
    for name, each in found.each.items():
        alike = len(each) > 1 and len({answer.sentence for answer in each}) == 1
        lines += [f"{name if alike else one.name}: {one.sentence}" for one in (each[:1] if alike else each)]
    reasons = set(found.unanswered.values())
    if not found.each and len(reasons) == 1:
        lines.append(f"No question is answered. {reasons.pop()}")
    else:
        lines += [f"{name}: not answered. {why}" for name, why in found.unanswered.items()]
    return "\n".join(lines)


def heading(study: Finished) -> list[str]:
    """How complete the study is; then how many scenarios there are, how they ended, how good plans are."""
    total, counts = len(study.rows), study.counts
    lines = []
    if study.open:
        lines.append(
            f"PARTIAL: {study.open} of {counted(total, 'scenario')} not run yet. What follows rests on the others and "
            "will change; the same v2g batch command goes on."
        )
    seeds = counted(study.rows["seed"].nunique(), "seed") if study.is_grid else f"{study.rows['seed'].nunique()} draws"
    ended = ", ".join(f"{count} {status}" for status, count in counts.items())
    lines.append(f"{counted(total, 'scenario')}, {seeds}: {ended}")
    return [*lines, *_drawn(study), *_failures(study), *_loose(study)]


def _drawn(study: Finished) -> list[str]:
    """What was drawn of each axis that is sampled."""
    said = [_range(axis, study.rows[axis.name]) for axis in study.axes if axis.drawn or not study.is_grid]
    return [f"drawn by {'seed' if study.is_grid else 'draw'}: {'; '.join(said)}"] if said else []


def _range(axis: Axis, column: pd.Series) -> str:
    """From the smallest to the largest value; words one by one."""
    values = list(dict.fromkeys(column))
    if axis.kind == "word":
        return f"{axis.name} {_listed([str(value) for value in values], SHOWN_WORDS)}"
    order = sorted(values)
    if len(order) == 1:
        return f"{axis.name} {plain(order[0])}{axis.noun_of(order[0])}"
    return f"{axis.name} from {plain(order[0])} to {plain(order[-1])}{axis.noun_of(order[-1])}"


def _failures(study: Finished) -> list[str]:
    """Scenarios that failed, by how: each with its number, the first ones with their reasons."""
    lines = []
    for status, rows in study.failed.groupby("status", sort=False):
        numbers = _listed([str(number) for number in rows.index], 20)
        lines.append(f"FAILED, {status}: {counted(len(rows), 'scenario')} ({numbers})")
        reasons = rows["reason"].value_counts(sort=True)
        for reason, count in list(reasons.items())[:SHOWN_FAILURES]:
            lines.append(f"  {count} x {str(reason).splitlines()[0] if reason else 'no reason given'}")
        if len(reasons) > SHOWN_FAILURES:
            lines.append(f"  and {counted(len(reasons) - SHOWN_FAILURES, 'other reason')}: {FAILED}")
    return lines


def loose(study: Finished) -> pd.DataFrame:
    """Scenarios whose plans are farther than `GAP` from what is proven possible, the farthest first, with their gap."""
    gaps = study.measure("gap")
    far = gaps[gaps > GAP].sort_values(ascending=False, kind="stable")
    return study.rows.loc[far.index].assign(gap=far)


def _loose(study: Finished) -> list[str]:
    gaps = loose(study)["gap"]
    if not len(gaps):
        return []
    first = ", ".join(f"{number} ({percent(gap)})" for number, gap in list(gaps.items())[:SHOWN_GAPS])
    more = f" and {len(gaps) - SHOWN_GAPS} more" if len(gaps) > SHOWN_GAPS else ""
    return [
        f"GAPS: {counted(len(gaps), 'plan')} farther than {percent(GAP)} from what is proven possible, the farthest "
        f"first: scenario {first}{more}; all in {GAPS}. A longer time_limit_s or a smaller gap in [solve] brings them "
        "nearer."
    ]


def _listed(names: list[str], shown: int) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def page(found: Answers, figures: Mapping[str, str]) -> str:
    """``answers.md``; ``figures`` are names of files by answer."""
    study = found.study
    lines = [f"# {_escaped(study.title)}", ""]
    lines += [f"- {_escaped(line.strip())}" for line in heading(study)]
    made = study.manifest.get("made", {})
    origin = ", ".join(f"{key} {value}" for key, value in made.items() if isinstance(value, (str, int, float)))
    lines += [f"- Study file SHA-256 {study.manifest.get('study_sha256', 'unknown')}; made by {_escaped(origin)}.", ""]
    lines += ["Intervals hold for draws like those of this study. They know nothing of what it leaves out.", ""]
    for name, each in found.each.items():
        lines += [f"## {name}: {QUESTIONS[name].title}", ""]
        common = [note for note in each[0].notes if all(note in answer.notes for answer in each)]
        for answer in each:
            lines += _section(answer, figures.get(answer.name), common)
        lines += [*_listed_notes(common), ""] if common else []
    if found.unanswered:
        lines += ["## Not answered", "", *(f"- {name}: {_escaped(why)}" for name, why in found.unanswered.items()), ""]
    return "\n".join(lines)


def _section(answer: Answer, figure: str | None, told: Sequence[str]) -> list[str]:
    """One answer; notes that are ``told`` of all answers of its question are left to the end of them."""
    lines = [f"### {_escaped(answer.title)}", "", f"**{_escaped(answer.sentence)}**", ""]
    if figure:
        lines += [f"![{_escaped(answer.title)}]({figure})", ""]
    lines += [*_table(answer.table), "", f"Table: [{answer.name}.csv]({answer.name}.csv)", ""]
    own = _listed_notes([note for note in answer.notes if note not in told])
    return [*lines, *own, ""] if own else lines


def _listed_notes(notes: Sequence[str]) -> list[str]:
    return [f"- {_escaped(note)}" for note in notes]


def _table(frame: pd.DataFrame) -> list[str]:
    """The first rows of a table; all of them are in its file."""
    names = [str(name) for name in frame.columns]
    lines = ["| " + " | ".join(map(_escaped, names)) + " |", "|" + " --- |" * len(names)]
    for row in frame.head(SHOWN_ROWS).itertuples(index=False):
        lines.append("| " + " | ".join(_escaped(_shown(cell)) for cell in row) + " |")
    left = len(frame) - SHOWN_ROWS
    return lines + ([f"\n... and {counted(left, 'row')} more."] if left > 0 else [])


def _shown(cell: Any) -> str:
    if isinstance(cell, (float, np.floating)):
        return "" if math.isnan(cell) else f"{cell:.5g}"
    return str(cell)


def _escaped(text: str) -> str:
    """Text that is text in Markdown, on one line.

    >>> _escaped("a|b" + chr(10) + "<i>")
    'a&#124;b &lt;i&gt;'
    """
    plain = " ".join(text.split())
    for mark, instead in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("|", "&#124;"), ("`", "&#96;"), ("*", "&#42;"),
                          ("[", "&#91;"), ("_", "\\_")):  # fmt: skip
        plain = plain.replace(mark, instead)
    return plain


def machine(found: Answers, figures: Mapping[str, str]) -> dict[str, Any]:
    """All of it as plain data; numbers that are not known are null."""
    study, asked = found.study, found.asked
    return {
        "format": 1, "study": study.name, "title": study.title, "partial": study.open > 0,
        "scenarios": len(study.rows), "status": study.counts,
        "failed": [{"scenario": int(str(number)), "status": row["status"], "reason": row["reason"]}
                   for number, row in study.failed.iterrows()],
        "asked": {"tier": asked.tier, "share": asked.share, "confidence": asked.confidence, "axis": asked.axis or None},
        "answers": [
            {"question": name, "name": answer.name, "title": answer.title, "sentence": answer.sentence,
             "notes": list(answer.notes), "figure": figures.get(answer.name), "table": list(records(answer.table))}
            for name, each in found.each.items() for answer in each
        ],
        "unanswered": dict(found.unanswered),
    }  # fmt: skip


def records(frame: pd.DataFrame) -> Iterable[dict[str, Any]]:
    """Rows of a table as plain data."""
    for row in frame.to_dict("records"):
        yield {str(name): _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    found = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(found, float) and not math.isfinite(found) else found
