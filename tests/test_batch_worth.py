"""What one thing more is worth, against arithmetic on a clinic in the dark."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from v2g.batch.changes import Asked
from v2g.batch.work import planned
from v2g.batch.worth import worth
from v2g.formats.draft import Draft

HEADER = {"format": 1, "name": "clinic", "start_utc": "2026-01-15T00:00:00+00:00", "step_min": 60, "steps": 8}
AS_IT_IS = Asked("clinic", None, {"policy": "hours"})
"""Hours of all loads first: energy is spread as it comes, so that a kWh is worth the same whoever has it."""


def frame(header: str, *rows: str) -> pd.DataFrame:
    return pd.DataFrame([row.split(",") for row in rows], columns=header.split(","))


def clinic(*cars: str, **more: pd.DataFrame) -> Draft:
    """A clinic of 10 kW for 8 h, without a grid; cars stand at a bus that a forming charger makes live."""
    tables = {
        "buses": frame("bus,phases,kv_ln_kv", "head,a,0.23"),
        "loads": frame("load,bus,phases,tier,kw", "clinic,head,a,1,10"),
        "chargers": frame("charger,bus,phases,charge_kw,discharge_kw,charge_eff,discharge_eff,plugs,forming",
                          "post,head,a,50,50,1,0.8,9,1"),
    }  # fmt: skip
    if cars:
        tables |= {
            "vehicles": frame("vehicle,capacity_kwh,start_kwh,reserve_kwh,charge_kw,discharge_kw", *cars),
            "stays": frame("vehicle,charger,from_utc,until_utc", *(
                f"{car.split(',')[0]},post,{HEADER['start_utc']},2026-01-15T08:00:00+00:00" for car in cars
            )),
        }  # fmt: skip
    return Draft.of(HEADER, {**tables, **more})


def worths(draft: Draft) -> dict[str, dict[str, Any]]:
    case, plan = planned(draft, AS_IT_IS)
    return {row["what"]: row for row in worth(case, plan, draft, lambda other: planned(other, AS_IT_IS))}


def test_one_more_vehicle_like_the_one_in_the_middle() -> None:
    """Above their reserves are 5, 20 and 30 kWh; one like the second brings 20 x 0.8 / 10 = 1.6 load-hours."""
    found = worths(clinic("a,40,15,10,50,50", "b,40,30,10,50,50", "c,40,40,10,50,50"))
    assert found["vehicle"]["load_hours_per_unit"] == pytest.approx(1.6, abs=1e-6)
    assert found["vehicle"]["how"] == "solved again"


def test_a_kwh_on_board_is_worth_what_is_left_of_it_at_the_load() -> None:
    """0.8 kWh of it arrive, and the clinic asks for 10 kWh an hour."""
    found = worths(clinic("b,40,30,10,50,50"))
    assert found["kwh"]["load_hours_per_unit"] == pytest.approx(0.08, abs=1e-6)
    assert found["kwh"]["how"] == "price" and found["kwh"]["unit"] == "kWh"


def test_where_all_is_served_nothing_more_is_worth_anything() -> None:
    """Five of them have 5 x 30 x 0.8 = 120 kWh for 80."""
    found = worths(clinic(*(f"v{k},40,40,10,50,50" for k in range(5))))
    assert found["vehicle"]["load_hours_per_unit"] == pytest.approx(0.0, abs=1e-6)
    assert found["kwh"]["load_hours_per_unit"] == pytest.approx(0.0, abs=1e-6)


def test_cars_that_cannot_give_are_not_the_one_in_the_middle() -> None:
    """The one that can give has 10 kWh above its reserve: 10 x 0.8 / 10 load-hours."""
    found = worths(clinic("mute,90,90,10,50,0", "b,40,20,10,50,50", "mute2,80,80,10,50,0"))
    assert found["vehicle"]["load_hours_per_unit"] == pytest.approx(0.8, abs=1e-6)


def test_without_cars_there_is_none_to_have_more_of() -> None:
    found = worths(clinic())
    assert "vehicle" not in found and "litre" not in found


def test_a_litre_is_priced_where_there_is_an_engine() -> None:
    """A generator with 2 L left makes 2 x 3 kWh of them; a litre more 3 kWh, 0.3 load-hours."""
    engine = frame(
        "generator,bus,phases,rating_kw,fuel_l,idle_l_per_h,fuel_l_per_kwh,forming",
        "diesel,head,a,50,2,0,0.333333333333,1",
    )
    found = worths(clinic(generators=engine))
    assert found["litre"]["load_hours_per_unit"] == pytest.approx(0.3, abs=1e-6)
