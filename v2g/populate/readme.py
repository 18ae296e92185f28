"""The README of a case that was made: how, from what, and with which assumptions."""

from __future__ import annotations

from hashlib import sha256

from v2g.populate.assumed import DIESEL_H, assumptions
from v2g.populate.told import Told
from v2g.populate.wishes import Wishes

ORIGINS = (
    ("when cars leave home and for what, how far they go, how many trips a day", "departures, distances, trips_per_day",
     "German travel survey, as in emobpy 0.6.2"),
    ("when cars plug in, for how long, what they take", "plugging", "ElaadNL, as in EV2Gym @ c8735e7"),
    ("what the vehicles and chargers can do", "vehicles, chargers", "makers and open lists; see column basis"),
    ("shapes of buildings, clear sky", "shapes", "DOE reference buildings, Chicago; pvlib"),
    ("weights of the models, kinds of sites", "mix, site_kinds", "assumed; see column basis"),
)  # fmt: skip


def readme(about: Told, asked: Wishes, source: tuple[str, str], version: str, *, limited: bool) -> str:
    """Text in Markdown; the same for the same options, feeder and version.

    ``source`` is the name of the feeder and the SHA-256 of its files; ``limited`` where service transformers are known.
    """
    listed = asked.critical_file
    sites = (
        f", and the sites of `{listed.name}` (SHA-256 `{sha256(listed.read_bytes()).hexdigest()}`)" if listed else ""
    )
    said = "\n".join(about.lines())
    figures = "\n".join(f"| {a.figure} | {a.what} | {a.source} |" for a in assumptions())
    origins = "\n".join(f"| {what} | `{tables}` | {origin} |" for what, tables, origin in ORIGINS)
    homes = (
        "Homes behind a service transformer (map.csv of the import) have plugs of no more kW together than its kVA; "
        "where one is full, the next home with room is taken."
        if limited
        else "Service transformers are not known, so nothing limits the plugs of a bus but the feeder itself."
    )
    return f"""# {about.name}

Made by `v2g {version}` from the feeder `{source[0]}` (SHA-256 of its case files: `{source[1]}`){sites}:

```sh
v2g populate {source[0]} --to FOLDER {asked.options()}
```

The same command makes the same files. None of the sites, vehicles and units is a record of a real one.

```text
{said}
```

## How

- The head is lost at the start. Regulators stand at neutral and capacitors are open, as an island is started with; shunt reactors
  stay, as they take what cables charge. Fixed taps of transformers between two voltages stay. Generators, batteries and panels of the feeder file stay too; an empty tank is
  filled for {DIESEL_H:g} h at full power.
- The feeder's own loads are times {asked.residual:g}, along the shape of an apartment house, and not critical (tier 0).
- Critical sites are drawn by kind and placed in proportion to load. Where a car with sockets
  is parked, part of a site's load is appliances on plugs (`_plugs`), which the car can feed; that counts as a load of its
  own. All loads of a tier count alike; write `people` in loads.csv to weigh them.
- Homes are drawn in proportion to the kW of the feeder's loads, one plug for each vehicle. {homes}
- A vehicle that gives by V2G has a two-way charger of the feeder; one by V2H stands at a critical site, at a charger of its
  premises; one by V2L is parked at a critical site. The others have one-way chargers.
- Cars leave home, drive and come back as in the surveys, on {asked.drive:g} of the days on which they usually would
  (`--drive`): in an outage people drive less. Trips that the battery cannot make above its reserve are left out.
- On board at the start: the battery less a part, drawn, of what a usual session takes; never less than the reserve, the
  vehicle's own trips and what its charger draws together need, or than a full battery.
- Local time is {asked.behind:g} h behind UTC (`--behind`): the shapes are of a winter day in Chicago.

## Assumed

| figure | what | source |
| --- | --- | --- |
| {asked.v2g_share:g}, {asked.v2h_share:g}, {asked.v2l_share:g} | shares of vehicles that give by V2G, V2H, V2L | `--v2g-share`, `--v2h-share`, `--v2l-share` |
| {asked.critical_share:g} | critical kW over the feeder's load (not with a list of sites) | `--critical-share` |
| {asked.residual:g} | the feeder's own loads over those of the file | `--residual` |
| {asked.drive:g} | days with a car over the usual ones | `--drive` |
| {asked.solar_share:g} | kW of panels over the feeder's load | `--solar-share` |
| {asked.former_share:g} | kW of a forming unit over the critical kW of its island | `--former-share` |
{figures}

## Origins

| what | tables of the catalogue | origin |
| --- | --- | --- |
{origins}

Licences are those of the data sets that come along with `v2g` (`datasets/README.md`, `datasets/licences`).
"""  # noqa: E501
