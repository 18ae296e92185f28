"""A plan as a folder: ``summary.json``, one CSV file for each table, and the row multipliers."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from v2g.errors import CaseError, Finding, InvalidCase, UsageError
from v2g.formats.atomic import place_file, place_folder, resolved
from v2g.formats.draft import csv_bytes
from v2g.formats.folder import parse_table
from v2g.plan import Plan

SUMMARY_FILE = "summary.json"
DUALS_FILE = "duals.npz"
FIGURE_FILE = "service.svg"
SUMMARY_KEYS = ("status", "critical", "critical_hours", "energy_kwh", "reserve_shortfall_kwh")
PLACES = 9
WITHOUT_PLACES = 2.0**23
REMEDY = "Solve again."

TIME = ("start_utc", "hours")
PHASE_OUTPUTS = tuple(f"output_{phase}_{unit}" for unit in ("kw", "kvar") for phase in "abc")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "loads": (
        *TIME, "load", "bus", "tier", "required", "demand_kw", "served_kw", "served_kvar", "v2h_kw",
        "v2l_kw", "surge_kw",
    ),
    "vehicles": (
        *TIME, "vehicle", "charger", "site", "charge_kw", "discharge_kw", "v2h_kw", "v2l_kw", "trip_kwh",
        "missed_trip_kwh", "standby_kwh", "energy_start_kwh", "energy_end_kwh", "reserve_kwh", "shortfall_kwh",
    ),
    "deliveries": (*TIME, "way", "vehicle", "site", "load", "kw"),
    "nodes": (*TIME, "bus", "phase", "live", "injection_kw", "injection_kvar", "voltage_pu"),
    "lines": (*TIME, "line", "kind", "from_bus", "to_bus", "phase", "flow_kw", "flow_kvar", "rating_kva"),
    "sources": (
        *TIME, "source", "kind", "bus", "output_kw", "charge_kw", "discharge_kw", "available_kw", "energy_end_kwh",
        "fuel_l", "run", "tank_l", *PHASE_OUTPUTS,
    ),
    "prices": (*TIME, "bus", "phase"),
    "taps": (*TIME, "transformer", "phase", "tap"),
    "ac_nodes": (*TIME, "bus", "phase", "lost_kw", "lost_kvar"),
    "ac_legs": (*TIME, "line", "phase", "offset", "entering_kva", "around_kw", "around_kvar", "lost_kw"),
    "ac_taps": (*TIME, "transformer", "phase", "tap"),
    "others": (*TIME, "part", "unit", "bus", "phase", "injection_kw", "injection_kvar"),
}  # fmt: skip
"""Columns of every table of a plan. ``prices`` has one more for each stage of the policy; ``nodes`` has ``shunt_kw``
where buses take power all the time."""

OPTIONAL = ("prices", "others", "deliveries", "taps", "ac_nodes", "ac_legs", "ac_taps")
TEXTS = frozenset({
    "load", "bus", "vehicle", "charger", "phase", "line", "kind", "from_bus", "to_bus", "source", "part", "unit", "way",
    "site", "transformer",
})  # fmt: skip
COUNTS = frozenset({"tier", "required", "live"})
STEERING = ("=", "+", "-", "@", "\t", "'")
"""What a spreadsheet takes for the start of a formula (or for its own mark of text)."""
LEFT_BEHIND = (".DS_Store", "Thumbs.db", "desktop.ini")


def write_plan(plan: Plan, path: Path | str, *, overwrite: bool = False) -> Path:
    """Write a plan as a folder, all of its files at once; returns the resolved folder.

    Raises UsageError where the folder is there and not empty. ``overwrite`` replaces a plan, and
    nothing else: neither a folder of other things nor a plan that something was put beside.
    """
    folder = refuse_folder(path, overwrite=overwrite)
    place_folder(folder, plan_files(plan))
    return folder


def plan_files(plan: Plan) -> dict[str, bytes]:
    """The files of a plan by name."""
    content = {SUMMARY_FILE: summary_bytes(plan)}
    for name, table in plan.tables.items():
        content[f"{name}.csv"] = csv_bytes(_as_text(table))
    if plan.duals:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **{k: np.asarray(v) for k, v in plan.duals.items()})
        content[DUALS_FILE] = buffer.getvalue()
    return content


def summary_bytes(plan: Plan) -> bytes:
    """``summary.json``."""
    text = json.dumps(plain(plan.summary), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "surrogatepass")


def note_write_time(plan: Plan, folder: Path, seconds: float) -> Plan:
    """Put how long writing took into the summary, here and on disk."""
    noted = {**plan.summary, "seconds": {**plan.summary["seconds"], "write": seconds}}
    plan = replace(plan, summary=noted)
    place_file(folder / SUMMARY_FILE, summary_bytes(plan))
    return plan


def read_plan(path: Path | str) -> Plan:
    """Read a plan folder (or its ``summary.json``).

    Raises CaseError where it is none, and InvalidCase with every fault of its files where it is one.
    """
    folder = _plan_folder(path)
    faults: list[Finding] = []
    summary = _summary(folder / SUMMARY_FILE, faults)
    tables = {}
    for name in COLUMNS:
        table = _table(folder / f"{name}.csv", name, faults)
        if table is not None:
            tables[name] = table
    duals = _duals(folder / DUALS_FILE, faults)
    if faults:
        raise InvalidCase(faults)
    return Plan(summary, tables, duals)


def plain(value: Any) -> Any:
    """Numbers, text, lists and dicts as JSON has them; what is not finite is null, times are ISO.

    >>> plain({1: np.float64(0.5), "gap": float("inf"), "t": pd.Timestamp("2026-01-15 18:00", tz="UTC")})
    {'1': 0.5, 'gap': None, 't': '2026-01-15T18:00:00+00:00'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if value is None or value is pd.NaT:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def refuse_folder(path: Path | str, *, overwrite: bool = False) -> Path:
    """The resolved folder, if a plan may be written to it; raises UsageError if not."""
    folder = resolved(path)
    held = _held(folder)
    if not held:
        return folder
    if SUMMARY_FILE not in held:
        raise UsageError(f"{folder} holds other things than a plan ({_some(held)}); give another folder.")
    if not overwrite:
        raise UsageError(f"{folder} holds a plan already; give another folder, or overwrite it (--overwrite).")
    own = {SUMMARY_FILE, DUALS_FILE, FIGURE_FILE, *(f"{name}.csv" for name in COLUMNS)}
    foreign = [name for name in held if name not in own]
    if foreign:
        raise UsageError(f"{folder} holds more than a plan ({_some(foreign)}); move that elsewhere first.")
    return folder


def _held(folder: Path) -> list[str]:
    """Names in a folder; none where there is no such folder."""
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; give a folder.")
        return sorted(e.name for e in folder.iterdir() if e.name not in LEFT_BEHIND) if folder.exists() else []
    except OSError as error:
        raise UsageError(f"{folder} cannot be used: {error.strerror or error}.") from error


def _some(names: list[str], shown: int = 4) -> str:
    return ", ".join(names[:shown]) + (", ..." if len(names) > shown else "")


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({str(name): _cells(table[name]) for name in table.columns}, index=table.index, dtype=object)


def _cells(column: pd.Series) -> list[str]:
    """A column of a plan as cells of a CSV file."""
    if column.name == "start_utc":
        codes, times = pd.factorize(pd.to_datetime(column, utc=True))
        words = [time.isoformat() for time in pd.DatetimeIndex(times)]
        return [words[code] for code in codes]
    if column.name in TEXTS:
        return ["" if pd.isna(value) else guarded(str(value)) for value in column]
    if column.name in COUNTS:
        return [str(int(value)) for value in column]
    exact = column.to_numpy(dtype=float)
    small = np.abs(exact) < WITHOUT_PLACES
    values: list[float] = (np.where(small, np.round(np.where(small, exact, 0.0), PLACES), exact) + 0.0).tolist()
    return [repr(value) if value == value else "" for value in values]


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that starts like a formula gets a quote in front.

    >>> guarded("=1+1"), guarded("clinic"), unguarded(guarded("'x"))
    ("'=1+1", 'clinic', "'x")
    """
    return f"'{text}" if text.startswith(STEERING) else text


def unguarded(text: str) -> str:
    """The text as it was before it was guarded."""
    return text[1:] if text.startswith("'") and text[1:].startswith(STEERING) else text


def _plan_folder(path: Path | str) -> Path:
    """The folder that holds ``summary.json``; raises CaseError and says what is there instead."""
    try:
        whole = Path(path).expanduser().resolve()
        folder = whole.parent if whole.name == SUMMARY_FILE and not whole.is_dir() else whole
        if (folder / SUMMARY_FILE).is_file():
            return folder
        if folder.is_dir():
            held = sorted(entry.name for entry in folder.iterdir())
            hint = " This is a case; a plan is what solve writes." if "case.toml" in held else ""
            raise CaseError(f"{folder} holds no {SUMMARY_FILE}. Found there: {_some(held) or 'nothing'}.{hint}")
        kind = "is a file, not a plan folder" if folder.exists() else "does not exist"
        raise CaseError(f"{folder} {kind}.")
    except (OSError, ValueError, RuntimeError) as error:
        raise CaseError(f"{str(path)!r} cannot be used as a path: {error}.") from error


def _summary(file: Path, faults: list[Finding]) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError, OSError) as error:
        faults.append(Finding(file.name, f"The file is not JSON: {error}.", REMEDY, code="not-json"))
        return {}
    if not isinstance(content, dict):
        faults.append(Finding(file.name, "The file holds no JSON object.", REMEDY, code="not-json"))
        return {}
    for key in SUMMARY_KEYS:
        if key not in content:
            faults.append(Finding(file.name, f"The key {key!r} is missing.", REMEDY, code="missing-key"))
    wrong = [key for key in SUMMARY_KEYS[1:4] if not isinstance(content.get(key, {}), dict)]
    faults += [Finding(file.name, f"The key {key!r} holds no object.", REMEDY, code="not-json") for key in wrong]
    return content


def _table(file: Path, name: str, faults: list[Finding]) -> pd.DataFrame | None:
    """One table, typed; faults are appended."""
    if not file.is_file():
        if name not in OPTIONAL:
            faults.append(Finding(file.name, "The table is missing.", REMEDY, code="missing-table"))
        return None
    try:
        data = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        faults.append(Finding(file.name, f"The file cannot be read: {reason}.", code="unreadable"))
        return None
    frame, found = parse_table(file.name, data)
    faults += found
    if frame is None or found:
        return None
    missing = [column for column in COLUMNS[name] if column not in frame.columns]
    for column in missing:
        faults.append(Finding(file.name, "The column is missing.", REMEDY, column=column, code="missing-column"))
    return pd.DataFrame({column: _typed(frame[column], file.name, faults) for column in frame.columns})


def _typed(column: pd.Series, file: str, faults: list[Finding]) -> Any:
    """A column of text as times, text, counts or numbers (blank = NaN)."""
    name = str(column.name)
    cells: list[str] = column.to_list()
    if name in TEXTS:
        return np.array([unguarded(cell) for cell in cells], dtype=object)
    if name == "start_utc":
        times = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601")
        _refuse(np.asarray(times.isna()), cells, name, file, "a time such as 2026-01-15T18:00:00+00:00", faults)
        return times
    numbers = _numbers(cells)
    unread = np.isnan(numbers) & np.array([bool(cell) for cell in cells], dtype=bool)
    whole = name in COUNTS
    if whole:
        unread |= ~(np.isfinite(numbers) & (np.floor(numbers) == numbers) & (np.abs(numbers) < 1e9))
    _refuse(unread, cells, name, file, "a whole number" if whole else "a number", faults)
    return np.where(unread, 0.0, numbers).astype(np.int64) if whole else numbers


def _numbers(cells: list[str]) -> np.ndarray:
    """Cells as float64, to the last bit; NaN where blank or not a number."""
    try:
        return np.array([cell or "nan" for cell in cells], dtype=object).astype(np.float64)
    except ValueError:
        return np.array([_number(cell) for cell in cells], dtype=np.float64)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _refuse(bad: np.ndarray, cells: list[str], column: str, file: str, allowed: str, faults: list[Finding]) -> None:
    """One finding for all cells of a column that cannot be read."""
    rows = np.flatnonzero(bad)
    if rows.size:
        more = f" So do {rows.size - 1} further rows." if rows.size > 1 else ""
        faults.append(
            Finding(
                file, f"The cell does not hold what it should.{more}", REMEDY, row=int(rows[0]) + 2,
                column=column, found=repr(cells[int(rows[0])][:60]), allowed=allowed, code="not-readable",
            )
        )  # fmt: skip


def _duals(file: Path, faults: list[Finding]) -> dict[str, np.ndarray]:
    if not file.exists():
        return {}
    try:
        with np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in sorted(stored.files)}
    except (OSError, ValueError, BadZipFile, EOFError, KeyError) as error:
        faults.append(Finding(file.name, f"The multipliers cannot be read: {error}.", REMEDY, code="unreadable"))
        return {}
