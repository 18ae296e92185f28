"""What stands beside exported charging profiles: what to send to whom, and what the plan leaves to people."""

from __future__ import annotations

from v2g.exports.exporter import Asked
from v2g.exports.ocpp_profiles import MOST_PERIODS, OFFLINE_S, PURPOSE

TEXT = """# Charging profiles of {name}

{origin}. From {start} to {end}.

Nothing was sent. Whoever operates the stations reads this, decides, and sends each line of a file to its station, from
top to bottom: a line is the payload of one SetChargingProfile request.

| file | what |
| --- | --- |
| `<station>.jsonl` | requests, one on a line; `stations.csv` says which file belongs to which charger, in which OCPP |
| `stations.csv` | also: plugs, messages, the most periods in one message, kWh given and taken in the plan |
| `plugs.csv` | which vehicle is at which plug, from when until when: profiles are for plugs, not for vehicles |
| `unsupported.csv` | what the plan asks for and no message says: do it by other means, or plan again without it |

## What a message says

- W for the whole plug, positive = taken, negative = given. Times are UTC. `evseId` (1.6: `connectorId`) counts the
  plugs of a charger from 1; where yours count otherwise, change it.
- `{purpose}`: whatever vehicle is plugged in gets it. For a transaction that runs already, send the same profile as
  TxProfile with its `transactionId`.
- OCPP 2.1, charger and vehicle go both ways: `CentralSetpoint` with the setpoint, and the ratings of the plug as
  `limit` and `dischargeLimit`. From when a vehicle is done, and where none is plugged in: `Idle`.
- A station that forms an island is never told `Idle` while it does: with nothing to give, `CentralSetpoint` with
  setpoint 0, on all its plugs. Its setpoints are forecasts: it follows its load, which may be more or less.
- OCPP 2.1, one of the two goes one way: `ChargingOnly`, `limit` = the power of the plan. It is a cap: the vehicle may
  take less.
- OCPP 2.0.1 and 1.6 cap what is taken and have no word for giving: `limit` is never negative, and zero while the plan
  has the vehicle give. Where a station takes A only: A = W / (V x phases), with its own voltage.
- Ids of profiles count from 1 at each station, in every export. Renumber them where other profiles have these ids, and
  clear those of an earlier plan first (ClearChargingProfile).
- Stack levels from 1 hold the plan (one for every {most:,} periods); 0 is rest, for 2.1; a station that
  forms an island has none.

## When nobody reaches the station

A station of OCPP 2.1 goes on with the plan for {offline} h (`maxOfflineDuration`), then rests, and does not take the
plan up again by itself (`invalidAfterOfflineDuration`): it neither gives what drivers count on nor takes what the
island does not have. Stations whose `SupportsMaxOfflineDuration` is not true, and older versions, go on until
`validTo`. After `validTo` a station does what it does without profiles: it charges. Send the next plan before that.

A station that forms an island must keep forming it when nobody reaches it: if it rested, the island would be dark. Its
profiles have no `maxOfflineDuration` and nothing below them to fall back to; they hold until `validTo`. Set up at the
station that it goes on following its load, whatever the last setpoint was, and at what energy on board it stops: no
message has the reserve of the driver.

## What OCPP does not do

A charger that forms an island, or feeds premises whose feeder is dead, follows its load; its setpoints are what the
plan expects, and how it follows is set up at the station. `unsupported.csv` says which vehicle keeps an island alive,
at which station and when; it must not be unplugged then. V2L comes from sockets of the vehicle.
Reserves of drivers are in the setpoints, not in the messages: plan again for a vehicle that arrives with less than the
plan says.
"""


def readme(asked: Asked) -> str:
    """The text of `README.md`."""
    case = asked.case
    start, end = (moment.strftime("%Y-%m-%d %H:%M UTC") for moment in (case.boundaries[0], case.boundaries[-1]))
    offline = OFFLINE_S // 3600
    known = {"name": case.name, "origin": asked.origin_line, "purpose": PURPOSE, "most": MOST_PERIODS}
    return TEXT.format(start=start, end=end, offline=offline, **known)
