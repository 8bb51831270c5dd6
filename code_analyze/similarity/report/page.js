"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const colors = ["#ffe3a8", "#c9e7c4", "#cfe0ff", "#f7cfd8", "#e2d4f7", "#c8ebee", "#f3dcc3", "#dfe8a9", "#e8cfe9", "#d3d9e0"];
let hidden = false;

function label(index) { return hidden ? "submission " + (index + 1) : data.names[index]; }
function element(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}
function renameAll() {
  for (const each of document.querySelectorAll("[data-name]")) each.textContent = label(Number(each.dataset.name));
}
document.getElementById("hide").addEventListener("change", function () {
  hidden = this.checked;
  renameAll();
  if (!view.hidden) show(Number(view.dataset.pair));
  drawHeat();
});

const view = document.getElementById("view");
function listed(parent, title, entries) {
  if (!entries.length) return;
  parent.append(element("strong", title));
  const list = element("ul");
  for (const entry of entries) list.append(element("li", entry));
  parent.append(list);
}
function mask(text) {
  if (!hidden) return text;
  data.names.forEach(function (name, index) { text = text.split(name).join(label(index)); });
  return text.replace(/\d{6,}/g, "(number hidden)").replace(/Name\s*[:\uff1a].*?(?=Student|$)/i, "(name hidden) ");
}
function side(pair, first) {
  const index = first ? pair.a : pair.b;
  const box = element("div");
  box.append(element("h3", label(index)));
  const stored = data.files[index] || {};
  for (const path of Object.keys(stored)) {
    const file = stored[path];
    const own = new Set(file.own);
    const color = new Map();
    pair.blocks.forEach(function (b, n) {
      const where = first ? b[2] : b[5];
      if (where !== path) return;
      for (let line = first ? b[3] : b[6]; line <= (first ? b[4] : b[7]); line++) {
        if (own.has(line) && !color.has(line)) color.set(line, n);
      }
    });
    const marked = pair.blocks.some(b => (first ? b[2] : b[5]) === path);  // a public source has files of its own
    if (!marked && !pair.parts.some(p => path.endsWith(p[0].split(":")[0]) || p[0].indexOf("/") < 0)) continue;
    box.append(element("div", path, "file"));
    const pre = element("pre");
    let skipped = 0;
    const near = line => { for (let d = -3; d <= 3; d++) if (own.has(line + d)) return true; return false; };
    file.lines.forEach(function (textIndex, i) {
      const line = i + 1;
      if (!near(line)) { skipped++; return; }
      if (skipped) { pre.append(element("span", "... " + skipped + " lines of the starter", "fold")); skipped = 0; }
      const row = element("span", undefined, own.has(line) ? "" : "given");
      row.append(element("span", String(line).padStart(4), "number"));
      row.append(document.createTextNode(mask(data.lines[textIndex])));
      if (color.has(line)) {
        row.style.background = colors[color.get(line) % colors.length];
        row.dataset.block = color.get(line);
      }
      pre.append(row);
    });
    if (skipped) pre.append(element("span", "... " + skipped + " lines of the starter", "fold"));
    box.append(pre);
  }
  return box;
}
function show(number) {
  const pair = data.pairs[number];
  view.replaceChildren();
  view.dataset.pair = number;
  const close = element("button", "Close");
  close.addEventListener("click", function () { view.hidden = true; });
  view.append(close, element("h2", label(pair.a) + "  and  " + label(pair.b)));
  listed(view, "Why it is here", pair.reasons.map(mask));
  listed(view, "Declared", pair.declared.map(mask));
  listed(view, "Supporting only: what few others have", pair.supporting.map(mask));
  const chips = element("div", undefined, "chips");
  pair.blocks.forEach(function (b, n) {
    const has = b[8] === 0 ? "none of the " + data.others + " others" : b[8] + " of " + data.others + " others";
    const chip = element("button", b[0] + ", " + b[1] + ": " + has, "chip");
    chip.style.background = colors[n % colors.length];
    chip.addEventListener("click", function () {
      const row = view.querySelector('[data-block="' + n + '"]');
      if (row) row.scrollIntoView({ block: "center" });
    });
    chips.append(chip);
  });
  view.append(element("p", "Passages of one colour match; grey lines are the starter's.", "soft"), chips);
  const sides = element("div", undefined, "sides");
  sides.append(side(pair, true), side(pair, false));
  view.append(sides);
  view.hidden = false;
  view.scrollTop = 0;
}
for (const button of document.querySelectorAll("button[data-pair]")) {
  button.addEventListener("click", function () { show(Number(button.dataset.pair)); });
}
document.addEventListener("keydown", function (event) { if (event.key === "Escape") view.hidden = true; });

function drawHeat() {
  const box = document.getElementById("heats");
  box.replaceChildren();
  const order = data.heat.order, size = order.length;
  for (const name of Object.keys(data.heat.maps).sort((a, b) => (a === "all regions" ? -1 : b === "all regions" ? 1 : a < b ? -1 : 1))) {
    const entry = data.heat.maps[name], bytes = atob(entry[0]);
    const figure = element("figure"), canvas = element("canvas");
    canvas.width = canvas.height = size;
    const context = canvas.getContext("2d"), image = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) {
      const v = bytes.charCodeAt(i) / 255;
      image.data[4 * i] = 255 - 92 * v; image.data[4 * i + 1] = 255 - 195 * v; image.data[4 * i + 2] = 255 - 224 * v;
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    const caption = element("figcaption", name + (data.titles[name] ? " " + data.titles[name] : "") + " (darkest: " + entry[1] + ")");
    const told = element("figcaption", "\u00a0", "soft");
    canvas.addEventListener("mousemove", function (event) {
      const r = canvas.getBoundingClientRect();
      const x = Math.floor((event.clientX - r.left) / r.width * size), y = Math.floor((event.clientY - r.top) / r.height * size);
      if (x >= 0 && y >= 0 && x < size && y < size) {
        told.textContent = label(order[y]) + " / " + label(order[x]) + ": " + (bytes.charCodeAt(y * size + x) / 255 * entry[1]).toFixed(1);
      }
    });
    figure.append(canvas, caption, told);
    box.append(figure);
  }
}
drawHeat();
