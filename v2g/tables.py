"""The tables of a case that no single part owns: the feeder, the chargers, who is where, and the profiles.

Loads, vehicles and sources are declared by the parts that model them; a case is checked against both.
"""

from __future__ import annotations

from v2g.schema import Column, TableSpec, place_columns

PHASES = "abc"
PAIRS = ("aa", "ab", "ac", "bb", "bc", "cc")

PROFILE = Column("profile", "number", required=True, at_least=0.0, help="multiplier in each interval")
"""What every column of ``profiles`` holds, except its times. Its columns are named by the user."""

OPEN_TABLES = {"profiles": PROFILE}
"""Tables whose further columns are named by the user, and what those hold."""

WHOLE_NUMBERS = frozenset({("loads", "tier"), ("chargers", "plugs")})
"""Columns that count, stored as int64."""


def _impedance(letter: str, quantity: str) -> tuple[Column, ...]:
    """Upper triangle of a symmetric 3 x 3 matrix in ohm; only a resistance on the diagonal has a sign."""
    return tuple(
        Column(
            f"{letter}_{pair}_ohm",
            default=0.0,
            unit="ohm",
            at_least=0.0 if letter == "r" and pair[0] == pair[1] else None,
            help=f"series {quantity} of the whole line, phases {pair[0]} and {pair[1]}",
        )
        for pair in PAIRS
    )


def _leg_columns(key: str, noun: str) -> tuple[Column, ...]:
    """What every element between two buses has."""
    return (
        Column(key, "id", required=True, help=f"name of the {noun}, unique among lines and transformers"),
        Column("from_bus", "ref", required=True, refers_to="buses", help="bus at one end"),
        Column("to_bus", "ref", required=True, refers_to="buses", help="bus at the other end"),
        Column("phases", "phases", default=PHASES, help="phases it carries, such as abc, ac or b"),
    )


_RATING = Column("rating_kva", unit="kVA", above=0.0, help="limit of each phase; blank = not known, never binds")
_CLOSED = Column("closed", "flag", default=True, help="1 = in service")
_TAPS = tuple(
    Column(f"tap_{p}", default=1.0, above=0.0, help=f"voltage of to_bus over from_bus in per unit, phase {p}")
    for p in PHASES
)

BUSES = TableSpec(
    "buses",
    (
        Column("bus", "id", required=True, help="name of the bus"),
        Column("phases", "phases", default=PHASES, help="phases that exist at the bus"),
        Column("kv_ln_kv", required=True, unit="kV", above=0.0, help="nominal voltage, line to neutral"),
        Column("vmin_pu", unit="p.u.", above=0.0, at_most_column="vmax_pu", help="lowest voltage; blank = the case's"),
        Column("vmax_pu", unit="p.u.", above=0.0, help="highest voltage; blank = the case's"),
        Column("x", help="coordinate for drawings, to the right"),
        Column("y", help="coordinate for drawings, upwards"),
    ),
    key="bus",
    required=True,
    help="points of the feeder",
)

LINES = TableSpec(
    "lines",
    (
        *_leg_columns("line", "line"),
        _CLOSED,
        Column("switch", "flag", default=False, help="1 = can be switched"),
        _RATING,
        *_impedance("r", "resistance"),
        *_impedance("x", "reactance"),
    ),
    key="line",
    help="lines, cables and switches between buses of one voltage",
)

TRANSFORMERS = TableSpec(
    "transformers",
    (
        *_leg_columns("transformer", "transformer"),
        Column(
            "connection", "choice", default="wye-wye", choices=("wye-wye", "delta-wye", "delta-delta"),
            help="windings at from_bus and to_bus",
        ),
        Column("r_ohm", default=0.0, unit="ohm", at_least=0.0, help="resistance of a phase, referred to to_bus"),
        Column("x_ohm", default=0.0, unit="ohm", help="reactance of a phase, referred to to_bus"),
        *_TAPS,
        _RATING,
        _CLOSED,
    ),
    key="transformer",
    help="transformers; a regulator is one with taps",
)  # fmt: skip

CAPACITORS = TableSpec(
    "capacitors",
    (
        Column("capacitor", "id", required=True, help="name of the capacitor"),
        *place_columns(delta=True),
        Column("kvar", required=True, unit="kvar", at_least=0.0, help="output at nominal voltage, sum of its phases"),
        _CLOSED,
    ),
    key="capacitor",
    help="shunt capacitors",
)


def _efficiency(name: str, way: str) -> Column:
    return Column(name, required=True, above=0.0, at_most=1.0, help=f"share that arrives, {way}")


CHARGERS = TableSpec(
    "chargers",
    (
        Column("charger", "id", required=True, help="name of the charger"),
        Column("type", "text", default="", help="nameplate, for display"),
        *place_columns(delta=True),
        Column("charge_kw", required=True, unit="kW", at_least=0.0, help="most it can take from the feeder, per plug"),
        Column("discharge_kw", default=0.0, unit="kW", at_least=0.0, help="most it can give, per plug; 0 = one-way"),
        _efficiency("charge_eff", "feeder to battery"),
        _efficiency("discharge_eff", "battery to feeder"),
        Column("plugs", default=1.0, at_least=1.0, help="vehicles it can hold at a time"),
    ),
    key="charger",
    help="where vehicles are plugged in",
)

_VEHICLE = Column("vehicle", "ref", required=True, refers_to="vehicles", help="which vehicle")

STAYS = TableSpec(
    "stays",
    (
        _VEHICLE,
        Column("charger", "ref", required=True, refers_to="chargers", help="where it is plugged in"),
        Column("from_utc", "time", required=True, help="plugged in from"),
        Column("until_utc", "time", required=True, help="plugged in until"),
    ),
    help="when a vehicle is plugged in, and where",
)

TRIPS = TableSpec(
    "trips",
    (
        _VEHICLE,
        Column("depart_utc", "time", required=True, help="leaves at"),
        Column("return_utc", "time", required=True, help="is back at"),
        Column("energy_kwh", required=True, unit="kWh", at_least=0.0, help="used on the way, evenly over its time"),
    ),
    help="when a vehicle is on the road, and what that uses",
)

PROFILES = TableSpec(
    "profiles",
    (Column("start_utc", "time", required=True, help="start of the interval; one row for each, in order"),),
    help="multipliers over time, one column for each profile",
)

SUPPORT: tuple[TableSpec, ...] = (BUSES, LINES, TRANSFORMERS, CAPACITORS, CHARGERS, STAYS, TRIPS, PROFILES)
