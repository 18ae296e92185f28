/* Everything is put together here, then shown at the time that the page begins with. */
const map = M === null ? null : buildMap();
if (D.sites !== null) buildPlaces();
cursors();
if (F.name.length) {
  const soc = unpacked(F.soc), below = unpacked(F.below), least = unpacked(F.least);
  const part = (v, t) => soc[v * (T + 1) + t] / D.scales.soc;
  heat("charge", F.name.length, part, (v, t) => below[v * T + t] === 1, CIVIDIS, (v, t) => {
    const kept = fixed(100 * least[v * T + t] / D.scales.soc, 0);
    return `${F.name[v]}: ${fixed(100 * part(v, t), 0)} % charged, its driver needs ${kept} %; ${carWords(v, t)}. `
      + `${counted(F.name.length, "vehicle", "vehicles")}, those nearest to their reserve at the top.`;
  });
  keys(byId("charge-keys"), [...[0, 0.25, 0.5, 0.75, 1].map((share) => [colour(CIVIDIS, share), `${100 * share} %`]),
    ["#d50000", "below what its driver needs"]]);
}
if (D.prices !== null) {
  const P = D.prices, worth = unpacked(P.worth);
  const part = (b, t) => worth[b * T + t] / D.scales.worth;
  heat("worth", P.bus.length, part, () => false, BLUES,
    (b, t) => `${P.bus[b]}: ${fixed(part(b, t) * P.top, 3)} h of critical load for one more kWh. Buses where it is worth most at the top.`);
  keys(byId("worth-keys"), [0, 0.5, 1].map((share) => [colour(BLUES, share), `${fixed(share * P.top, 3)} h a kWh`]));
}
buildTables(map);
follow((t) => { byId("state").textContent = stateLine(t); });
byId("time").addEventListener("input", (event) => setNow(Number(event.target.value)));
byId("play").addEventListener("click", play);
byId("slider").hidden = false;
grow();
setNow(now);
