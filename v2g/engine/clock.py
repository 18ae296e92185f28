"""How much time is left."""

from __future__ import annotations

import time


class Clock:
    """Counts down from a limit in seconds; without one, time never runs out."""

    def __init__(self, limit: float | None = None) -> None:
        self.started, self.limit = time.perf_counter(), limit

    def spent(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def left(self) -> float | None:
        """Seconds left, at least zero; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.spent())

    def part(self, share: float) -> Clock:
        """A clock that starts now, with a share of what is left."""
        left = self.left()
        return Clock(None if left is None else share * left)

    @property
    def over(self) -> bool:
        """Whether the limit has passed."""
        return self.limit is not None and self.spent() >= self.limit
