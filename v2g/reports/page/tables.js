/* Tables with search, order and pages; only the page that is seen is in the document. */
const PAGE = 25;

/* columns: [title, of(row, t), kind]; kind "number" is put to the right, "name" is isolated text, "small" is left out on phones. */
function table(box, count, text, columns) {
  if (!count) return;
  let order = Array.from({ length: count }, (_, i) => i), found = order, page = 0, by = null, down = true, texts = null;
  const search = html("input", { type: "search", placeholder: `search ${count.toLocaleString("en")}`, "aria-label": `search ${box}` });
  const told = html("span", { role: "status" }), body = html("tbody", {});
  const back = html("button", { type: "button" }, "‹ back"), on = html("button", { type: "button" }, "on ›");
  const look = (kind) => (kind === "number" ? "number" : kind === "small" ? "hide-small" : null);
  const heads = columns.map(([title, , kind], i) => {
    const button = html("button", { type: "button" }, title);
    button.addEventListener("click", () => { down = by === i ? !down : true; by = i; sort(); show(); });
    return html("th", { scope: "col", class: look(kind) }, button);
  });
  const frame = html("table", { class: "list" }, html("thead", {}, html("tr", {}, ...heads)), body);
  byId(`${box}-box`).append(html("div", { class: "tools" }, search, back, on, told), html("div", { class: "scroll" }, frame));

  function sort() {
    page = 0;
    if (by === null) return;
    const of = columns[by][1], sign = down ? 1 : -1, key = new Map(found.map((row) => [row, of(row, now)]));
    const less = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
    found = found.slice().sort((a, b) => sign * less(key.get(a), key.get(b)) || a - b);
  }
  function show() {
    const rows = found.slice(page * PAGE, (page + 1) * PAGE);
    body.replaceChildren(...rows.map((row) => html("tr", {}, ...columns.map(([, of, kind, places]) => {
      const value = of(row, now), said = typeof value === "number" ? (Number.isFinite(value) ? fixed(value, places || 0) : "") : value;
      return html("td", { class: look(kind) }, kind === "name" ? name(said) : said);
    }))));
    const last = Math.min(found.length, (page + 1) * PAGE);
    told.textContent = found.length ? `${(page * PAGE + 1).toLocaleString("en")} to ${last.toLocaleString("en")} of ${found.length.toLocaleString("en")}` : "none found";
    back.disabled = page === 0;
    on.disabled = last >= found.length;
  }
  search.addEventListener("input", () => {
    texts = texts || order.map((row) => text(row).toLowerCase());
    const wanted = search.value.trim().toLowerCase();
    found = order.filter((row) => texts[row].includes(wanted));
    sort();
    show();
  });
  back.addEventListener("click", () => { page -= 1; show(); });
  on.addEventListener("click", () => { page += 1; show(); });
  byId(box).hidden = false;
  follow(show);
}

function buildTables(map) {
  const L = D.loads, soc = unpacked(F.soc);
  table("loads", L.name.length, (i) => `${L.name[i]} ${word(L.kind, i)} ${word(L.place, i)}`, [
    ["load", (i) => L.name[i], "name"], ["tier", (i) => (i < L.critical ? L.tier[i] : "none")],
    ["kind", (i) => word(L.kind, i), "small"], ["where", (i) => word(L.place, i), "name"],
    ["most kW", (i) => L.kw[i], "number", 1], ["now", (i, t) => STATES[stateOf(i, t)]],
    ["in all", (i) => (i < L.critical ? L.words[i] : ""), "small"],
  ]);
  table("vehicles", F.name.length, (i) => `${F.name[i]} ${word(F.model, i)} ${word(F.depot, i)}`, [
    ["vehicle", (i) => F.name[i], "name"], ["model", (i) => word(F.model, i), "small"],
    ["now", (i, t) => carWords(i, t)], ["where", (i, t) => F.places[actWhere[actOf(i, t)]], "name"],
    ["charge %", (i, t) => 100 * soc[i * (T + 1) + t] / D.scales.soc, "number"],
    ["kWh at most", (i) => F.capacity[i], "number", 1],
    ["least above reserve, kWh", (i) => F.spare[i], "number", 1],
  ]);
  if (map === null) return;
  const voltage = (code) => (code === 0 ? "dead" : code === 1 ? "live" : `${fixed(map.pu(code), 2)} p.u.`);
  table("buses", M.bus.length, (i) => M.bus[i], [
    ["bus", (i) => M.bus[i], "name"], ["now", (i, t) => voltage(map.volt[i * T + t])],
    ["lowest p.u.", (i) => (M.low[i] === null ? Infinity : M.low[i]), "number", 3],
    ["limits p.u.", (i) => `${fixed(M.vmin[i], 2)} to ${fixed(M.vmax[i], 2)}`],
  ]);
  const B = M.branch;
  table("branches", B.name.length, (i) => `${B.name[i]} ${M.bus[B.from[i]]} ${M.bus[B.to[i]]}`, [
    ["name", (i) => B.name[i], "name"], ["from", (i) => M.bus[B.from[i]], "name"], ["to", (i) => M.bus[B.to[i]], "name"],
    ["now, kVA a phase", (i, t) => { const kva = map.loading(i, t); return kva === null ? Infinity : kva; }, "number", 1],
    ["most", (i) => B.peak[i], "number", 1], ["rating", (i) => (B.rating[i] === null ? Infinity : B.rating[i]), "number", 0],
    ["most, % of it", (i) => (B.rating[i] ? 100 * B.peak[i] / B.rating[i] : Infinity), "number", 0],
  ]);
}
