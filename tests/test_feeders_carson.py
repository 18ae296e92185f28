"""Lines from their wires: the worked examples of W. H. Kersting, Distribution System Modeling and Analysis."""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.testing import assert_allclose

from v2g.feeders.carson import (
    Screen,
    Wire,
    charging_us,
    coaxial_charging,
    distances,
    kron,
    overhead_charging,
    screened,
    series,
    strands,
    tape,
)

FOOT, INCH, MILE = 0.3048, 0.0254, 1609.344


def wire(ohm_per_mile: float, gmr_ft: float, diameter_in: float = 0.0) -> Wire:
    return Wire(ohm_per_mile / MILE, gmr_ft * FOOT, diameter_in / 2 * INCH)


ACSR_336, ACSR_4_0 = wire(0.306, 0.0244, 0.721), wire(0.592, 0.00814, 0.563)
POLE = [(0.0, 29.0), (2.5, 29.0), (7.0, 29.0), (4.0, 25.0)]
"""Phases a, b, c and the neutral of spacing 500, in feet."""


def test_overhead_line() -> None:
    """Example 4.1."""
    z = screened([ACSR_336] * 3, [None] * 3, [ACSR_4_0], distances(POLE) * FOOT, 60.0) * MILE
    expected = [
        [0.4576 + 1.0780j, 0.1560 + 0.5017j, 0.1535 + 0.3849j],
        [0.1560 + 0.5017j, 0.4666 + 1.0482j, 0.1580 + 0.4236j],
        [0.1535 + 0.3849j, 0.1580 + 0.4236j, 0.4615 + 1.0651j],
    ]
    assert_allclose(z, expected, atol=1e-4)


def test_cables_with_concentric_neutrals() -> None:
    """Example 4.2: three cables of 250,000 CM, 6 inches apart."""
    around = strands(14.8722 / MILE, 0.00208 * FOOT, 13, (1.29 - 0.0641) / 2 * INCH)
    assert_allclose(around.gmr_m / FOOT, 0.0486, atol=1e-4)
    apart = distances([(0.0, 0.0), (0.5, 0.0), (1.0, 0.0)]) * FOOT
    z = screened([wire(0.410, 0.0171)] * 3, [around] * 3, [], apart, 60.0) * MILE
    expected = [
        [0.7981 + 0.4463j, 0.3191 + 0.0328j, 0.2849 - 0.0143j],
        [0.3191 + 0.0328j, 0.7891 + 0.4041j, 0.3191 + 0.0328j],
        [0.2849 - 0.0143j, 0.3191 + 0.0328j, 0.7981 + 0.4463j],
    ]
    assert_allclose(z, expected, atol=6e-4)


def test_a_taped_cable_with_a_neutral() -> None:
    """Example 4.3: 1/0 under tape of 5 mil with 18.826 / (0.88 x 5) ohm per mile, and 1/0 copper 3 inches beside it."""
    middle = (0.88 - 0.005) / 2 * INCH
    around = Screen(18.826 / (0.88 * 5) / MILE, middle, middle)
    apart = distances([(0.0, 0.0), (3.0, 0.0)]) * INCH
    z = screened([wire(0.97, 0.0111)], [around], [wire(0.607, 0.01113)], apart, 60.0) * MILE
    assert_allclose(z, [[1.3219 + 0.6743j]], atol=2e-4)


def test_tape_is_a_ring_of_copper() -> None:
    """Resistivity over the section, 2.3718e-8 / (pi d t); half a lap counts as one layer."""
    ring = tape(0.88 * INCH, 0.005 * INCH, 50.0)
    assert_allclose(ring.ohm_per_m, 2.3718e-8 / (pi * 0.88 * 0.005 * INCH**2))
    assert_allclose(ring.radius_m, (0.88 - 0.005) / 2 * INCH)


def test_charging_of_an_overhead_line() -> None:
    """Example 5.1, in microsiemens per mile, with 0.01424 microfarad per mile for the exact 0.014249 of free space."""
    farad = overhead_charging(
        [ACSR_336] * 3 + [ACSR_4_0], distances(POLE) * FOOT, [y * FOOT for _, y in POLE], 3
    )  # fmt: skip
    expected = [[5.6711, -1.8362, -0.7034], [-1.8362, 5.9774, -1.1690], [-0.7034, -1.1690, 5.3911]]
    assert_allclose(charging_us(farad, MILE, 60.0), expected, rtol=1e-3)


def test_charging_of_a_cable() -> None:
    """Example 5.2: 77.3619 / 0.8012 = 96.5569 microsiemens per mile; 2 pi f eps per mile is 77.63 exactly."""
    farad = coaxial_charging(0.2835 * INCH, 0.6132 * INCH, 2.3, 13, 0.03205 * INCH)
    assert_allclose(2e6 * pi * 60.0 * farad * MILE, 96.5569 * 77.63 / 77.3619, rtol=1e-4)


def test_wires_without_a_distance_do_not_couple() -> None:
    z = series([ACSR_336] * 2, np.zeros((2, 2)), 60.0)
    assert z[0, 1] == z[1, 0] == 0
    assert_allclose(kron(z, 1), z[:1, :1])
