"""Sites: places with people in them, whose connection to the feeder has limits both ways."""

from v2g.language import Part, constraint, param

UNKNOWN = float("nan")


class Site(Part):
    """Places with several loads and chargers, on the feeder or off it."""

    table, rows = "sites", "j"
    title = "Sites"
    import_limit = param("kW", r"\overline X", column="import_kw", default=UNKNOWN, at_least=0, help="blank = no limit")
    export_limit = param("kW", r"\underline X", column="export_kw", default=UNKNOWN, at_least=0, help="likewise")
    importing = param("1", r"\alpha^x", over="jt", help="1 where it is limited")
    exporting = param("1", r"\alpha^y", over="jt", help="1 where it is limited")

    @constraint(where="importing")
    def most_taken(self, j, t):
        """Loads and chargers together take no more than the connection carries."""
        return self.exchange[j, t] >= -self.import_limit[j]

    @constraint(where="exporting")
    def most_given(self, j, t):
        """They give no more than it may export."""
        return self.exchange[j, t] <= self.export_limit[j]
