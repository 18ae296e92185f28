"""The head of the feeder: dead in the emergency, back later, perhaps."""

from v2g.models.source import Source

from v2g.language import param
from v2g.schema import Column


class Grid(Source):
    """Heads of the feeder: the supply from above, in the window in which it is back. They form the grid."""

    table = "grid"
    title = "Grid head"
    more_columns = (
        Column("from_utc", "time", help="when supply is back; blank = from the start"),
        Column("until_utc", "time", help="until when; blank = to the end"),
    )
    rating = param("kW", column="rating_kw", default=float("nan"), above=0, help="highest power; blank = not limited")
    rating_kva = param(
        "kVA", column="rating_kva", default=float("nan"), above=0, help="highest apparent power; blank = unknown"
    )
    setpoint = param("1", column="voltage_pu", default=1.0, above=0.5, at_most=1.5, help="voltage it holds")
