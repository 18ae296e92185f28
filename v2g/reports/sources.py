"""What can be reported on: each source knows the folders that are its own, and reports on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from v2g.errors import UsageError


class Reported(Protocol):
    """A report that was written: its text for a terminal, and its content for machines."""

    @property
    def text(self) -> str:
        """For a terminal."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        ...


class Source(Protocol):
    """A kind of thing that is reported on."""

    title: str
    options: tuple[str, ...]

    def fits(self, paths: Sequence[Path]) -> bool:
        """Whether these folders are its own."""
        ...

    def report(self, paths: Sequence[Path], out: Path | None, **options: Any) -> Reported:
        """Report on them; ``options`` are among its own."""
        ...


class OfStudy:
    """The folder of a study: answers with their confidence."""

    title = "the folder that v2g batch wrote: tables, figures and plain answers"
    options: tuple[str, ...] = ("axis", "tier", "share", "confidence")

    def fits(self, paths: Sequence[Path]) -> bool:
        """One folder with a manifest."""
        from v2g.batch.folder import MANIFEST

        return len(paths) == 1 and (paths[0] / MANIFEST).is_file()

    def report(self, paths: Sequence[Path], out: Path | None, **options: Any) -> Reported:
        """All answers."""
        from v2g.reports.study_folder import report_study

        return report_study(paths[0], out, **options)


class OfPlan:
    """A case and a plan of it: one HTML page that opens without a network."""

    title = "a case, and the folder that v2g solve wrote for it: one page for a desk, a phone and a printer"
    options: tuple[str, ...] = ("as_of", "remedies_within")

    def fits(self, paths: Sequence[Path]) -> bool:
        """A case, and a folder with a summary."""
        from v2g.formats.plan_folder import SUMMARY_FILE

        return len(paths) == 2 and (paths[1] / SUMMARY_FILE).is_file()

    def report(self, paths: Sequence[Path], out: Path | None, **options: Any) -> Reported:
        """The page."""
        from v2g.formats.plan_folder import read_plan
        from v2g.reading import read
        from v2g.reports.page.written import write_page

        if out is None:
            raise UsageError("Say where the page is to be written: --out FILE.html.")
        return write_page(read(str(paths[0])), read_plan(paths[1]), out, **options)


SOURCES: dict[str, Source] = {"STUDYDIR": OfStudy(), "CASE PLAN": OfPlan()}
"""Sources by how they are given on the command line."""


def source_of(paths: Sequence[Path]) -> Source:
    """The source that these folders are. Raises UsageError where they are none."""
    for source in SOURCES.values():
        if source.fits(paths):
            return source
    given = " ".join(str(path) for path in paths)
    known = "; ".join(f"{form} ({source.title})" for form, source in SOURCES.items())
    raise UsageError(f"There is nothing to report on in {given}. Allowed: {known}.")
