/* The time that everything on the page is shown at: one interval, moved by a slider, by playing, or by a tap on a strip. */
let now = D.at;
const followers = [];

function follow(show) { followers.push(show); }

function setNow(t) {
  now = Math.max(0, Math.min(T - 1, t));
  const from = D.points.local[now], utc = D.points.utc[now];
  const said = from.endsWith(" UTC") ? from : `${from} (${utc})`;
  byId("time").value = now;
  byId("time").setAttribute("aria-valuetext", said);
  byId("time-words").textContent = said;
  for (const note of document.querySelectorAll(".at")) note.textContent = ` at ${said}`;
  for (const show of followers) show(now);
}

/* The interval at a share of the axis, by halving. */
function intervalAt(share) {
  let low = 0, high = T - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (D.points.x[middle] <= share) low = middle; else high = middle - 1;
  }
  return low;
}

function tapped(node) {
  node.addEventListener("click", (event) => {
    const box = node.getBoundingClientRect();
    setNow(intervalAt((event.clientX - box.left) / box.width));
  });
}

function cursors() {
  const marks = [];
  for (const strip of document.querySelectorAll("svg.strip")) {
    const mark = svg("rect", { class: "now", y: 0, height: "100%" });
    strip.append(mark);
    marks.push(mark);
    tapped(strip);
  }
  follow((t) => {
    const left = `${100 * D.points.x[t]}%`, width = `${100 * (D.points.x[t + 1] - D.points.x[t])}%`;
    for (const mark of marks) { mark.setAttribute("x", left); mark.setAttribute("width", width); }
  });
}

let playing = null;
function play() {
  if (playing !== null) {
    clearInterval(playing);
    playing = null;
  } else {
    playing = setInterval(() => setNow(now + 1 < T ? now + 1 : 0), 500);
  }
  byId("play").textContent = playing === null ? "▶" : "❚❚";
  byId("play").setAttribute("aria-label", playing === null ? "play" : "stop");
}

/* What holds at a time, in a line: loads by tier, what gives, what is left. */
function stateLine(t) {
  const parts = [], L = D.loads;
  for (let i = 0; i < L.critical;) {
    let asked = 0, full = 0, off = 0;
    const tier = L.tier[i];
    for (; i < L.critical && L.tier[i] === tier; i += 1) {
      const state = stateOf(i, t);
      if (state > 0) asked += 1;
      if (state === 1) full += 1;
      if (state === OFF) off += 1;
    }
    if (asked) parts.push(`tier ${tier}: ${full} of ${asked} served${off ? `, ${off} off (day kept)` : ""}`);
  }
  const given = D.supply.reduce((sum, one) => sum + one.kw[t], 0);
  parts.push(`${fixed(given, 1)} kW given`);
  parts.push(`fleet ${fixed(D.fleet.energy[t], 0)} kWh, kept for drivers ${fixed(D.fleet.reserve[t], 0)} kWh`);
  return parts.join("; ") + ".";
}

/* A page that was made some time ago grows old in the hand of its reader, unless its time was set by hand. */
function grow() {
  const clock = Date.now(), note = byId("age");
  if (D.pinned || clock < D.points.ms[1]) return;
  note.className = "stale";
  note.textContent = clock < D.points.ms[T]
    ? "STALE: by the clock of this device its first interval is over. Ask for a newer plan before acting on this one."
    : "STALE: by the clock of this device all of it is over. Do not act on it.";
}
