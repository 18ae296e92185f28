/* The feeder: lines by loading, buses by voltage or by worth of a kWh, critical loads, sources and cars. */
const M = D.map;
const LETTERS = { grid: "N", generator: "G", battery: "B", solar: "S" };
const FEW_BUSES = 60, MANY_BUSES = 400, PIXELS_A_NAME = 20000;
/* Squares of loads in a row beside their bus, and units of the whole map to a pixel on the narrowest screens. */
const SQUARES_A_ROW = 6, WIDEST_PIXEL = 3;

function buildMap() {
  const volt = unpacked(M.volt), beyond = unpacked(M.beyond), flow = unpacked(M.branch.flow), cars = unpacked(M.cars.doing);
  const worth = D.prices ? unpacked(D.prices.worth) : null, rowOf = new Map();
  if (D.prices) D.prices.row.forEach((bus, row) => rowOf.set(bus, row));
  let picked = null;
  const picture = svg("svg", { role: "img", "aria-label": "Map of the feeder", class: M.bus.length > MANY_BUSES ? "many" : "" });
  byId("map-box").append(picture);

  /* In layers a line goes down first, then on. */
  const bent = (a, b) => (M.x[a] <= M.x[b] ? `M${M.x[a]} ${M.y[a]}V${M.y[b]}H${M.x[b]}` : bent(b, a));
  const lines = M.branch.from.map((a, i) => {
    const b = M.branch.to[i];
    return svg("path", { d: M.surveyed ? `M${M.x[a]} ${M.y[a]}L${M.x[b]} ${M.y[b]}` : bent(a, b) });
  });
  const dots = M.bus.map((_, i) => svg("circle", { cx: M.x[i], cy: M.y[i] }));
  const ring = svg("circle", { class: "picked", visibility: "hidden" });

  /* Marks stand beside their bus at a distance in pixels, whatever the scale. */
  const beside = [];
  const mark = (bus, dx, dy, shape) => { const box = svg("g", {}, shape); beside.push([box, bus, dx, dy]); return shape; };
  const at = new Map();
  const loads = [];
  M.loads.forEach((bus, load) => {
    if (bus < 0 || load >= D.loads.critical) return;
    const nth = at.get(bus) || 0;
    at.set(bus, nth + 1);
    loads.push([mark(bus, 6 + 12 * (nth % SQUARES_A_ROW), -16 - 12 * Math.floor(nth / SQUARES_A_ROW), svg("path", { d: "M0 0H10V10H0Z" })), load]);
  });
  M.sources.bus.forEach((bus, i) => {
    if (bus < 0) return;
    const nth = M.sources.bus.slice(0, i).filter((b) => b === bus).length;
    const shape = mark(bus, -17, -17 + 14 * nth, svg("circle", { cx: 6, cy: 6, r: 6, class: "m src" }));
    shape.parentNode.append(svg("text", { x: 6, y: 9, class: "letter" }, LETTERS[M.sources.kind[i]]));
  });
  const wheels = M.cars.bus.map((bus) => mark(bus, -16, 3, svg("path", { d: "M0 0" })));

  /* The whole map has room for every mark at its edges. */
  const pad = 40, size = 12, low = [-pad, -pad], high = [1000 + pad, Math.max(...M.y) + pad];
  for (const [, bus, ...away] of beside) {
    [M.x[bus], M.y[bus]].forEach((spot, way) => {
      low[way] = Math.min(low[way], spot + WIDEST_PIXEL * away[way]);
      high[way] = Math.max(high[way], spot + WIDEST_PIXEL * (away[way] + size));
    });
  }
  const whole = [...low, high[0] - low[0], high[1] - low[1]];
  let view = whole.slice();

  const named = new Set(), labels = [];
  const label = (bus, said) => {
    if (!named.has(bus)) labels.push([svg("text", {}, said), bus, 7 * said.length]);
    named.add(bus);
  };
  const lostFirst = loads.map(([, load]) => load).sort((a, b) => D.loads.kept[a] - D.loads.kept[b] || a - b);
  lostFirst.forEach((load) => label(M.loads[load], M.bus[M.loads[load]]));
  if (M.bus.length <= FEW_BUSES) M.bus.forEach((said, bus) => label(bus, said));
  picture.append(svg("g", {}, ...lines), svg("g", {}, ...dots), ring, svg("g", {}, ...beside.map((one) => one[0])), svg("g", {}, ...labels.map((one) => one[0])));

  /* A name stands right below its bus, or left, or above; where it would hide another one it is left out. */
  function nameBuses(unit) {
    const room = Math.ceil(view[2] * view[3] / unit / unit / PIXELS_A_NAME);
    const taken = [], left = view[0] / unit, right = (view[0] + view[2]) / unit;
    for (const [node, bus, wide] of labels) {
      const x = M.x[bus] / unit, y = M.y[bus] / unit;
      const spots = [[x + 6, y + 15], [x - wide - 6, y + 15], [x + 6, y - 20], [x - wide - 6, y - 20]];
      const spot = taken.length < room && spots.find(([a, b]) => a > left && a + wide < right && taken.every(([c, d, w]) => a > c + w || c > a + wide || Math.abs(b - d) > 12));
      node.setAttribute("visibility", spot ? "visible" : "hidden");
      if (!spot) continue;
      taken.push([spot[0], spot[1], wide]);
      put(node, { x: spot[0] * unit, y: spot[1] * unit });
    }
  }

  function scale() {
    picture.setAttribute("viewBox", view.map((v) => v.toFixed(2)).join(" "));
    const shown = (picture.getScreenCTM() || { a: 1 }).a, unit = (shown * view[2] < 500 ? 0.75 : 1) / shown;
    picture.style.setProperty("--u", unit);
    for (const [box, bus, dx, dy] of beside) {
      box.setAttribute("transform", `translate(${M.x[bus] + unit * dx} ${M.y[bus] + unit * dy}) scale(${unit})`);
    }
    nameBuses(unit);
  }
  function zoom(factor, x, y) {
    const wide = Math.min(whole[2], Math.max(whole[2] / 40, view[2] * factor)), ratio = wide / view[2];
    view = [x - (x - view[0]) * ratio, y - (y - view[1]) * ratio, wide, view[3] * ratio];
    scale();
  }
  const middle = () => (picked !== null ? [M.x[picked], M.y[picked]] : [view[0] + view[2] / 2, view[1] + view[3] / 2]);
  byId("map-in").addEventListener("click", () => zoom(0.6, ...middle()));
  byId("map-out").addEventListener("click", () => zoom(1 / 0.6, ...middle()));
  byId("map-all").addEventListener("click", () => { view = whole.slice(); scale(); });
  window.addEventListener("resize", scale);
  window.addEventListener("beforeprint", scale);

  function place(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    return [at.x, at.y];
  }
  let dragged = null, moved = false;
  picture.addEventListener("pointerdown", (event) => { dragged = [event.clientX, event.clientY]; moved = false; });
  picture.addEventListener("pointermove", (event) => {
    if (dragged === null || view[2] >= whole[2]) return;
    const unit = 1 / picture.getScreenCTM().a;
    const dx = (event.clientX - dragged[0]) * unit, dy = (event.clientY - dragged[1]) * unit;
    if (!moved && Math.hypot(dx, dy) < 4 * unit) return;
    moved = true;
    dragged = [event.clientX, event.clientY];
    view[0] -= dx;
    view[1] -= dy;
    scale();
  });
  for (const end of ["pointerup", "pointerleave", "pointercancel"]) picture.addEventListener(end, () => { dragged = null; });
  picture.addEventListener("click", (event) => {
    if (moved) return;
    const [x, y] = place(event);
    let best = 0, least = Infinity;
    for (let i = 0; i < M.bus.length; i += 1) {
      const far = Math.hypot(M.x[i] - x, M.y[i] - y);
      if (far < least) { least = far; best = i; }
    }
    pick(best);
  });

  const shows = byId("map-shows");
  shows.hidden = worth === null;
  const pu = (code) => D.scales.pu[0] + (code - 2) * D.scales.pu[1];
  const share = (bus, t) => (rowOf.has(bus) ? worth[rowOf.get(bus) * T + t] / D.scales.worth : 0);

  function busClass(bus, t) {
    const code = volt[bus * T + t];
    if (beyond[bus * T + t]) return "b bx";
    if (code === 0) return "b bd";
    if (shows.value === "worth") return `b w${Math.min(4, Math.floor(5 * share(bus, t)))}`;
    if (code === 1) return "b bu";
    const v = pu(code);
    return "b b" + (v < 0.95 ? 0 : v < 0.98 ? 1 : v <= 1.02 ? 2 : v <= 1.05 ? 3 : 4);
  }
  function loading(i, t) {
    const code = flow[i * T + t];
    return code > 250 ? null : M.branch.peak[i] * code / 250;
  }
  function lineClass(i, t) {
    const code = flow[i * T + t], rating = M.branch.rating[i];
    if (code === 255) return "l lo";
    if (code === 254) return "l ld";
    const part = rating ? loading(i, t) / rating : 0;
    return part > 1.000001 ? "l l3" : part > 0.8 ? "l l2" : part > 0.5 ? "l l1" : "l";
  }
  const seen = new Map();
  const dress = (node, look) => { if (seen.get(node) !== look) { seen.set(node, look); node.setAttribute("class", look); } };
  const TURNED = ["M0 0", "M3 0L7 8H-1Z", "M3 8L-1 0H7Z"];

  function draw(t) {
    lines.forEach((node, i) => dress(node, lineClass(i, t)));
    dots.forEach((node, i) => dress(node, busClass(i, t)));
    loads.forEach(([node, load]) => dress(node, "m m" + stateOf(load, t)));
    wheels.forEach((node, i) => {
      const doing = cars[i * T + t];
      dress(node, "m car" + doing);
      node.setAttribute("d", TURNED[doing]);
    });
    tell(t);
  }

  function tell(t) {
    let live = 0, low = Infinity, full = 0, over = 0, whose = "", most = "";
    for (let i = 0; i < M.bus.length; i += 1) {
      const code = volt[i * T + t];
      if (code > 0) live += 1;
      if (code > 1 && pu(code) < low) { low = pu(code); whose = M.bus[i]; }
      over += beyond[i * T + t];
    }
    for (let i = 0; i < M.branch.name.length; i += 1) {
      const kva = loading(i, t), part = kva !== null && M.branch.rating[i] ? kva / M.branch.rating[i] : 0;
      if (part > full) { full = part; most = M.branch.name[i]; }
    }
    const said = [`${live} of ${counted(M.bus.length, "bus", "buses")} live`];
    if (low < Infinity) said.push(`lowest voltage ${fixed(low, 2)} p.u. at ${whose}`);
    if (most) said.push(`highest loading ${fixed(100 * full, 0)} % on ${most}`);
    if (over) said.push(`${over} beyond a voltage limit`);
    byId("map-told").textContent = said.join("; ") + "." + (picked === null ? " Tap a bus to read more." : " " + busTold(picked, t));
  }
  function busTold(bus, t) {
    const code = volt[bus * T + t], said = [];
    said.push(code === 0 ? "dead" : code === 1 ? "live" : `live at ${fixed(pu(code), 2)} p.u.`);
    M.loads.forEach((where, load) => { if (where === bus) said.push(`load ${D.loads.name[load]} ${STATES[stateOf(load, t)]}`); });
    M.sources.bus.forEach((where, i) => { if (where === bus) said.push(`${M.sources.kind[i]} ${M.sources.name[i]}`); });
    M.branch.from.forEach((a, i) => {
      if (a !== bus && M.branch.to[i] !== bus) return;
      const other = M.bus[a === bus ? M.branch.to[i] : a], code2 = flow[i * T + t], kva = loading(i, t), rating = M.branch.rating[i];
      const how = code2 === 255 ? "open" : code2 === 254 ? "dead" : `${fixed(kva, 1)} kVA a phase` + (rating ? ` of ${fixed(rating, 0)}` : "");
      said.push(`${["line", "transformer"][M.branch.kind[i]]} ${M.branch.name[i]} to ${other}: ${how}`);
    });
    if (worth) said.push(`one more kWh is worth ${fixed(share(bus, t) * D.prices.top, 3)} h`);
    return `Bus ${M.bus[bus]}: ${said.join("; ")}.`;
  }
  function pick(bus) {
    picked = bus;
    put(ring, { cx: M.x[bus], cy: M.y[bus], visibility: "visible" });
    tell(now);
  }
  byId("map-find").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    if (!wanted) return;
    const among = (list) => { const exact = list.findIndex((one) => one.toLowerCase() === wanted); return exact >= 0 ? exact : list.findIndex((one) => one.toLowerCase().includes(wanted)); };
    let bus = among(M.bus);
    if (bus < 0) { const load = among(D.loads.name); bus = load < 0 ? -1 : M.loads[load]; }
    if (bus < 0) { const line = among(M.branch.name); bus = line < 0 ? -1 : M.branch.from[line]; }
    if (bus >= 0) pick(bus);
  });

  const shared = [["bd", "dead"], ["bx", "beyond a limit"], ["m m1", "critical load served"], ["m m2", "in part"],
    ["m m3", "dark"], ["m m4", "off, its day kept"], ["src", "N, G, B, S: grid, generator, battery, sun"], ["car1", "▲ cars give"], ["car2", "▽ cars charge"]];
  const scaleKeys = () => keys(byId("map-keys"), [...(shows.value === "worth"
    ? [["w0", "worth little"], ["w2", "half of the highest"], ["w4", `up to ${fixed(D.prices.top, 2)} h a kWh`]]
    : [["b0", "below 0.95 p.u."], ["b1", "to 0.98"], ["b2", "to 1.02"], ["b3", "to 1.05"], ["b4", "above"]]), ...shared]);
  shows.addEventListener("change", () => { scaleKeys(); draw(now); });
  scaleKeys();
  byId("map").hidden = false;
  byId("map").insertBefore(html("p", { class: "note" }, (M.surveyed ? "Where buses are by their coordinates. "
    : "No coordinates: buses stand in layers, from the sources outwards. ")
    + "Dashed: dead. Dotted: open. Thicker: above 50, above 80 % of the rating; red: beyond it."), byId("map-box"));
  scale();
  follow(draw);
  return { pu, volt, loading };
}
