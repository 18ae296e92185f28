"""What a file says of generators, panels and batteries and a case has no place for: one note for each kind of it."""

from __future__ import annotations

from v2g.feeders.network import Weight
from v2g.feeders.opendss.elements import Reading, Record

SHAPES = ("daily", "yearly", "duty")
LEFT_OUT: dict[str, dict[str, tuple[str, ...]]] = {
    "generator": {
        "generators with kvar or a power factor of their own: a plan chooses kvar within their rating": ("kvar", "pf"),
        "generators with limits of kvar of their own: a plan knows their rating alone": ("maxkvar", "minkvar"),
        "generators with fuel in the file, which is left out: fill in fuel_l": ("fuelkwh", "%fuel"),
        "generators that the file dispatches, and here a plan does": ("dispmode", "dispvalue", "forceon"),
    },
    "pvsystem": {
        "panels with kvar or a power factor of their own, which give no kvar here": ("kvar", "pf"),
        "panels with rules for kvar, which give none here":
            ("kvarmax", "kvarmaxabs", "wattpriority", "pfpriority", "%pminnovars", "%pminkvarmax"),
        "panels whose inverter cuts in and out (%cutin, %cutout), and not here": ("%cutin", "%cutout"),
        "panels whose inverter loses (effcurve), and not here": ("effcurve",),
        "panels whose output depends on their temperature, and not here": ("temperature", "p-tcurve"),
    },
    "storage": {
        "batteries with kvar of their own: a plan chooses it within their rating": ("kvar",),
        "batteries with limits of kvar of their own: a plan knows their rating alone": ("kvarmax", "kvarmaxabs"),
        "batteries whose inverter cuts in and out (%cutin, %cutout), and not here": ("%cutin", "%cutout"),
        "batteries whose inverter loses (effcurve) besides, and not here": ("effcurve",),
        "batteries that the file dispatches, and here a plan does":
            ("kw", "state", "dispmode", "dischargetrigger", "chargetrigger"),
    },
}  # fmt: skip
"""Properties by what is said of a device that has one of them set."""
SILENT_FACTORS = (None, 0.88, 1.0)
CONSTANT_VOLTAGE = 3
"""Model of a generator that holds its voltage."""


def stated(record: Record) -> set[str]:
    """Properties that are set; a power factor of 1, or that which the engine adds to any kW, says nothing."""
    return set(record["given"]) - ({"pf"} if record.get("pf") in SILENT_FACTORS else set())


def note_given(reading: Reading, kind: str, record: Record) -> None:
    """Notes on what is set of one device; they are gathered to one of each text."""
    given = stated(record)
    for text, properties in LEFT_OUT[kind].items():
        if given & set(properties):
            reading.gather(Weight.CHANGED, text, kind, record["name"])
    shape = next((record[key].lower() for key in SHAPES if record[key]), "")
    if shape:
        reading.gather(Weight.UNUSED, f"{kind}s of shape {shape}, which is not taken over", kind, record["name"])


def note_generator(reading: Reading, record: Record) -> None:
    """What holds of a machine by its model."""
    if record["model"] == CONSTANT_VOLTAGE:
        text = "generators that hold a voltage in the file (model 3), and here only where they form an island"
        reading.gather(Weight.CHANGED, text, "generator", record["name"])


def note_storage(reading: Reading, record: Record) -> None:
    """What a battery does by itself, or may do in part only."""
    name, idling = record["name"], record["%idlingkw"]
    if idling:
        text = f"batteries that take {idling:g} % of their kW while they idle, and nothing here"
        reading.gather(Weight.CHANGED, text, "storage", name)
    if min(record["%charge"], record["%discharge"]) < 100.0:
        text = (
            "batteries that the file charges or discharges at part of their kW (%charge, %discharge): here at all of it"
        )
        reading.gather(Weight.CHANGED, text, "storage", name)
    if record["kwhstored"] < record["kwhrated"] * record["%reserve"] / 100.0:
        text = "batteries below their reserve: it is lowered to what they hold"
        reading.gather(Weight.CHANGED, text, "storage", name)
