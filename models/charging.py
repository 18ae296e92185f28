"""Reactive power of what stands on the feeder all the time: lines charge, transformers are magnetised."""

from v2g.models.shunt import Shunt

from v2g.language import param, total


class Charging(Shunt):
    """Shunt susceptance of the lines that are energised, half of each line at either end, and shunts of buses in kvar.

    For balanced voltages, phase x of a line gives ``(b_xx - (sum of b_xy) / 2) w``, half of it at each end. What the
    coupling moves from phase to phase in active power is zero in sum, and left out.
    """

    table, rows, from_file = "charging", "i", False
    title = "Charging of lines, and magnetising"
    lasting = param("kvar", r"\overline B", over="it", help="at nominal voltage, where no engines alone keep it alive")

    @total(at="node", into="reactive")
    def given(self, i, t):
        """It follows the squared voltage."""
        return self.lasting[i, t] * self.level[self.node[i], t]
