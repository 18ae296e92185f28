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
| `needs_vehicle_*.json` | `vehicle_*` | what a vehicle must have on board by when, and what is planned |
| `targets.csv` | | which target and file belong to which name of the case, with kWh given, taken, and in reserve |

Post `all`, or places, to a VEN; one that gets both is asked twice for the same power.

- `DISPATCH_SETPOINT` in `KW`: mean power at the plugs in that interval, positive = consumption, negative = given, by
  V2G and V2H. The enumerations of OpenADR define it as consumption and their schema asks for zero or more; there is
  no payload type for a setpoint of what is given. Agree on the sign before an event is posted.
- `CHARGE_STATE_SETPOINT` in `KWH`: the requirement. At least so much must be on board when the interval ends: when the
  vehicle is unplugged, when what its driver or the desk asks for begins to hold, and when that ceases. For a trip it
  is what the trip uses and what must be left at its end. `reserve_kwh` of `targets.csv` stays on board at all times.
- `{planned}` in `KWH`: the forecast, what the plan has on board then. A private payload type: OpenADR has
  none for it. More than is needed is for the setpoints; who departs from them still owes the requirement.
- Each interval has its own `intervalPeriod`; times are UTC. Priority 0 is the highest.
- Not in the events: V2L (sockets of vehicles), and who forms an island. The setpoints keep what drivers need.
"""


def readme(asked: Asked, program: str, planned: str) -> str:
    """The text of `README.md`; ``program`` stands for an id in the events, ``planned`` is the type of a forecast."""
    case = asked.case
    start, end = (moment.strftime("%Y-%m-%d %H:%M UTC") for moment in (case.boundaries[0], case.boundaries[-1]))
    return TEXT.format(name=case.name, origin=asked.origin_line, start=start, end=end, program=program, planned=planned)
