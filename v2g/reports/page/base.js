/* Data of the page, and how elements are made: text only ever becomes text. */
const D = JSON.parse(document.getElementById("data").textContent);
const T = D.points.x.length - 1;
const byId = (name) => document.getElementById(name);

function bytesOf(text) {
  const raw = atob(text), found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) found[i] = raw.charCodeAt(i);
  return found;
}

/* Packed whole numbers: bytes, runs of (length - 1, value), or little-endian words of 32 bits. */
function unpacked(packed) {
  if (packed.u32 !== undefined) {
    const view = new DataView(bytesOf(packed.u32).buffer), found = new Uint32Array(packed.n);
    for (let i = 0; i < packed.n; i += 1) found[i] = view.getUint32(4 * i, true);
    return found;
  }
  if (packed.raw !== undefined) return bytesOf(packed.raw);
  const runs = bytesOf(packed.runs), found = new Uint8Array(packed.n);
  for (let i = 0, at = 0; i < runs.length; i += 2) {
    found.fill(runs[i + 1], at, at + runs[i] + 1);
    at += runs[i] + 1;
  }
  return found;
}

function put(node, attributes, inside) {
  for (const key of Object.keys(attributes || {})) {
    if (attributes[key] !== null && attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
  }
  for (const one of inside || []) node.append(one);
  return node;
}
const html = (name, attributes, ...inside) => put(document.createElement(name), attributes, inside);
const svg = (name, attributes, ...inside) => put(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, inside);
const name = (text) => html("bdi", {}, text);
const word = (coded, row) => coded.words[coded.at[row]];
const fixed = (value, places) => value.toLocaleString("en", { minimumFractionDigits: places, maximumFractionDigits: places });
const counted = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

const OFF = 4;
const STATES = ["needs nothing then", "served", "in part", "dark", "asks, but is off then; its day is kept"];
const loadState = unpacked(D.loads.state);
const stateOf = (load, t) => loadState[load * T + t];

/* Keys of colours: [class or colour, words]. */
function keys(list, entries) {
  list.replaceChildren(...entries.map(([look, said]) => {
    const box = svg("rect", { width: "100%", height: "100%", [look[0] === "#" ? "fill" : "class"]: look });
    return html("li", {}, svg("svg", { class: "key" }, box), " " + said);
  }));
}
