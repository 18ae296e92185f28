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

WHOLE_NUMBERS = frozenset(
    {("loads", "tier"), ("chargers", "plugs"), ("vehicles", "sockets"), ("fleet_minimum", "vehicles")}
)
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


def _susceptance() -> tuple[Column, ...]:
    """Upper triangle of a symmetric 3 x 3 matrix in microsiemens."""
    return tuple(
        Column(
            f"b_{pair}_us",
            default=0.0,
            unit="uS",
            help=f"shunt susceptance of the whole line, half of it at each end, phases {pair[0]} and {pair[1]}"
            + ("" if pair[0] == pair[1] else "; negative between conductors"),
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
_RANGE = (
    Column("tap_min", above=0.0, at_most_column="tap_max", help="lowest ratio that its tap can have; blank = fixed"),
    Column("tap_max", above=0.0, help="highest ratio that its tap can have; blank or tap_min = fixed"),
    Column("tap_step", default=0.00625, above=0.0, help="ratio from one step to the next, counted from tap_min"),
    Column("tap_ganged", "flag", default=False, help="1 = all of its phases have one tap, 0 = each has its own"),
)

_SHUNTS = (
    *(
        Column(
            f"shunt_{p}_kw", default=0.0, unit="kW", at_least=0.0,
            help=f"taken wherever phase {p} is live, such as no-load losses; nominal, under AC by voltage squared",
        )
        for p in PHASES
    ),
    *(
        Column(
            f"shunt_{p}_kvar", default=0.0, unit="kvar",
            help=f"the same in kvar, by voltage squared, such as what magnetises transformers, phase {p}; < 0 = given",
        )
        for p in PHASES
    ),
)  # fmt: skip

BUSES = TableSpec(
    "buses",
    (
        Column("bus", "id", required=True, help="name of the bus"),
        Column("phases", "phases", default=PHASES, help="phases that exist at the bus"),
        Column("kv_ln_kv", required=True, unit="kV", above=0.0, help="nominal voltage, line to neutral"),
        Column("vmin_pu", unit="p.u.", above=0.0, at_most_column="vmax_pu", help="lowest voltage; blank = the case's"),
        Column("vmax_pu", unit="p.u.", above=0.0, help="highest voltage; blank = the case's"),
        *_SHUNTS,
        Column("x", help="coordinate for drawings, to the right"),
        Column("y", help="coordinate for drawings, upwards"),
    ),
    key="bus",
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
        *_susceptance(),
    ),
    key="line",
    help="lines, cables and switches between buses of one voltage",
)

TRANSFORMERS = TableSpec(
    "transformers",
    (
        *_leg_columns("transformer", "transformer"),
        Column(
            "connection", "choice", default="wye-wye", choices=("wye-wye", "delta-wye", "wye-delta", "delta-delta"),
            help="windings at from_bus and to_bus",
        ),
        Column("lead", "flag", default=True, help="delta-wye, wye-delta: 1 = to_bus leads by 30 degrees, 0 = it lags"),
        Column("r_ohm", default=0.0, unit="ohm", at_least=0.0, help="resistance of a phase, referred to to_bus"),
        Column("x_ohm", default=0.0, unit="ohm", help="reactance of a phase, referred to to_bus"),
        *_TAPS,
        *_RANGE,
        _RATING,
        _CLOSED,
    ),
    key="transformer",
    help="transformers; a regulator is one whose tap has a range",
)  # fmt: skip

CAPACITORS = TableSpec(
    "capacitors",
    (
        Column("capacitor", "id", required=True, help="name of the capacitor"),
        *place_columns(delta=True),
        Column("kvar", required=True, unit="kvar", help="at nominal voltage, sum of its phases; negative = a reactor"),
        _CLOSED,
    ),
    key="capacitor",
    help="shunt capacitors and reactors",
)


def _efficiency(name: str, way: str) -> Column:
    return Column(name, required=True, above=0.0, at_most=1.0, help=f"share that arrives, {way}")


def _limit(name: str, what: str) -> Column:
    return Column(name, unit="kW", at_least=0.0, help=f"{what}; blank = not known, never binds")


SITES = TableSpec(
    "sites",
    (
        Column("site", "id", required=True, help="name of the site"),
        Column("bus", "ref", default="", refers_to="buses", help="bus it hangs on; blank = off the feeder"),
        Column("kind", "text", default="", help="what it is, for people: shelter, care home, ..."),
        Column("people", above=0.0, help="people there, for reports"),
        Column("contact", "text", default="", help="whom to call there, for orders"),
        _limit("transfer_kw", "rating of its transfer switch: most that V2H gives there"),
        _limit("sockets_kw", "most that cars give there from their sockets, all together"),
    ),
    key="site",
    help="places with people in them",
)

CHARGERS = TableSpec(
    "chargers",
    (
        Column("charger", "id", required=True, help="name of the charger"),
        Column("type", "text", default="", help="nameplate; one of the catalogue fills blank cells"),
        *place_columns(delta=True, site=True),
        Column("charge_kw", required=True, unit="kW", at_least=0.0, help="most it can take from the feeder, per plug"),
        Column("discharge_kw", default=0.0, unit="kW", at_least=0.0, help="most it can give, per plug; 0 = one-way"),
        _efficiency("charge_eff", "feeder to battery"),
        _efficiency("discharge_eff", "battery to where it feeds"),
        Column("plugs", default=1.0, at_least=1.0, help="vehicles it can hold at a time"),
        Column(
            "feeds", "choice", default="feeder", choices=("feeder", "premises"),
            help="where a discharge goes: feeder = V2G; premises = V2H, behind the transfer switch of its site",
        ),
        Column("island_capable", "flag", default=True, help="1 = feeds its premises while the feeder is dead"),
        Column("forming", "flag", default=False, help="1 = can form an island of the feeder"),
        Column(
            "rating_kva", unit="kVA", above=0.0,
            help="apparent power when forming, all phases; blank = the greater of its powers x plugs",
        ),
        Column("voltage_pu", default=1.0, unit="p.u.", above=0.5, at_most=1.5, help="voltage it holds when forming"),
        Column(
            "standby_kw", default=0.0, unit="kW", at_least=0.0,
            help="drawn from each vehicle plugged in, while it has energy",
        ),
        Column("connector", "text", default="", help="such as type2, ccs2 or chademo; blank = fits all"),
        Column(
            "ocpp", "choice", default="", choices=("2.1", "2.0.1", "1.6"),
            help="version of OCPP its station speaks, for export; only 2.1 can be told to give; blank = 2.1",
        ),
    ),
    key="charger",
    help="where vehicles are plugged in",
)  # fmt: skip

_VEHICLE = Column("vehicle", "ref", required=True, refers_to="vehicles", help="which vehicle")

STAYS = TableSpec(
    "stays",
    (
        _VEHICLE,
        Column("charger", "ref", default="", refers_to="chargers", help="where it is plugged in"),
        Column("site", "ref", default="", refers_to="sites", help="where it is parked, where it is not plugged in"),
        Column("from_utc", "time", required=True, help="there from"),
        Column("until_utc", "time", required=True, help="there until"),
        Column("leave_kwh", unit="kWh", at_least=0.0, help="must have at least that on board when it leaves"),
    ),
    help="when a vehicle is plugged in or parked, and where",
)

TRIPS = TableSpec(
    "trips",
    (
        _VEHICLE,
        Column("depart_utc", "time", required=True, help="leaves at"),
        Column("return_utc", "time", required=True, help="is back at"),
        Column("energy_kwh", required=True, unit="kWh", at_least=0.0, help="used on the way, evenly over its time"),
        Column("return_kwh", unit="kWh", at_least=0.0, help="must have at least that on board when it is back"),
    ),
    help="when a vehicle is on the road, and what that uses",
)

NEEDS = TableSpec(
    "needs",
    (
        Column("need", "id", required=True, help="its name"),
        Column("vehicle", "ref", default="", refers_to="vehicles", help="which vehicle; blank = every one"),
        Column("from_utc", "time", help="from when it holds; blank = from the start"),
        Column("until_utc", "time", help="until when it holds; blank = to the end"),
        Column("energy_kwh", default=0.0, unit="kWh", at_least=0.0, help="least energy on board"),
        Column("km", default=0.0, unit="km", at_least=0.0, help="least range; x kwh_per_km of the vehicle"),
    ),
    key="need",
    help="what drivers must be able to drive, and when",
)

FLEET_MINIMUM = TableSpec(
    "fleet_minimum",
    (
        Column("minimum", "id", required=True, help="its name"),
        Column("vehicles", required=True, at_least=1.0, help="how many vehicles, at any time"),
        Column("energy_kwh", required=True, unit="kWh", at_least=0.0, help="least energy on board of each of them"),
        Column("from_utc", "time", help="from when it holds; blank = from the start"),
        Column("until_utc", "time", help="until when it holds; blank = to the end"),
    ),
    key="minimum",
    help="vehicles that must be ready to drive at any time",
)

EVENTS = TableSpec(
    "events",
    (
        Column("at_utc", "time", required=True, help="when it happens"),
        Column(
            "event", "choice", required=True, choices=("out", "back", "energised", "dead", "fuel"),
            help="out, back: of a line or transformer; energised, dead: of a grid connection or bus; fuel: delivered",
        ),
        Column("element", "text", required=True, help="name of the line, transformer, grid, bus, tank or generator"),
        Column("litres", default=0.0, unit="L", at_least=0.0, help="fuel delivered"),
    ),
    help="what happens to the feeder, and when",
)  # fmt: skip

TANKS = TableSpec(
    "tanks",
    (
        Column("tank", "id", required=True, help="name of the tank"),
        Column("fuel_l", required=True, unit="L", at_least=0.0, help="fuel in it at the start"),
    ),
    key="tank",
    help="fuel shared by generators",
)

DURATIONS = TableSpec(
    "durations",
    (
        Column("hours", required=True, unit="h", above=0.0, help="how long the outage lasts"),
        Column("probability", required=True, at_least=0.0, at_most=1.0, help="how likely that is; all rows sum to 1"),
    ),
    help="how long the outage may last",
)

PROFILES = TableSpec(
    "profiles",
    (Column("start_utc", "time", required=True, help="start of the interval; one row for each, in order"),),
    help="multipliers over time, one column for each profile",
)

SUPPORT: tuple[TableSpec, ...] = (
    BUSES, LINES, TRANSFORMERS, CAPACITORS, SITES, CHARGERS, STAYS, TRIPS, NEEDS, FLEET_MINIMUM, EVENTS, TANKS,
    DURATIONS, PROFILES,
)  # fmt: skip
