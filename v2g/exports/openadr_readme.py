"""What stands beside exported events: what is posted where, by whom, and what the values mean."""

from __future__ import annotations

from v2g.exports.exporter import Asked

TEXT = """# OpenADR 3.1 events of {name}

{origin}. From {start} to {end}.

Nothing was sent. Whoever runs the program (the business logic of the VTN: utility or emergency desk) reads this,
decides, and posts:

1. `program.json` to `POST /programs`, with a token of scope `write_programs`. The VTN answers with its `id`.
2. That id in place of `{program}` in every file, and the events to `POST /events`, with scope `write_events`. A plan
   that replaces this one goes to `PUT /events/{{eventID}}`, or the old events are deleted first.
3. The VEN of each aggregator is granted its targets (`PUT /vens/{{venID}}`, `targets`): it sees events of these alone.

| file | target | what |
| --- | --- | --- |
| `event_all.json` | `all` | all chargers together |
| `event_site_*.json` | `site_*` | the chargers of a site |
| `event_charger_*.json` | `charger_*` | a charger that has no site |
| `departures_vehicle_*.json` | `vehicle_*` | what a vehicle is to leave with |
| `targets.csv` | | which target and file belong to which name of the case, with kWh given and taken |

Post `all`, or places, to a VEN; one that gets both is asked twice for the same power.

- `DISPATCH_SETPOINT` in `KW`: mean power at the plugs in that interval, positive = consumption, negative = given, by
  V2G and V2H. The enumerations of OpenADR define it as consumption and their schema asks for zero or more; there is
  no payload type for a setpoint of what is given. Agree on the sign before an event is posted.
- `CHARGE_STATE_SETPOINT` in `KWH`: energy on board at the end of the interval, when the vehicle leaves; the interval is
  its stay.
- Each interval has its own `intervalPeriod`; times are UTC. Priority 0 is the highest.
- Not in the events: V2L (sockets of vehicles), and who forms an island. Reserves of drivers are in the setpoints.
"""


def readme(asked: Asked, program: str) -> str:
    """The text of `README.md`; ``program`` stands for an id in the events."""
    case = asked.case
    start, end = (moment.strftime("%Y-%m-%d %H:%M UTC") for moment in (case.boundaries[0], case.boundaries[-1]))
    return TEXT.format(name=case.name, origin=asked.origin_line, start=start, end=end, program=program)
