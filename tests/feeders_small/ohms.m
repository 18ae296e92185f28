function mpc = ohms
%OHMS  A lane of four buses with figures of our own, in ohm, kVA and volts.
mpc.version = '2';
mpc.baseMVA = 2;
mpc.bus = [ %% Pd in kVA at a power factor of 0.8, converted below
	10	3	0	0	0	0	1	1	0	11	1	1.1	0.9;
	20	1	500	0	0	0	1	1	0	11	1	1.1	0.9;  % the mill
	30	1	250	0	0.03	0.12	1	1	0	11	1	1.1	0.9
	40	2	0	0	0	0	1	1	0	0.4	1	1.1	0.9;
	50	4	0	0	0	0	1	1	0	11	1	1.1	0.9;
];
mpc.gen = [
	10	0	0	9	-9	1.02	2	1	9	0;
	40	0.05	0	1	-1	1	0.2	1	0.16	0;
	40	0.05	0	1	-1	1	0.2	0	0.16	0;
	20	-0.04	-0.01	0	0	1	0.2	1	0	-0.04;
];
mpc.branch = [
	10	20	0.605	1.21	0.0004	4	0	0	0	0	1	-360	360;
	20	30	1.21	-0.3	0	0	0	0	0	0	1	-360	360;
	20	30	1.21	0.6	0	0	0	0	0	0	0	-360	360;
	30	40	0.02	0.08	0	0.2	0	0	1.05	30	1	-360	360;
];
mpc.gencost = [2 0 0 3 0 20 0];
mpc.bus_name = {'station'; 'it''s a mill'; 'farm'; 'cellar'; 'old'};

%% lines from ohm, the transformer is in per unit already
kv = mpc.bus(1, 10); zbase = kv^2 ...
    / mpc.baseMVA;
mpc.branch(1:3, [3 4]) = mpc.branch(1:3, [3, 4]) ./ zbase;
define_constants
pf = 0.8;
mpc.bus(:, QD) = mpc.bus(:, PD) * sin(acos(pf)) / 1e3;
mpc.bus(:, PD) = mpc.bus(:, PD) .* pf * 10^-3;
