"""Studies: many scenarios of base cases, each solved once, collected into tables."""

from v2g.batch.driver import Finished, batch
from v2g.batch.reproduce import Reproduced, reproduce

__all__ = ["Finished", "Reproduced", "batch", "reproduce"]
