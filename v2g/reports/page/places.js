/* Places: what each has at the time shown, and the cars that are there. */
const SIGNS = ["○", "✔", "◐", "✖", "◌"];
const DOING = ["gives to the feeder", "feeds the building", "feeds plugs", "charges", "stands by", "away"];
const F = D.fleet;
const actBegin = unpacked(F.begin), actFirst = unpacked(F.first), actDoing = unpacked(F.doing), actWhere = unpacked(F.where);
const tenths = F.tenths.map(unpacked);

/* What a vehicle does in an interval: the row of its act. */
function actOf(vehicle, t) {
  let act = actBegin[vehicle];
  while (act + 1 < actBegin[vehicle + 1] && actFirst[act + 1] <= t) act += 1;
  return act;
}
const kwOf = (vehicle, t) => tenths.reduceRight((sum, plane) => 256 * sum + plane[vehicle * T + t], 0) / 10;
function carWords(vehicle, t) {
  const kw = kwOf(vehicle, t);
  return DOING[actDoing[actOf(vehicle, t)]] + (kw > 0 ? `, ${fixed(kw, 1)} kW` : "");
}

function buildPlaces() {
  const S = D.sites, box = byId("places-box");
  const cards = S.name.map((title, s) => {
    const about = [S.kind[s], S.people[s] === null ? "" : counted(S.people[s], "person", "people")].filter(Boolean).join(", ");
    const loads = html("ul", {}), cars = html("p", { class: "note" });
    const card = html("div", { class: "card" }, html("h3", {}, name(title)), html("small", {}, name(about)), loads, cars);
    box.append(card);
    const rows = S.loads[s].map((load) => {
      const sign = html("span", { class: "sign" }), said = html("span", {});
      const tier = load < D.loads.critical ? ` (tier ${D.loads.tier[load]})` : "";
      loads.append(html("li", {}, sign, " ", name(D.loads.name[load]), tier + ": ", said));
      return [load, sign, said];
    });
    return [card, rows, cars];
  });
  byId("places").hidden = false;
  follow((t) => {
    const here = S.name.map(() => []);
    for (let v = 0; v < F.name.length; v += 1) {
      const act = actOf(v, t), site = S.of_place[actWhere[act]];
      if (site >= 0 && actDoing[act] < 5) here[site].push(v);
    }
    cards.forEach(([card, rows, cars], s) => {
      let worst = 0;
      for (const [load, sign, said] of rows) {
        const state = stateOf(load, t);
        sign.textContent = SIGNS[state];
        said.textContent = STATES[state];
        if (load < D.loads.critical && state !== OFF) worst = Math.max(worst, state);
      }
      card.className = "card s" + worst;
      const shown = here[s].slice(0, 6).map((v) => `${F.name[v]} ${carWords(v, t)}`);
      if (here[s].length > 6) shown.push(`and ${here[s].length - 6} more`);
      cars.textContent = shown.length ? `Cars: ${shown.join("; ")}.` : "No car here.";
    });
  });
}
