"""CIM100 in RDF/XML with its distribution classes.

An own reader: of the same files powerio 0.11.6 drops every transformer that is made of tanks (all regulators and
service transformers), panels, batteries, dependence of loads on voltage, ratings, nominal voltages and places, leaves
lines without impedance that are described by wires, and refuses a file whose lines are given by sequence. Where both
read the same thing (matrices, loads, switches of three phases) they agree with the engine.
"""

from v2g.feeders.cim.reader import READER

__all__ = ["READER"]
