"""Orders for people: a page and short messages for each vehicle, a page for each place and depot, tables of it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

import pandas as pd

from v2g.errors import UsageError
from v2g.exports.exporter import Asked, Exported
from v2g.exports.tables import table_bytes
from v2g.handover.clock import moment_of
from v2g.handover.facts import Facts
from v2g.handover.languages import LANGUAGES
from v2g.handover.languages.language import Language
from v2g.handover.order_tables import ledger_table, orders_table, schedule_table
from v2g.handover.orders import Orders
from v2g.handover.page import Page, as_text, document, head_html, paragraphs, section
from v2g.handover.place_pages import Places, depot_page, site_page
from v2g.handover.safe import file_names, shown
from v2g.handover.telling import Telling
from v2g.handover.vehicle_pages import short_messages, vehicle_page
from v2g.register import choose

DEFAULT = "en"
STALE = "the plan is stale: its first step is over"
NO_ZONE = (
    "people are told times in UTC: case.toml has no time_zone. "
    'Set it to their zone of the IANA database, such as time_zone = "Asia/Tokyo"'
)
SMS_COLUMNS = ("vehicle", "contact", "part", "parts", "text")


class OrdersForPeople:
    """Texts and sheets in one folder, or in one for each language where several are asked for."""

    name = "orders"
    title = "orders for drivers, places and depots"
    for_action = True
    options: tuple[str, ...] = ("language", "as_of")

    def export(self, asked: Asked) -> Exported:
        """The same bytes for the same case, plan and ``as_of``."""
        facts = facts_of(asked, self.name)
        orders = Orders(facts)
        places = Places(orders)
        tables = {"orders": orders_table(orders), "load_schedule": schedule_table(facts), "ledger": ledger_table(facts)}
        files = {f"{name}.csv": table_bytes(table) for name, table in tables.items()}
        for folder, telling in tellings(asked, facts):
            files |= {f"{folder}{path}": data for path, data in _told(telling, orders, places).items()}
            warnings = warnings_of(telling)
        return Exported(files, warnings, next(file for file in files if file.endswith("orders.html")))


def facts_of(asked: Asked, name: str) -> Facts:
    """Case and plan of what is asked for; raises UsageError without a plan."""
    if asked.plan is None:
        raise UsageError(f"--to {name} needs a plan: v2g export CASE PLAN --to {name} --out DIR.")
    return Facts(asked.case, asked.plan)


def tellings(asked: Asked, facts: Facts) -> Iterator[tuple[str, Telling]]:
    """One for each language asked for, with its folder: none where there is one language only."""
    given: str | Sequence[str] = asked.options.get("language", DEFAULT)
    wanted = tuple(dict.fromkeys([given] if isinstance(given, str) else given))
    at = moment_of(asked.options.get("as_of"), facts.clock)
    languages: list[Language] = [choose("language", code, LANGUAGES) for code in wanted]
    for language in languages:
        yield (f"{language.code}/" if len(languages) > 1 else ""), Telling(facts, language, at)


def warnings_of(telling: Telling) -> tuple[str, ...]:
    """What whoever hands pages out must know."""
    zoned = "time_zone" in telling.facts.case.header
    return (*((STALE,) if telling.stale else ()), *(() if zoned else (NO_ZONE,)))


def _told(telling: Telling, orders: Orders, places: Places) -> Mapping[str, bytes]:
    """Everything that is words, by path."""
    head = telling.head()
    pages = [
        *(vehicle_page(telling, order) for order in orders.all),
        *(site_page(telling, places, name) for name in places.names),
        *(depot_page(telling, name, mine) for name, mine in places.depots.items()),
    ]
    files: dict[str, bytes] = {}
    for kind in dict.fromkeys(page.kind for page in pages):
        mine = [page for page in pages if page.kind == kind]
        names = file_names(page.name for page in mine)
        files |= {f"{kind}/{names[page.name]}.txt": as_text(page, head) for page in mine}
    return {**files, "orders.html": _sheets(telling, pages), "sms.csv": table_bytes(_sms(telling, orders))}


def _sheets(telling: Telling, pages: list[Page]) -> bytes:
    """All pages in one file to print, behind one that lists them."""
    head = head_html(telling.head(), telling.stale)
    anchors = {id(page): f"p{number}" for number, page in enumerate(pages, start=1)}
    title = telling.say("orders_of", title=shown(telling.facts.case.title))
    parts = [f"<section>\n<h1>{escape(title)}</h1>{head}", paragraphs([telling.say("contents")])]
    for kind in dict.fromkeys(page.kind for page in pages):
        links = "".join(
            f'<li><a href="#{anchors[id(page)]}">{escape(shown(page.name))}</a></li>'
            for page in pages if page.kind == kind
        )  # fmt: skip
        parts.append(f'<h2>{escape(telling.say(kind))}</h2><ul class="contents">{links}</ul>')
    parts.append("</section>\n")
    parts += [section(page, anchors[id(page)], head) for page in pages]
    return document(telling.language.code, title, "".join(parts))


def _sms(telling: Telling, orders: Orders) -> pd.DataFrame:
    rows = []
    for order in orders.all:
        texts = short_messages(telling, orders, order)
        whose = (order.account.name, order.account.contact)
        rows += [(*whose, number, len(texts), text) for number, text in enumerate(texts, start=1)]
    return pd.DataFrame(rows, columns=list(SMS_COLUMNS))
