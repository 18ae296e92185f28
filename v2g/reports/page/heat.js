/* A map of rows over time on a canvas: several rows to a pixel where there are many; marked where something is amiss. */
const CIVIDIS = [[0, 32, 77], [62, 73, 109], [124, 123, 120], [187, 173, 108], [255, 234, 70]];
const BLUES = [[247, 251, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]];

function shade(palette, share) {
  const place = Math.max(0, Math.min(0.9999, share)) * (palette.length - 1), low = Math.floor(place), part = place - low;
  return palette[low].map((one, i) => Math.round(one + part * (palette[low + 1][i] - one)));
}
const colour = (palette, share) => `#${shade(palette, share).map((one) => one.toString(16).padStart(2, "0")).join("")}`;

function heat(box, rows, value, amiss, palette, tell) {
  const canvas = byId(`${box}-heat`), told = byId(`${box}-told`), shades = [];
  for (let i = 0; i <= 100; i += 1) shades.push(shade(palette, i / 100));
  let row = 0;
  const tall = Math.min(rows, 2000);

  /* One pixel for each interval and (few) rows; the browser stretches it. The mean of the rows, any that is amiss. */
  canvas.width = T;
  canvas.height = tall;
  canvas.style.height = `${Math.max(60, Math.min(320, 14 * rows))}px`;
  canvas.style.imageRendering = rows < 2000 ? "pixelated" : "auto";
  const image = canvas.getContext("2d").createImageData(T, tall);
  for (let y = 0; y < tall; y += 1) {
    const first = Math.floor(y * rows / tall), last = Math.max(first + 1, Math.floor((y + 1) * rows / tall));
    for (let t = 0; t < T; t += 1) {
      let sum = 0, wrong = false;
      for (let r = first; r < last; r += 1) { sum += value(r, t); wrong = wrong || amiss(r, t); }
      const rgb = wrong ? [213, 0, 0] : shades[Math.round(100 * Math.max(0, Math.min(1, sum / (last - first))))];
      const at = 4 * (y * T + t);
      image.data[at] = rgb[0]; image.data[at + 1] = rgb[1]; image.data[at + 2] = rgb[2]; image.data[at + 3] = 255;
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  const draw = (t) => { told.textContent = tell(row, t); };
  canvas.addEventListener("click", (event) => {
    const size = canvas.getBoundingClientRect();
    row = Math.max(0, Math.min(rows - 1, Math.floor(rows * (event.clientY - size.top) / size.height)));
    setNow(intervalAt((event.clientX - size.left) / size.width));
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1, PageUp: -25, PageDown: 25 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    row = Math.max(0, Math.min(rows - 1, row + step));
    draw(now);
  });
  byId(box).hidden = false;
  follow(draw);
}
