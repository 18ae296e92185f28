"""The words of OpenDSS, in the order of the engine, and what each may do here.

An abbreviation means the first word of a list that begins with it, so that the order is a part of the meaning.
Listed by the engine itself (DSS C-API 0.14.5): ``Executive.Command``, ``Executive.Option`` and, for an element of
each class, ``Element.AllPropertyNames``.
"""

from __future__ import annotations

from functools import lru_cache


def _split(names: str) -> tuple[str, ...]:
    return tuple(names.split())


VERBS = _split(
    "New Edit More M ~ Select Save Show Solve Enable Disable Plot Reset Compile Set Dump Open Close // "
    "Redirect Help Quit ? Next Panel Sample Clear About Calcvoltagebases SetkVBase BuildY Get Init Export "
    "Fileedit Voltages Currents Powers Seqvoltages Seqcurrents Seqpowers Losses Phaselosses Cktlosses "
    "Allocateloads Formedit Totals Capacity Classes Userclasses Zsc Zsc10 ZscRefresh Ysc puvoltages VarValues "
    "Varnames Buscoords MakeBusList MakePosSeq Reduce Interpolate AlignFile TOP Rotate Vdiff Summary "
    "Distribute DI_plot Comparecases YearlyCurves CD Visualize CloseDI DOScmd Estimate Reconductor _InitSnap "
    "_SolveNoControl _SampleControls _DoControlActions _ShowControlQueue _SolveDirect _SolvePFlow AddBusMarker "
    "Uuids SetLoadAndGenKV CvrtLoadshapes NodeDiff Rephase SetBusXY UpdateStorage Obfuscate LatLongCoords "
    "BatchEdit Pstcalc Variable ReprocessBuses ClearBusMarkers RelCalc var Cleanup FinishTimeStep NodeList "
    "Connect Disconnect Remove CalcIncMatrix CalcIncMatrix_O Refine_BusLevels CalcLaplacian ExportOverloads "
    "ExportVViolations Zsc012 AllPCEatBus AllPDEatBus TotalPowers GISCoords ClearAll COMHelp NewActor Wait "
    "SolveAll Abort Clone "
)

OPTIONS = _split(
    "type element hour sec year frequency stepsize mode random number time class object circuit editor "
    "tolerance maxiterations h Loadmodel Loadmult normvminpu normvmaxpu emergvminpu emergvmaxpu %mean %stddev "
    "LDCurve %growth Genkw Genpf CapkVAR Addtype Allowduplicates Zonelock UEweight Lossweight UEregs Lossregs "
    "Voltagebases Algorithm Trapezoidal Autobuslist Controlmode Tracecontrol Genmult Defaultdaily "
    "Defaultyearly Allocationfactors Cktmodel Pricesignal Pricecurve Terminal Basefrequency Harmonics "
    "Maxcontroliter Bus Datapath KeepList ReduceOption DemandInterval %Normal DIVerbose Casename Markercode "
    "Nodewidth Log Recorder Overloadreport Voltexceptionreport Cfactors ShowExport Numallociterations "
    "DefaultBaseFrequency Markswitches Switchmarkercode Daisysize Marktransformers TransMarkerCode "
    "TransMarkerSize LoadShapeClass EarthModel QueryLog MarkCapacitors MarkRegulators MarkPVSystems "
    "MarkStorage CapMarkerCode RegMarkerCode PVMarkerCode StoreMarkerCode CapMarkerSize RegMarkerSize "
    "PVMarkerSize StoreMarkerSize NeglectLoadY MarkFuses FuseMarkerCode FuseMarkerSize MarkReclosers "
    "RecloserMarkerCode RecloserMarkerSize RegistryUpdate MarkRelays RelayMarkerCode RelayMarkerSize "
    "ProcessTime TotalTime StepTime SampleEnergyMeters MinIterations DSSVisualizationTool KeepLoad Zmag "
    "SeasonRating SeasonSignal LineTypes EventLogDefault LongLineCorrection ShowReports NumCPUs NumCores "
    "NumActors ActiveActor CPU ActorProgress Parallel ConcatenateReports NUMANodes "
)

_ELEMENT = "BaseFreq Enabled Like"
_CONVERSION = f"Spectrum {_ELEMENT}"
_DELIVERY = f"NormAmps EmergAmps FaultRate pctPerm Repair {_ELEMENT}"
_PROPERTIES = {
    "LineCode": (
        "NPhases R1 X1 R0 X0 C1 C0 Units RMatrix XMatrix CMatrix BaseFreq NormAmps EmergAmps FaultRate "
        "PctPerm Repair Kron Rg Xg rho Neutral B1 B0 Seasons Ratings LineType Like"
    ),
    "LoadShape": (
        "NPts Interval Mult Hour Mean StdDev CSVFile SngFile DblFile Action QMult UseActual PMax QMax "
        "SInterval MInterval PBase QBase PMult PQCSVFile MemoryMapping Interpolation Like"
    ),
    "TShape": "NPts Interval Temp Hour Mean StdDev CSVFile SngFile DblFile SInterval MInterval Action Like",
    "PriceShape": "NPts Interval Price Hour Mean StdDev CSVFile SngFile DblFile SInterval MInterval Action Like",
    "XYcurve": "NPts Points YArray XArray CSVFile SngFile DblFile X Y XShift YShift XScale YScale Like",
    "GrowthShape": "NPts Year Mult CSVFile SngFile DblFile Like",
    "TCC_Curve": "NPts C_Array T_Array Like",
    "Spectrum": "NumHarm Harmonic %Mag Angle CSVFile Like",
    "WireData": "RDC RAC RUnits GMRAC GMRUnits Radius RadUnits NormAmps EmergAmps Diam Seasons Ratings CapRadius Like",
    "CNData": (
        "k DiaStrand GMRStrand RStrand EpsR InsLayer DiaIns DiaCable RDC RAC RUnits GMRAC GMRUnits Radius "
        "RadUnits NormAmps EmergAmps Diam Seasons Ratings CapRadius Like"
    ),
    "TSData": (
        "DiaShield TapeLayer TapeLap EpsR InsLayer DiaIns DiaCable RDC RAC RUnits GMRAC GMRUnits Radius "
        "RadUnits NormAmps EmergAmps Diam Seasons Ratings CapRadius Like"
    ),
    "LineSpacing": "NConds NPhases X H Units Like",
    "LineGeometry": (
        "NConds NPhases Cond Wire X H Units NormAmps EmergAmps Reduce Spacing Wires CNCable TSCable CNCables "
        "TSCables Seasons Ratings LineType Like"
    ),
    "XfmrCode": (
        "Phases Windings Wdg Conn kV kVA Tap %R RNeut XNeut Conns kVs kVAs Taps XHL XHT XLT XSCArray Thermal "
        "n m FLRise HSRise %LoadLoss %NoLoadLoss NormHkVA EmergHkVA MaxTap MinTap NumTaps %IMag ppm_Antifloat "
        "%Rs X12 X13 X23 RDCOhms Seasons Ratings Like"
    ),
    "Line": (
        "Bus1 Bus2 LineCode Length Phases R1 X1 R0 X0 C1 C0 RMatrix XMatrix CMatrix Switch Rg Xg rho Geometry "
        f"Units Spacing Wires EarthModel CNCables TSCables B1 B0 Seasons Ratings LineType {_DELIVERY}"
    ),
    "Vsource": (
        "Bus1 BasekV pu Angle Frequency Phases MVASC3 MVASC1 X1R1 X0R0 Isc3 Isc1 R1 X1 R0 X0 ScanType "
        f"Sequence Bus2 Z1 Z0 Z2 puZ1 puZ0 puZ2 BaseMVA Yearly Daily Duty Model puZIdeal {_CONVERSION}"
    ),
    "Isource": f"Bus1 Amps Angle Frequency Phases ScanType Sequence Yearly Daily Duty Bus2 {_CONVERSION}",
    "Load": (
        "Phases Bus1 kV kW PF Model Yearly Daily Duty Growth Conn kvar RNeut XNeut Status Class VMinpu VMaxpu "
        "VMinNorm VMinEmerg XfkVA AllocationFactor kVA %Mean %StdDev CVRWatts CVRVars kWh kWhDays CFactor "
        f"CVRCurve NumCust ZIPV %SeriesRL RelWeight VLowpu puXHarm XRHarm {_CONVERSION}"
    ),
    "Transformer": (
        "Phases Windings Wdg Bus Conn kV kVA Tap %R RNeut XNeut Buses Conns kVs kVAs Taps XHL XHT XLT "
        "XSCArray Thermal n m FLRise HSRise %LoadLoss %NoLoadLoss NormHkVA EmergHkVA Sub MaxTap MinTap "
        "NumTaps SubName %IMag ppm_Antifloat %Rs Bank XfmrCode XRConst X12 X13 X23 LeadLag WdgCurrents Core "
        f"RDCOhms Seasons Ratings {_DELIVERY}"
    ),
    "RegControl": (
        "Transformer Winding VReg Band PTRatio CTPrim R X Bus Delay Reversible RevVReg RevBand RevR RevX "
        "TapDelay DebugTrace MaxTapChange InverseTime TapWinding VLimit PTPhase RevThreshold RevDelay "
        f"RevNeutral EventLog RemotePTRatio TapNum Reset LDC_Z Rev_Z Cogen {_ELEMENT}"
    ),
    "Capacitor": f"Bus1 Bus2 Phases kvar kV Conn CMatrix Cuf R XL Harm NumSteps States {_DELIVERY}",
    "Reactor": (
        f"Bus1 Bus2 Phases kvar kV Conn RMatrix XMatrix Parallel R X Rp Z1 Z2 Z0 Z RCurve LCurve LmH {_DELIVERY}"
    ),
    "CapControl": (
        "Element Terminal Capacitor Type PTRatio CTRatio OnSetting OffSetting Delay VoltOverride VMax VMin "
        f"DelayOff DeadTime CTPhase PTPhase VBus EventLog UserModel UserData pctMinkvar Reset ControlSignal {_ELEMENT}"
    ),
    "Fault": f"Bus1 Bus2 Phases R %StdDev GMatrix OnTime Temporary MinAmps {_DELIVERY}",
    "Generator": (
        "Phases Bus1 kV kW PF kvar Model VMinpu VMaxpu Yearly Daily Duty DispMode DispValue Conn Status Class "
        "Vpu Maxkvar Minkvar PVFactor ForceOn kVA MVA Xd Xdp Xdpp H D UserModel UserData ShaftModel ShaftData "
        f"DutyStart DebugTrace Balanced XRdp UseFuel FuelkWh %Fuel %Reserve Refuel DynamicEq DynOut {_CONVERSION}"
    ),
    "GenDispatcher": f"Element Terminal kWLimit kWBand kvarLimit GenList Weights {_ELEMENT}",
    "Storage": (
        "Phases Bus1 kV Conn kW kvar PF kVA %CutIn %CutOut EffCurve VarFollowInverter kvarMax kvarMaxAbs "
        "WattPriority PFPriority %PMinNoVars %PMinkvarMax kWRated %kWRated kWhRated kWhStored %Stored "
        "%Reserve State %Discharge %Charge %EffCharge %EffDischarge %IdlingkW %Idlingkvar %R %X Model VMinpu "
        "VMaxpu Balanced LimitCurrent Yearly Daily Duty DispMode DischargeTrigger ChargeTrigger "
        "TimeChargeTrig Class DynaDLL DynaData UserModel UserData DebugTrace kVDC Kp PITol SafeVoltage "
        f"SafeMode DynamicEq DynOut ControlMode AmpLimit AmpLimitGain {_CONVERSION}"
    ),
    "StorageController": (
        "Element Terminal MonPhase kWTarget kWTargetLow %kWBand kWBand %kWBandLow kWBandLow ElementList "
        "Weights ModeDischarge ModeCharge TimeDischargeTrigger TimeChargeTrigger %RatekW %RateCharge %Reserve "
        "kWhTotal kWTotal kWhActual kWActual kWNeed Yearly Daily Duty EventLog InhibitTime TUp TFlat TDn "
        f"kWThreshold DispFactor ResetLevel Seasons SeasonTargets SeasonTargetsLow {_ELEMENT}"
    ),
    "Relay": (
        "MonitoredObj MonitoredTerm SwitchedObj SwitchedTerm Type PhaseCurve GroundCurve PhaseTrip GroundTrip "
        "TDPhase TDGround PhaseInst GroundInst Reset Shots RecloseIntervals Delay OvervoltCurve "
        "UndervoltCurve kVBase 47%Pickup 46BaseAmps 46%Pickup 46isqt Variable Overtrip Undertrip BreakerTime "
        "Action Z1Mag Z1Ang Z0Mag Z0Ang MPhase MGround EventLog DebugTrace DistReverse Normal State "
        "DOC_TiltAngleLow DOC_TiltAngleHigh DOC_TripSettingLow DOC_TripSettingHigh DOC_TripSettingMag "
        f"DOC_DelayInner DOC_PhaseCurveInner DOC_PhaseTripInner DOC_TDPhaseInner DOC_P1Blocking {_ELEMENT}"
    ),
    "Recloser": (
        "MonitoredObj MonitoredTerm SwitchedObj SwitchedTerm NumFast PhaseFast PhaseDelayed GroundFast "
        "GroundDelayed PhaseTrip GroundTrip PhaseInst GroundInst Reset Shots RecloseIntervals Delay Action "
        f"TDPhFast TDGrFast TDPhDelayed TDGrDelayed Normal State {_ELEMENT}"
    ),
    "Fuse": (
        "MonitoredObj MonitoredTerm SwitchedObj SwitchedTerm FuseCurve RatedCurrent Delay Action Normal State "
        f"{_ELEMENT}"
    ),
    "SwtControl": f"SwitchedObj SwitchedTerm Action Lock Delay Normal State Reset {_ELEMENT}",
    "PVSystem": (
        "Phases Bus1 kV Irradiance Pmpp %Pmpp Temperature PF Conn kvar kVA %CutIn %CutOut EffCurve P-TCurve "
        "%R %X Model VMinpu VMaxpu Balanced LimitCurrent Yearly Daily Duty TYearly TDaily TDuty Class "
        "UserModel UserData DebugTrace VarFollowInverter DutyStart WattPriority PFPriority %PMinNoVars "
        "%PMinkvarMax kvarMax kvarMaxAbs kVDC Kp PITol SafeVoltage SafeMode DynamicEq DynOut ControlMode "
        f"AmpLimit AmpLimitGain {_CONVERSION}"
    ),
    "ESPVLControl": (
        "Element Terminal Type kWBand kvarLimit LocalControlList LocalControlWeights PVSystemList "
        f"PVSystemWeights StorageList StorageWeights {_ELEMENT}"
    ),
    "IndMach012": (
        "Phases Bus1 kV kW PF Conn kVA H D puRs puXs puRr puXr puXm Slip MaxSlip SlipOption Yearly Daily Duty "
        f"DebugTrace {_CONVERSION}"
    ),
    "AutoTrans": (
        "Phases Windings Wdg Bus Conn kV kVA Tap %R RDCOhms Core Buses Conns kVs kVAs Taps XHX XHT XXT "
        "XSCArray Thermal n m FLRise HSRise %LoadLoss %NoLoadLoss NormHkVA EmergHkVA Sub MaxTap MinTap "
        f"NumTaps SubName %IMag ppm_Antifloat %Rs Bank XRConst LeadLag WdgCurrents {_DELIVERY}"
    ),
    "InvControl": (
        "DERList Mode CombiMode VVC_Curve1 Hysteresis_Offset Voltage_CurveX_Ref AvgWindowLen VoltWatt_Curve "
        "DbVMin DbVMax ArGraLowV ArGraHiV DynReacAvgWindowLen DeltaQ_Factor VoltageChangeTolerance "
        "VarChangeTolerance VoltWattYAxis RateOfChangeMode LPFTau RiseFallLimit DeltaP_Factor EventLog "
        "RefReactivePower ActivePChangeTolerance MonVoltageCalc MonBus MonBusesVBase VoltWattCH_Curve "
        f"WattPF_Curve WattVar_Curve VV_RefReactivePower PVSystemList VSetPoint ControlModel {_ELEMENT}"
    ),
    "ExpControl": (
        "PVSystemList VReg Slope VRegTau QBias VRegMin VRegMax QMaxLead QMaxLag EventLog DeltaQ_Factor "
        f"PreferQ TResponse DERList {_ELEMENT}"
    ),
    "Monitor": f"Element Terminal Mode Action Residual VIPolar PPolar {_ELEMENT}",
    "EnergyMeter": (
        "Element Terminal Action Option kVANormal kVAEmerg PeakCurrent ZoneList LocalOnly Mask Losses "
        "LineLosses XfmrLosses SeqLosses 3PhaseLosses VBaseLosses PhaseVoltageReport Int_Rate Int_Duration "
        f"SAIFI SAIFIkW SAIDI CAIDI CustInterrupts {_ELEMENT}"
    ),
    "Sensor": f"Element Terminal kVBase Clear kVs Currents kWs kvars Conn DeltaDirection %Error Weight {_ELEMENT}",
}
"""Classes that a distribution feeder may hold. Left out: geomagnetic currents, converters of their own language."""

CLASSES = {name.lower(): _split(properties) for name, properties in _PROPERTIES.items()}
"""Properties of each class, in the engine's order (a value without a name belongs to the next one)."""
TITLES = {name.lower(): name for name in _PROPERTIES} | {"circuit": "Circuit"}
NOT_ELEMENTS = frozenset(
    _split(
        "linecode loadshape tshape priceshape xycurve growthshape tcc_curve spectrum wiredata cndata tsdata "
        "linespacing linegeometry xfmrcode"
    )
)
"""Classes of data: what is defined again is edited. An element of a circuit that is defined again is a mistake."""

LEFT_OUT_VERBS = frozenset(
    _split(
        "show plot reset dump help ? sample about buildy get init export voltages currents powers seqvoltages "
        "seqcurrents seqpowers losses phaselosses cktlosses totals capacity classes userclasses zsc zsc10 "
        "zscrefresh ysc puvoltages varvalues varnames makebuslist vdiff summary di_plot comparecases "
        "yearlycurves visualize closedi estimate addbusmarker clearbusmarkers nodediff pstcalc reprocessbuses "
        "relcalc cleanup nodelist exportoverloads exportvviolations zsc012 allpceatbus allpdeatbus "
        "totalpowers giscoords comhelp next rotate alignfile "
        "interpolate"
    )
)
"""They report, or draw, or step through time: no plan needs them."""
LEFT_OUT_CLASSES = frozenset({"monitor"})

KEPT_OPTIONS = frozenset(
    _split(
        "year frequency tolerance maxiterations miniterations loadmodel loadmult normvminpu normvmaxpu "
        "emergvminpu emergvmaxpu %mean %stddev ldcurve %growth genkw genpf capkvar voltagebases algorithm "
        "trapezoidal controlmode genmult defaultdaily defaultyearly allocationfactors cktmodel pricesignal "
        "pricecurve basefrequency harmonics maxcontroliter %normal cfactors numallociterations "
        "defaultbasefrequency earthmodel neglectloady seasonrating seasonsignal linetypes longlinecorrection "
        "zonelock"
    )
)
HARMFUL_OPTIONS = {
    "editor": "it starts a program",
    "datapath": "it writes outside the folder",
    "recorder": "it writes a file",
    "registryupdate": "it changes the settings of the computer",
    "dssvisualizationtool": "it starts a program",
    "circuit": "a file holds one circuit",
    "class": "later lines would belong to an object that is not named in them",
    "object": "later lines would belong to an object that is not named in them",
    "element": "later lines would belong to an object that is not named in them",
    "type": "later lines would belong to an object that is not named in them",
    "allowduplicates": "of two elements with one name nobody knows which is meant",
    "activeactor": "a file holds one circuit",
    "parallel": "a file holds one circuit",
}

HARMFUL_PROPERTIES = {
    "usermodel": "it loads a program library",
    "userdata": "it loads a program library",
    "shaftmodel": "it loads a program library",
    "shaftdata": "it loads a program library",
    "dynadll": "it loads a program library",
    "dynadata": "it loads a program library",
    "dynamiceq": "it is a model in a language of its own",
    "dynout": "it is a model in a language of its own",
}
LEFT_OUT_PROPERTIES = frozenset({"debugtrace", "memorymapping"})
"""They write files, or say how the engine keeps them."""

NAMES = frozenset(
    _split(
        "bus bus1 bus2 buses like linecode geometry spacing wire wires cncable cncables tscable tscables xfmrcode bank "
        "subname element monitoredobj switchedobj capacitor transformer vbus monbus"
    )
)
"""Properties whose value may be called what is no number elsewhere, such as ``inf`` for a stiff bus."""

MOST = {
    "phases": 100,
    "nphases": 100,
    "nconds": 200,
    "cond": 200,
    "windings": 20,
    "wdg": 20,
    "numtaps": 1_000,
    "numsteps": 1_000,
    "seasons": 1_000,
    "numharm": 1_000,
    "npts": 4_000_000,
    "maxiterations": 10_000,
    "miniterations": 10_000,
    "maxcontroliter": 10_000,
    "numallociterations": 10_000,
}
"""Numbers by which the engine reserves memory or repeats its work, far above those of any feeder."""

COLUMNS = {
    "loadshape": ("hour", "mult"),
    "tshape": ("hour", "temp"),
    "priceshape": ("hour", "price"),
    "growthshape": ("year", "mult"),
    "xycurve": ("xarray", "yarray"),
    "spectrum": ("harmonic", "%mag", "angle"),
}
"""Properties that the columns of a class's file fill; ``hour`` only where the interval is 0."""
POINTS = {"spectrum": "numharm"}
"""Where the number of points is not called ``npts``."""


@lru_cache(maxsize=8192)
def verb(word: str) -> str | None:
    """The verb that a word is, or abbreviates: ``calcv`` is ``calcvoltagebases``.

    >>> verb("Red"), verb("so"), verb("frobnicate")
    ('redirect', 'solve', None)
    """
    return _first(word, VERBS)


@lru_cache(maxsize=8192)
def option(word: str) -> str | None:
    """The option of ``Set`` that a word is, or abbreviates.

    >>> option("maxiter")
    'maxiterations'
    """
    return _first(word, OPTIONS)


@lru_cache(maxsize=8192)
def place(class_: str, word: str) -> int | None:
    """Which property of a class a word is, or abbreviates, counted from 0.

    >>> CLASSES["transformer"][place("transformer", "%load")]
    '%LoadLoss'
    """
    names = CLASSES[class_]
    found = _first(word, names)
    return None if found is None else [name.lower() for name in names].index(found)


def _first(word: str, names: tuple[str, ...]) -> str | None:
    start = word.lower()
    lower = [name.lower() for name in names]
    if start in lower:
        return start
    return next((name for name in lower if start and name.startswith(start)), None)
