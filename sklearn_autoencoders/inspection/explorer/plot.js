// The scatter plot: visible region and drawing of samples.

// Colors that color-blind readers can distinguish; they are repeated with another shape.
const COLORS = content.colors.classes;
const SHAPES = ["circle", "triangle", "square"];
// Eleven colors of the color map cividis, which is suitable for all types of color vision.
const SEQUENTIAL = [
  "#00224e", "#083370", "#35456c", "#4f576c", "#666970", "#7d7c78",
  "#948e77", "#aea371", "#c8b866", "#e5cf52", "#fee838",
];
const STEPS = 64;
const FONT = "12px system-ui, sans-serif";
const MARGIN = { left: 44, right: 14, top: 14, bottom: 44 }; // left is adapted to the tick labels
const FURTHEST = 400; // maximum zoom factor

const canvas = document.getElementById("plot");
const pen = canvas.getContext("2d");
const view = { across: 0, up: 1, x: [0, 1], y: [0, 1], width: 0, height: 0 };

function rgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

const MISSING = rgb(content.colors.missing);

function sequential(share) {
  const place = Math.min(Math.max(share, 0), 1) * (SEQUENTIAL.length - 1);
  const below = Math.min(Math.floor(place), SEQUENTIAL.length - 2);
  const [from, to] = [rgb(SEQUENTIAL[below]), rgb(SEQUENTIAL[below + 1])];
  return `rgb(${from.map((part, k) => Math.round(part + (place - below) * (to[k] - part)))})`;
}

function themed(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function showWhole() {
  const [across, up] = [content.axes[view.across], content.axes[view.up]];
  Object.assign(view, { x: [across.low, across.high], y: [up.low, up.high] });
}

function plotWidth() {
  return view.width - MARGIN.left - MARGIN.right;
}

function plotHeight() {
  return view.height - MARGIN.top - MARGIN.bottom;
}

function toScreen(x, y) {
  return [
    MARGIN.left + ((x - view.x[0]) / (view.x[1] - view.x[0])) * plotWidth(),
    MARGIN.top + ((view.y[1] - y) / (view.y[1] - view.y[0])) * plotHeight(),
  ];
}

function toPlane(left, top) {
  return [
    view.x[0] + ((left - MARGIN.left) / plotWidth()) * (view.x[1] - view.x[0]),
    view.y[1] - ((top - MARGIN.top) / plotHeight()) * (view.y[1] - view.y[0]),
  ];
}

function whereRow(row) {
  return [content.axes[view.across].values[row], content.axes[view.up].values[row]];
}

function middle() {
  return [(view.x[0] + view.x[1]) / 2, (view.y[0] + view.y[1]) / 2];
}

function nearness() {
  const { low, high } = content.axes[view.across];
  return (high - low) / (view.x[1] - view.x[0]);
}

// Arguments are fractions of the width and the height of the visible region.
function pan(right, up) {
  const [dx, dy] = [right * (view.x[1] - view.x[0]), up * (view.y[1] - view.y[0])];
  view.x = view.x.map((end) => end + dx);
  view.y = view.y.map((end) => end + dy);
}

function zoom(factor, centre = middle()) {
  const allowed = Math.min(Math.max(nearness() * factor, 0.25), FURTHEST) / nearness();
  view.x = view.x.map((end) => centre[0] + (end - centre[0]) / allowed);
  view.y = view.y.map((end) => centre[1] + (end - centre[1]) / allowed);
}

function colorOf(coloring, row) {
  if (!coloring.values) return 0;
  const value = coloring.values[row];
  if (coloring.classes) return value === coloring.unknown ? -1 : value;
  if (!Number.isFinite(value)) return -1;
  const span = coloring.high - coloring.low || 1;
  return Math.round(Math.min(Math.max((value - coloring.low) / span, 0), 1) * (STEPS - 1));
}

function fillOf(coloring, step) {
  const isScale = coloring.values && !coloring.classes;
  return isScale ? sequential(step / (STEPS - 1)) : COLORS[step % COLORS.length];
}

function shapeOf(coloring, step) {
  return coloring.classes && step > 0 ? SHAPES[Math.floor(step / COLORS.length) % 3] : "circle";
}

function tracePath(target, shape, x, y, radius) {
  target.beginPath();
  if (shape === "circle") target.arc(x, y, radius, 0, 2 * Math.PI);
  if (shape === "square") target.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
  if (shape === "triangle") {
    target.moveTo(x, y - radius * 1.15);
    target.lineTo(x + radius * 1.1, y + radius * 0.85);
    target.lineTo(x - radius * 1.1, y + radius * 0.85);
    target.closePath();
  }
}

// A sample with a missing label is a ring, because grey is one of the colors.
function fillMark(target, coloring, step) {
  target.fillStyle = step < 0 ? themed("surface") : fillOf(coloring, step);
  target.fill();
  const edge = nRows > 2000 ? 0.5 : 0.75;
  const [lineWidth, name] = step < 0 ? [1.5, "quiet"] : [edge, "edge"];
  Object.assign(target, { lineWidth, strokeStyle: themed(name) });
  target.stroke();
}

// A mark is drawn once and then copied, which is faster than drawing five thousand circles.
function markOf(coloring, step, radius, density) {
  const mark = document.createElement("canvas");
  const size = Math.ceil((radius * 2.4 + 3) * density);
  [mark.width, mark.height] = [size, size];
  const target = mark.getContext("2d");
  target.scale(density, density);
  tracePath(target, shapeOf(coloring, step), size / density / 2, size / density / 2, radius);
  fillMark(target, coloring, step);
  return mark;
}

function radiusNow() {
  const base = (nRows > 2000 ? 3 : nRows > 400 ? 3.75 : 4.75) * (view.width < 500 ? 0.8 : 1);
  return base * Math.min(Math.max(nearness() ** 0.25, 0.8), 2);
}

function ticks([low, high], room) {
  const rough = (high - low) / Math.max(Math.floor(room / 80), 2);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((size) => size * power >= rough) * power;
  const digits = Math.min(Math.max(-Math.floor(Math.log10(step)), 0), 20);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) found.push(k * step);
  const isExtreme = Math.abs(high) >= 1e6 || step < 1e-5;
  return found.map((value) => {
    if (Math.abs(value) < step / 2) return [value, "0"];
    return [value, signed(isExtreme ? powered(value, 3) : value.toFixed(digits))];
  });
}

function clipToPlot() {
  pen.save();
  pen.beginPath();
  pen.rect(MARGIN.left, MARGIN.top, plotWidth(), plotHeight());
  pen.clip();
}

function fitCanvas() {
  const density = window.devicePixelRatio || 1;
  const { clientWidth, clientHeight } = canvas;
  Object.assign(view, { width: clientWidth, height: clientHeight });
  const [width, height] = [Math.round(clientWidth * density), Math.round(clientHeight * density)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  pen.setTransform(density, 0, 0, density, 0, 0);
  return density;
}

function line(x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

function shortened(text, room) {
  if (pen.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > room) length--;
  return `${text.slice(0, length)}…`;
}

// The left margin is adapted to the tick labels of the vertical axis.
function ticksUp() {
  const found = content.axes[view.up].is_spread ? [] : ticks(view.y, plotHeight());
  pen.font = FONT;
  MARGIN.left = 34 + Math.max(10, ...found.map(([, text]) => pen.measureText(text).width));
  return found;
}

function drawAxes() {
  const up = ticksUp();
  const [right, bottom] = [view.width - MARGIN.right, view.height - MARGIN.bottom];
  Object.assign(pen, { lineWidth: 1, strokeStyle: themed("grid") });
  Object.assign(pen, { fillStyle: themed("quiet"), textAlign: "center", textBaseline: "top" });
  for (const [value, text] of ticks(view.x, plotWidth())) {
    const left = Math.round(toScreen(value, 0)[0]) + 0.5;
    line(left, MARGIN.top, left, bottom);
    pen.fillText(text, left, bottom + 6);
  }
  Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
  for (const [value, text] of up) {
    const top = Math.round(toScreen(0, value)[1]) + 0.5;
    line(MARGIN.left, top, right, top);
    pen.fillText(text, MARGIN.left - 7, top);
  }
  Object.assign(pen, { textAlign: "center", textBaseline: "bottom", fillStyle: themed("text") });
  const centre = MARGIN.left + plotWidth() / 2;
  pen.fillText(shortened(content.axes[view.across].name, plotWidth()), centre, view.height - 6);
  pen.save();
  pen.translate(6, MARGIN.top + plotHeight() / 2);
  pen.rotate(-Math.PI / 2);
  pen.textBaseline = "top";
  pen.fillText(shortened(content.axes[view.up].name, plotHeight()), 0, 0);
  pen.restore();
}

// Codes outside this frame are not decoded.
function drawReach() {
  if (!planeOf(view.across, view.up)) return;
  const [across, up] = [content.axes[view.across], content.axes[view.up]];
  const [[left, top], [right, bottom]] = [toScreen(across.low, up.high), toScreen(across.high, up.low)];
  Object.assign(pen, { lineWidth: 1, strokeStyle: themed("line") });
  pen.setLineDash([4, 4]);
  pen.strokeRect(left, top, right - left, bottom - top);
  pen.setLineDash([]);
}

function drawRows(coloring, density) {
  const radius = radiusNow();
  const marks = new Map();
  for (let row = 0; row < nRows; row++) {
    if (isHidden(coloring, row)) continue;
    const [left, top] = toScreen(...whereRow(row));
    if (left < 0 || top < 0 || left > view.width || top > view.height) continue;
    const step = colorOf(coloring, row);
    if (!marks.has(step)) marks.set(step, markOf(coloring, step, radius, density));
    const mark = marks.get(step);
    const size = mark.width / density;
    pen.drawImage(mark, left - size / 2, top - size / 2, size, size);
  }
}

function isHidden(coloring, row) {
  return Boolean(coloring.classes && coloring.hidden.has(coloring.values[row]));
}

function drawRing(coloring, row) {
  const [left, top] = toScreen(...whereRow(row));
  const step = colorOf(coloring, row);
  tracePath(pen, shapeOf(coloring, step), left, top, radiusNow() * 1.4);
  fillMark(pen, coloring, step);
  pen.beginPath();
  pen.arc(left, top, radiusNow() * 1.4 + 4, 0, 2 * Math.PI);
  Object.assign(pen, { lineWidth: 2, strokeStyle: themed("text") });
  pen.stroke();
}

function drawCross(x, y, arm, color, width) {
  const [left, top] = toScreen(x, y);
  for (const [style, extra] of [[themed("surface"), 3], [color, 0]]) {
    Object.assign(pen, { strokeStyle: style, lineWidth: width + extra, lineCap: "round" });
    line(left - arm, top, left + arm, top);
    line(left, top - arm, left, top + arm);
  }
  pen.lineCap = "butt";
}

// The sample nearest to a position on the screen, within a maximum distance; -1 if none.
function rowAt(coloring, left, top, reach) {
  let [nearest, least] = [-1, reach * reach];
  for (let row = 0; row < nRows; row++) {
    if (isHidden(coloring, row)) continue;
    const [x, y] = toScreen(...whereRow(row));
    const distance = (x - left) ** 2 + (y - top) ** 2;
    if (distance < least) [nearest, least] = [row, distance];
  }
  return nearest;
}
