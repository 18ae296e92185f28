"""Cores of transformers: no-load losses and magnetising, as shunts of a bus that the transformer stands at."""

from __future__ import annotations

from v2g.feeders.network import LEGS, PRIMARY, Shunt, Transformer, Winding

ROOT3 = 3.0**0.5
GIVEN_AT = 1
"""Winding at whose voltage a core's figures are given."""


def core(unit: Transformer, kv_ln: float, winding: int = GIVEN_AT) -> Shunt | None:
    """What the core takes at the bus of one of its windings, whose nominal voltage is ``kv_ln``; None for nothing.

    Its flux follows the voltage over that of the winding with its tap: the impedance in between is left out where the
    winding is not the second one. Shares of its phases are even.

    >>> from v2g.feeders.network import Winding
    >>> pair = Winding("up", "a", "wye", 7.2, 25.0), Winding("low", "a", "wye", 0.24, 25.0, tap=1.25)
    >>> shunt = core(Transformer("t", pair, (2.0,), noload_kw=0.1), 0.24)
    >>> shunt.bus, round(shunt.kw, 6)
    ('low', 0.064)
    """
    if not (unit.noload_kw or unit.magnetising_kvar):
        return None
    at = unit.windings[winding]
    flux = (kv_ln * _turns(at) / (at.kv * at.tap)) ** 2
    return Shunt(unit.name, at.bus, at.phases, flux * unit.noload_kw, flux * unit.magnetising_kvar, origin=unit.origin)


def _turns(winding: Winding) -> float:
    """Voltage across a winding, as on its nameplate, over that from a phase (or hot leg) to neutral."""
    if set(winding.phases) <= set(LEGS):
        return float(len(winding.phases))
    assert set(winding.phases) <= set(PRIMARY)
    return ROOT3 if len(winding.phases) > 1 else 1.0
