"""Whatever stands in a case, reading and checking it ends in a case, in findings, or in one of our own errors."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from helpers_specs import EVENING, HEADER, SPECS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from v2g.check import check
from v2g.errors import V2GError
from v2g.formats.draft import Draft
from v2g.formats.folder import parse_table, read_folder
from v2g.formats.shipped import locate

EXAMPLES = int(os.environ.get("V2G_EXAMPLES", "60"))
QUICK = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TOML = 'format = 1\nname = "x"\nstart_utc = 2026-01-15T18:00:00Z\nstep_min = 30\nsteps = 4\n'

odd_text = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["b1", "b2", "ev1", "c1", "abc", "ca", "delta", "delta-wye", "1", "0", "-1", "1e308", "nan", "1,5", "=1+1"]
    ),
    st.sampled_from(
        ["2026-01-15T18:00Z", "2026-01-15 19:00", "9999-12-31T23:59:59+00:00", "2026-01-15T18:00-24:00", "\ud800"]
    ),
    st.floats().map(str),
)
odd_value = st.one_of(
    odd_text, st.none(), st.booleans(), st.integers(), st.floats(), st.datetimes(), st.binary(max_size=4)
)
odd_header = st.dictionaries(
    st.one_of(st.sampled_from([*HEADER, "network", "policy", "seed", "vmin_pu", "vmax_pu"]), st.text(max_size=5)),
    st.recursive(
        odd_value,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    ),
    max_size=5,
)
NAMES = {name: [c.name for c in spec.columns] for name, spec in SPECS.items()}


@st.composite
def odd_frame(draw: st.DrawFn) -> tuple[str, pd.DataFrame]:
    table = draw(st.sampled_from(sorted(NAMES)))
    columns = draw(st.lists(st.sampled_from([*NAMES[table], "?", ""]), max_size=len(NAMES[table]), unique=True))
    rows = draw(st.integers(0, 4))
    return table, pd.DataFrame(
        {c: draw(st.lists(odd_value, min_size=rows, max_size=rows)) for c in columns}, index=range(rows), dtype=object
    )


def well_formed(draft: Draft) -> None:
    case, findings = check(draft, SPECS)
    assert (case is None) == any(f.severity == "error" for f in findings)
    for finding in findings:
        assert finding.code and finding.message and finding.file
        str(finding)


@QUICK
@given(odd_header, st.lists(odd_frame(), max_size=4))
def test_any_cells(header: dict[str, object], frames: list[tuple[str, pd.DataFrame]]) -> None:
    valid = {
        name: pd.DataFrame([r.split(",") for r in t.split()[1:]], columns=t.split()[0].split(","))
        for name, t in EVENING.items()
    }
    well_formed(Draft.of({**HEADER, **header}, {**valid, **dict(frames)}))


@QUICK
@given(st.sampled_from(sorted(EVENING)), st.data())
def test_one_odd_cell_in_a_valid_case(table: str, data: st.DataObject) -> None:
    frames = {name: parse_table(name, text.encode()).frame for name, text in EVENING.items()}
    frame = frames[table]
    assert frame is not None
    frame = frame.copy()
    row, column = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, frame.shape[1] - 1))
    frame.iat[row, column] = data.draw(odd_text)
    well_formed(Draft.of(HEADER, {**frames, table: frame}))


EMERGENCY = {
    **EVENING,
    "sites": "site,bus,people\nhall,b2,50\nschool,,20\n",
    "loads": "load,site,bus,tier,kw,service,hours_per_day,min_run_h,kwh_per_day,by_v2l,appliance_kw,hold,"
    "pickup_factor\nclinic,hall,,1,10,continuous,,,,0,,hard,2\npump,school,,2,1,hours,2,0.5,,1,1,,1\n"
    "fridge,school,,2,1,energy,,,9,1,1,,\n",
    "vehicles": "vehicle,capacity_kwh,start_soc,charge_kw,v2h_kw,socket_kw,reserve_km,kwh_per_km,connectors,site,"
    "charger\n"
    "ev1,40,0.7,7,6,1.5,20,0.2,type2|chademo,,home\nev2,40,0.5,7,0,1.5,20,0.2,,school,\n",
    "chargers": "charger,site,feeds,charge_kw,discharge_kw,charge_eff,discharge_eff,connector,standby_kw,plugs\n"
    "home,school,premises,6,6,0.9,0.9,chademo,0.1,1\npole,hall,feeder,7,7,0.9,0.9,,0,2\n",
    "stays": "vehicle,charger,site,from_utc,until_utc,leave_kwh\n"
    "ev2,,hall,2026-01-15T18:00:00+00:00,2026-01-15T19:00:00+00:00,10\n",
    "needs": "need,vehicle,from_utc,until_utc,energy_kwh,km\na,ev1,2026-01-15T19:00:00+00:00,,10,40\nb,,,,0,30\n",
    "fleet_minimum": "minimum,vehicles,energy_kwh,from_utc,until_utc\nm,1,9,,2026-01-15T19:00:00+00:00\n",
    "generators": "generator,bus,rating_kw,fuel_l,fuel_l_per_kwh,tank\ng,b1,50,,0.3,depot\n",
    "tanks": "tank,fuel_l\ndepot,200\n",
    "grid": "grid,bus,from_utc\nfeed,b1,\n",
    "events": "at_utc,event,element,litres\n2026-01-15T18:10:00+00:00,out,l1,\n2026-01-15T18:40:00+00:00,back,l1,\n"
    "2026-01-15T19:00:00+00:00,energised,feed,\n2026-01-15T19:10:00+00:00,fuel,depot,50\n"
    "2026-01-15T19:00:00+00:00,energised,b2,\n2026-01-15T19:20:00+00:00,dead,b2,\n",
    "durations": "hours,probability\n5,0.25\n20,0.75\n",
}
"""A case with every table that an emergency may have."""


def test_the_emergency_is_valid() -> None:
    frames = {name: parse_table(name, text.encode()).frame for name, text in EMERGENCY.items()}
    case, findings = check(Draft.of(HEADER, {k: f for k, f in frames.items() if f is not None}), SPECS)
    assert case is not None and not findings, [str(f) for f in findings]


@settings(QUICK, max_examples=2 * EXAMPLES)
@given(st.sampled_from(sorted(EMERGENCY)), st.data())
def test_one_odd_cell_in_an_emergency(table: str, data: st.DataObject) -> None:
    frames = {name: parse_table(name, text.encode()).frame for name, text in EMERGENCY.items()}
    frame = frames[table]
    assert frame is not None
    frame = frame.copy()
    row, column = data.draw(st.integers(0, len(frame) - 1)), data.draw(st.integers(0, frame.shape[1] - 1))
    names = st.sampled_from(["hall", "school", "home", "pole", "l1", "feed", "depot", "g", "", "out", "fuel", "hours"])
    frame.iat[row, column] = data.draw(st.one_of(odd_text, names))
    well_formed(Draft.of(HEADER, {**frames, table: frame}))


@QUICK
@given(st.one_of(st.binary(max_size=200), st.text(alphabet='a,"\n\r;\t1\x00', max_size=60).map(str.encode)))
def test_any_bytes_in_a_table(data: bytes) -> None:
    table = parse_table("loads.csv", data)
    assert (table.frame is not None) or table.faults


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.binary(max_size=100), st.just(TOML.encode())), st.binary(max_size=100))
def test_any_bytes_in_a_folder(header: bytes, table: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "case.toml").write_bytes(header)
        (Path(name) / "buses.csv").write_bytes(table)
        try:
            draft = read_folder(Path(name))
        except V2GError:
            return
        well_formed(draft)


@settings(max_examples=60, deadline=None)
@example("~nobody-of-this-name")
@example("a\0b")
@example("x" * 5000)
@given(st.text(max_size=30))
def test_any_path(text: str) -> None:
    try:
        read_folder(locate(text))
    except V2GError:
        return


WORST = [
    ("vehicles", "capacity_kwh", "nan"), ("vehicles", "start_soc", "1e400"), ("loads", "kw", "-inf"),
    ("loads", "tier", "1e308"), ("stays", "until_utc", "2250-01-01T00:00:00+14:00"), ("events", "at_utc", "1900-01-01"),
    ("chargers", "plugs", "99999999999"), ("generators", "tank", "\u200b"), ("needs", "vehicle", "*"),
    ("durations", "probability", "0"), ("sites", "site", ""), ("fleet_minimum", "vehicles", "0.5"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "column", "cell"), WORST)
def test_one_damaged_cell_is_told_with_its_place_and_what_to_do(table: str, column: str, cell: str) -> None:
    frames = {name: parse_table(name, text.encode()).frame for name, text in EMERGENCY.items()}
    tables = {name: frame.copy() for name, frame in frames.items() if frame is not None}
    tables[table].loc[0, column] = cell
    errors = [f for f in check(Draft.of(HEADER, tables), SPECS)[1] if f.severity == "error"]
    if (table, column, cell) != ("durations", "probability", "0"):
        here = [f for f in errors if (f.file, f.row, f.column) == (f"{table}.csv", 2, column)]
        assert here and all(f.allowed is not None or f.remedy for f in here)
    assert errors and all(f.remedy for f in errors), [str(f) for f in errors]
