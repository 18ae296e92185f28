"""The situation report of a plan on one page, to print and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from v2g.compare import known_case
from v2g.exports.exporter import Asked, Exported
from v2g.exports.orders import facts_of, tellings, warnings_of
from v2g.handover.changes import Comparison, Side
from v2g.handover.page import bullets, document, head_html, paragraphs
from v2g.handover.safe import brief
from v2g.handover.situation import Row, Situation

STYLE = """
@page { size: A4; margin: 11mm }
body { font: 9pt/1.25 sans-serif; color: #000; background: #fff; max-width: 46em; margin: 1em auto; padding: 0 1em }
@media print { body { margin: 0; padding: 0; max-width: none } }
h1 { font-size: 14pt; margin: 0 } h2 { font-size: 10pt; margin: .55em 0 .1em; border-bottom: 1px solid #000 }
p, ul { margin: .1em 0 } ul { padding-left: 1.2em } p, li, td { overflow-wrap: anywhere }
.head { font-size: 8pt } .headline { font-size: 12pt; font-weight: bold; margin: .3em 0 }
.stale { border: 3px solid #000; padding: .2em; font-weight: bold; font-size: 11pt }
table { border-collapse: collapse; width: 100%; font-size: 8.5pt } td, th { text-align: left; padding: 0 .4em 0 0 }
td { border-top: 1px solid #999; vertical-align: top; max-width: 16em } td:first-child { width: 1em }
"""
LONGEST = 110
"""Letters of the title: it may take two lines."""


class SituationReport:
    """`sitrep.html` and `sitrep.txt`; a folder for each language where several are asked for."""

    name = "sitrep"
    title = "situation report on one page"
    options: tuple[str, ...] = ("language", "as_of", "since")

    def export(self, asked: Asked) -> Exported:
        """The same bytes for the same case, plans and ``as_of``."""
        facts, earlier = facts_of(asked, self.name), asked.options.get("since")
        compared = None
        if earlier is not None:
            first = Side(earlier, known_case(earlier, (asked.case,)))
            compared = Comparison(first, Side(facts.plan, facts.case))
        files: dict[str, bytes] = {}
        for folder, telling in tellings(asked, facts):
            situation, warnings = Situation(telling, compared), warnings_of(telling)
            files |= {f"{folder}sitrep.html": _html(situation), f"{folder}sitrep.txt": _text(situation)}
        return Exported(files, warnings, next(file for file in files if file.endswith("sitrep.html")))


def _parts(situation: Situation) -> Iterator[tuple[str, Sequence[str]]]:
    """Headings and lines below the table of loads."""
    say = situation.telling.say
    yield say("decisions"), situation.decisions
    if situation.compared is not None:
        yield say("changes", run=situation.compared.first.run_id), situation.changes
    yield say("fleet"), situation.fleet
    yield say("supply"), situation.supply
    yield say("assumptions"), situation.assumptions
    yield say("audit"), situation.audit


def _title(situation: Situation) -> str:
    title = brief(situation.telling.facts.case.title, LONGEST)
    return situation.telling.say("sitrep_of", title=title)


def _columns(situation: Situation) -> list[str]:
    return [situation.telling.say(f"column_{name}") for name in ("load", "tier", "place", "status", "dark")]


def _html(situation: Situation) -> bytes:
    telling = situation.telling
    title = _title(situation)
    body = [f"<h1>{escape(title)}</h1>", head_html(telling.head(), telling.stale)]
    body.append(f'<p class="headline">{escape(situation.headline)}</p>')
    body.append(f"<h2>{escape(telling.say('critical'))}</h2>{paragraphs(situation.tiers)}")
    if situation.rows:
        heads = "".join(f"<th>{escape(name)}</th>" for name in _columns(situation))
        rows = "".join(map(_row, situation.rows))
        body.append(f"<table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table>")
    body.append(paragraphs(situation.others))
    body += [f"<h2>{escape(heading)}</h2>{bullets(lines)}" for heading, lines in _parts(situation)]
    return document(telling.language.code, title, "\n".join(body) + "\n", STYLE)


def _row(row: Row) -> str:
    cells = (row.symbol, row.load, row.tier, row.place, row.status, row.hours)
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _text(situation: Situation) -> bytes:
    telling = situation.telling
    lines = [_title(situation), *telling.head(), "", situation.headline, "", telling.say("critical").upper()]
    lines += situation.tiers
    dark = telling.say("column_dark")
    for row in situation.rows:
        known = {"load": row.load, "tier": row.tier, "place": row.place, "status": row.status}
        line = telling.say("sitrep_row", symbol=row.symbol, **known)
        hours = telling.say("and_hours", hours=telling.say("heading", time=dark, what=row.hours))
        lines.append(f"  {line}{hours}" if row.hours else f"  {line}")
    lines += situation.others
    for heading, points in _parts(situation):
        lines += ["", heading.upper(), *(f"  - {point}" for point in points)]
    return ("\n".join(lines) + "\n").encode()
