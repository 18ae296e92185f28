"""What of a plan no OCPP message can say: rows for people, so that it is done by other means or planned anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from v2g.case import Case
from v2g.exports.ocpp_profiles import Station
from v2g.exports.ocpp_sessions import NOTHING_W, Session, Slice, joined, seconds, utc
from v2g.formats.draft import csv_bytes, text_frame
from v2g.formats.plan_folder import guarded
from v2g.replay.record import Record
from v2g.replay.verdict import Array

COLUMNS = ("station", "plug", "vehicle", "from_utc", "until_utc", "what", "kw", "kwh_lost")
ROUNDING_W = 0.5
"""What rounding of a plan's figures may leave above a rating."""
SOCKETS = "V2L: from the sockets of the vehicle, which no charger controls"
FORMS = "forms an island: it follows its load and must not idle, setpoints are what the plan expects"
"""Of no kWh: what is lost if nobody sets it up at the station is the island."""
BOTH = "takes and gives within one interval: only the difference is sent"


@dataclass(frozen=True)
class Unsaid:
    """Power that is in no message; ``station`` blank and ``plug`` 0 where there is none."""

    station: str
    plug: int
    vehicle: str
    piece: Slice
    what: str

    @property
    def kwh(self) -> float:
        """Energy, positive."""
        return abs(self.piece.kwh)


def unsaid(record: Record, stations: Sequence[Station], found: Iterable[Session]) -> list[Unsaid]:
    """Discharge that a station cannot be told, who forms an island, both ways within an interval, and sockets."""
    out: list[Unsaid] = []
    names, sheet = record.fleet.names, record.vehicle_sheet
    for session in found:
        station, v2h = stations[session.charger], bool(record.fleet.premises[session.charger])
        place = (station.name, session.plug, names[session.vehicle])
        lost = (replace(piece, watts=_left_out(station, session, piece)) for piece in session.slices)
        for piece in joined(piece for piece in lost if abs(piece.watts) >= ROUNDING_W):
            out.append(Unsaid(*place, piece, _why(station, session, piece.watts, v2h)))
        out += [Unsaid(*place, piece, FORMS) for piece in _forming(station, session)]
    given = sheet["discharge_kw"] + sheet["v2h_kw"]
    posts = np.where(record.fleet.charger >= 0, record.fleet.charger, len(stations))
    known = [*(station.name for station in stations), ""]
    for vehicle, piece, t in _pieces(record, np.minimum(sheet["charge_kw"], given)):
        out.append(Unsaid(known[posts[vehicle, t]], 0, names[vehicle], piece, BOTH))
    return out + [
        Unsaid("", 0, names[vehicle], piece, SOCKETS) for vehicle, piece, _ in _pieces(record, sheet["v2l_kw"])
    ]


def _left_out(station: Station, session: Session, piece: Slice) -> float:
    return piece.watts - station.sent(session.vehicle, piece.watts)


def _forming(station: Station, session: Session) -> Iterator[Slice]:
    """When a vehicle that can give stands at a station that forms an island."""
    for start, end in station.forms if session.vehicle in station.gives else ():
        begin, finish = max(start, session.start), min(end, session.end)
        if begin < finish:
            yield Slice(begin, finish, 0.0)


def _why(station: Station, session: Session, watts: float, v2h: bool) -> str:
    if watts > 0.0 or station.steers(session.vehicle):
        return "more than the rating of the charger"
    way = "V2H" if v2h else "V2G"
    if not station.two_way or session.vehicle not in station.gives:
        return f"{way}: charger or vehicle goes one way, the case says"
    return f"{way}: OCPP {station.version} has no word for discharge"


def _pieces(record: Record, kw: Array) -> Iterator[tuple[int, Slice, int]]:
    """Power of vehicles (V, T) as pieces, each with the vehicle and the interval in which it begins."""
    edge = seconds(record.case)
    for vehicle in range(len(kw)):
        whole = (
            Slice(int(edge[t]), int(edge[t + 1]), float(kw[vehicle, t]) * 1000.0)
            for t in np.flatnonzero(kw[vehicle] * 1000.0 >= NOTHING_W)
        )
        for piece in joined(whole):
            yield vehicle, piece, int(np.searchsorted(edge, piece.start))


def unsaid_csv(case: Case, rows: Sequence[Unsaid]) -> bytes:
    """The rows as a table; empty but for its header where messages say everything."""
    cells = [
        (guarded(row.station), row.plug or "", guarded(row.vehicle), utc(case, row.piece.start),
         utc(case, row.piece.end), row.what, round(abs(row.piece.watts) / 1000.0, 4), round(row.kwh, 4))
        for row in rows
    ]  # fmt: skip
    frame, _ = text_frame(COLUMNS, list(zip(*cells, strict=True)) or [()] * len(COLUMNS), "")
    return csv_bytes(frame)
