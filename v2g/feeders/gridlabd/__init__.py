"""GridLAB-D models (``.glm``): read as text, by an own parser that runs nothing of what they say."""

from v2g.feeders.gridlabd.reader import READER

__all__ = ["READER"]
