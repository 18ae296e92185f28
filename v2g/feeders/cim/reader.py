"""The reader of CIM100 files: one parse, then a ``Network`` from what objects name each other."""

from __future__ import annotations

from pathlib import Path

from v2g.errors import Finding, ImportRefused
from v2g.feeders.cim import buses, devices, lines, transformers
from v2g.feeders.cim.document import CIM, parse
from v2g.feeders.cim.model import Model
from v2g.feeders.finite import beyond_numbers
from v2g.feeders.network import Network, Weight

USED = {
    "ACLineSegment", "ACLineSegmentPhase", "BaseFrequency", "BaseVoltage", "BatteryUnit", "ConcentricNeutralCableInfo",
    "ConformLoad", "ConnectivityNode", "CoordinateSystem", "CurrentLimit", "EnergyConsumer", "EnergyConsumerPhase",
    "EnergySource", "EnergySourcePhase", "ExternalNetworkInjection", "Feeder", "LinearShuntCompensator",
    "LinearShuntCompensatorPhase", "LoadResponseCharacteristic", "Location", "NoLoadTest", "NonConformLoad",
    "OperationalLimitSet", "OperationalLimitType", "OverheadWireInfo", "PerLengthPhaseImpedance",
    "PerLengthSequenceImpedance", "PhaseImpedanceData", "PhotovoltaicUnit", "PositionPoint",
    "PowerElectronicsConnection", "PowerElectronicsConnectionPhase", "PowerTransformer", "PowerTransformerEnd",
    "RatioTapChanger", "ShortCircuitTest", "SwitchPhase", "TapChangerControl", "TapeShieldCableInfo", "Terminal",
    "TransformerCoreAdmittance", "TransformerEndInfo", "TransformerMeshImpedance", "TransformerStarImpedance",
    "TransformerTank", "TransformerTankEnd", "TransformerTankInfo", "WirePosition", "WireSpacingInfo",
    *devices.MACHINES, *devices.MACHINE_PARTS.values(), *lines.SWITCHES,
}  # fmt: skip
"""Classes of which something is taken over, or said in another note."""
HARMLESS = {"BusbarSection", "Connector", "Junction", "FaultIndicator", "CurrentTransformer", "PotentialTransformer"}
"""Equipment with a terminal that neither takes nor gives power."""
FREQUENCY_HZ = 60.0


class Cim:
    """Distribution feeders in CIM100 (``.xml``), as GridAPPS-D and CIMHub write them."""

    name = "cim"
    title = "CIM100 in RDF/XML"

    def looks_like(self, path: Path, head: bytes) -> bool:
        """A file that names the namespace of CIM100.

        >>> Cim().looks_like(Path("x.xml"), b'<rdf:RDF xmlns:cim="http://iec.ch/TC57/CIM100#">')
        True
        """
        return CIM.encode() in head

    def read(self, path: Path, bundle: Path | None = None) -> Network:
        """All of it. Raises ``ImportRefused`` with every fault found."""
        model = Model(path.name, parse(path))
        if not model.of("ConnectivityNode"):
            message = "The file holds no ConnectivityNode, and so no feeder."
            raise ImportRefused([Finding(path.name, message, "Export the connectivity with it.", code="cim-file")])
        made = _network(model, path.stem)
        faults = model.faults or beyond_numbers(made)
        if faults:
            raise ImportRefused(faults)
        return made


READER = Cim()


def _network(model: Model, stem: str) -> Network:
    frequency = _frequency(model)
    units = tuple(transformers.transformers(model))
    branches = (*lines.lines(model, frequency), *lines.switches(model))
    kv = buses.nominal(model, units, branches)
    loads, banks = tuple(devices.loads(model)), tuple(devices.capacitors(model, kv))
    panels, batteries = devices.converters(model)
    machines, sources = tuple(devices.generators(model)), tuple(devices.sources(model, kv))
    touched = [(line.from_bus, line.phases) for line in branches]
    touched += [(line.to_bus, line.to_phases or line.phases) for line in branches]
    touched += [(winding.bus, winding.phases) for unit in units for winding in unit.windings]
    touched += [(source.bus, source.phases) for source in sources]
    nodes = tuple(buses.buses(model, kv, buses.phases(touched)))
    _note_others(model)
    feeder = next((thing.name for thing in model.of("Feeder")), stem)
    return Network(
        feeder, READER.name, buses=nodes, lines=branches, transformers=units, loads=loads, capacitors=banks,
        generators=machines, solar=tuple(panels), storage=tuple(batteries), sources=sources,
        notes=tuple(model.all_notes()), lonlat=buses.is_lonlat(model), frequency_hz=frequency,
    )  # fmt: skip


def _frequency(model: Model) -> float:
    given = [model.positive(thing, "BaseFrequency.frequency") for thing in model.of("BaseFrequency")]
    return given[0] if given else FREQUENCY_HZ


def _note_others(model: Model) -> None:
    """Equipment that is not taken over is lost, each with its line; classes without effect are counted."""
    for kind, things in model.kinds.items():
        if kind in USED:
            continue
        wired = [thing for thing in things if model.naming(thing, "Terminal.ConductingEquipment")]
        if wired and kind not in HARMLESS:
            for thing in wired:
                model.note(Weight.LOST, f"{kind} {thing.name}: equipment of this class is not taken over", thing)
        else:
            for thing in things:
                model.gather(Weight.UNUSED, f"objects of class {kind}", thing)
