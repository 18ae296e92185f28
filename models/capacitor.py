"""Capacitor banks and reactors that are switched in or not."""

from v2g.models.shunt import Shunt

from v2g.language import constraint, param


class Capacitor(Shunt):
    """Closed capacitor banks, and reactors: banks of negative size."""

    table, rows, links, delta = "capacitors", "s", "i", True
    title = "Capacitors"
    size = param("kvar", column="kvar", help="reactive power of the bank at nominal voltage; negative for a reactor")
    closed = param("1", kind="flag", default=True, help="0 if it is switched off")
    steady = param("1", r"\ell^0", over="it", help="1 where closed and live, and not for engines alone to keep alive")

    @constraint(where="steady")
    def susceptance(self, i, t):
        """A bank's output follows the squared voltage."""
        return self.output_kvar[i, t] == self.nominal[i, t] * self.level[self.node[i], t]
