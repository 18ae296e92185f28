"""Impedance and charging of a line from its wires: earth return after Carson (1926), neutrals reduced by Kron (1939).

Of Carson's series the first term is kept, as the "modified equations" of W. H. Kersting, Distribution System Modeling
and Analysis, chapters 4 and 5, which also give the screens of cables. Units are metres, ohms and siemens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log, pi

import numpy as np
from numpy.typing import NDArray

from v2g.feeders.network import Matrix

Complex = NDArray[np.complex128]

MU = 4e-7 * pi
EPSILON = 8.8541878128e-12
EULER = 0.5772156649015329
RESISTIVITY = 100.0
"""Of the earth, in ohm metres, where a file says nothing: what the tools assume as well."""
TAPE_RESISTIVITY = 2.3718e-8
"""Of a copper tape in service, ohm metres, as the engine of OpenDSS takes it."""


@dataclass(frozen=True)
class Wire:
    """A conductor; ``gmr_m`` is its geometric mean radius."""

    ohm_per_m: float
    gmr_m: float
    radius_m: float


@dataclass(frozen=True)
class Screen:
    """What lies around a cable's core at ``radius_m``, grounded at both ends."""

    ohm_per_m: float
    gmr_m: float
    radius_m: float


def strands(ohm_per_m: float, gmr_m: float, count: float, radius_m: float) -> Screen:
    """A concentric neutral of ``count`` strands on a circle, from the figures of one strand (Kersting, 4.3.1).

    The geometric mean of the distances of a strand to all of them, itself by its own radius:

    >>> round(strands(0.0, 0.002, 1, 0.05).gmr_m, 6)
    0.002
    """
    mean = (log(gmr_m * count) + (count - 1.0) * log(radius_m)) / count
    return Screen(ohm_per_m / count, exp(mean), radius_m)


def tape(diameter_m: float, thickness_m: float, lap_pct: float) -> Screen:
    """A tape wound around a core, laps included in its resistance; ``diameter_m`` over the tape."""
    thickness = thickness_m * (50.0 / (100.0 - lap_pct)) ** 0.5
    radius = (diameter_m - thickness_m) / 2.0
    return Screen(TAPE_RESISTIVITY / (pi * diameter_m * thickness), radius, radius)


def series(
    wires: Sequence[Wire | Screen], distance_m: Matrix, frequency_hz: float, resistivity: float = RESISTIVITY
) -> Complex:
    """Ohm per metre between all conductors, with return through the earth.

    ``distance_m`` counts off the diagonal only; wires at a distance of 0 do not couple, as where a file gives none.
    """
    omega = 2.0 * pi * frequency_hz
    depth = 2.0 * exp(0.5 - EULER) * (resistivity / (omega * MU)) ** 0.5
    apart = distance_m.copy()
    np.fill_diagonal(apart, [wire.gmr_m for wire in wires])
    coupled = apart > 0.0
    loops = omega * MU / 8.0 + 1j * omega * MU / (2.0 * pi) * np.log(depth / np.where(coupled, apart, depth))
    z = np.where(coupled, loops, 0.0)
    return np.asarray(z + np.diag([wire.ohm_per_m for wire in wires]), np.complex128)


def kron(matrix: Complex, kept: int) -> Complex:
    """The first ``kept`` conductors, the others having no voltage to the earth.

    >>> kron(np.array([[2.0, 1.0], [1.0, 4.0]], complex), 1).real.tolist()
    [[1.75]]
    """
    own, cross, gone = matrix[:kept, :kept], matrix[:kept, kept:], matrix[kept:, kept:]
    return own - cross @ np.linalg.solve(gone, cross.T) if len(gone) else own


def screened(
    cores: Sequence[Wire],
    screens: Sequence[Screen | None],
    bare: Sequence[Wire],
    distance_m: Matrix,
    frequency_hz: float,
) -> Complex:
    """Ohm per metre of the cores; screens and ``bare`` neutrals reduced. Distances of cores, then of bare wires."""
    owners = [n for n, screen in enumerate(screens) if screen is not None]
    around = [screen for screen in screens if screen is not None]
    places = [*range(len(cores)), *owners, *range(len(cores), len(cores) + len(bare))]
    apart = distance_m[np.ix_(places, places)]
    for row, (owner, screen) in enumerate(zip(owners, around, strict=True), start=len(cores)):
        apart[row, owner] = apart[owner, row] = screen.radius_m
    return kron(series([*cores, *around, *bare], apart, frequency_hz), len(cores))


def overhead_charging(wires: Sequence[Wire], distance_m: Matrix, height_m: Sequence[float], kept: int) -> Matrix:
    """Farad per metre, from images below the ground (Kersting, 5.1); neutrals reduced.

    None at all where a height, a radius or a distance is not given.
    """
    heights = np.asarray(height_m, np.float64)
    if (
        min(heights.min(), min(wire.radius_m for wire in wires)) <= 0.0
        or (distance_m + np.eye(len(wires)) <= 0.0).any()
    ):
        return np.zeros((kept, kept))
    image = np.sqrt(distance_m**2 + 4.0 * np.outer(heights, heights))
    apart = distance_m.copy()
    np.fill_diagonal(image, 2.0 * heights)
    np.fill_diagonal(apart, [wire.radius_m for wire in wires])
    potential = np.log(image / apart) / (2.0 * pi * EPSILON)
    return np.asarray(np.linalg.inv(kron(potential.astype(np.complex128), kept)).real, np.float64)


def coaxial_charging(
    core_radius_m: float, screen_radius_m: float, permittivity: float, count: float = 0.0, strand_radius_m: float = 0.0
) -> float:  # fmt: skip
    """Farad per metre between a core and the screen around it, or ``count`` strands there (Kersting, 5.3).

    Infinite, with strands that leave no room.

    >>> round(1e12 * coaxial_charging(1.0, exp(1.0), 1.0), 2)
    55.63
    """
    gap = log(screen_radius_m / core_radius_m)
    if count > 0.0 and strand_radius_m > 0.0:
        gap -= log(count * strand_radius_m / screen_radius_m) / count
    return 2.0 * pi * EPSILON * permittivity / gap if gap > 0.0 else inf


def charging_us(farad_per_m: Matrix, length_m: float, frequency_hz: float) -> Matrix:
    """Susceptance of a whole length, in microsiemens."""
    return farad_per_m * length_m * 2e6 * pi * frequency_hz


def distances(places: Sequence[tuple[float, float]]) -> Matrix:
    """Between points in a plane across the line.

    >>> distances([(0.0, 0.0), (3.0, 4.0)]).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    points = np.asarray(places, np.float64)
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), np.float64)
