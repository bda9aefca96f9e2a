// Controls and event handlers of the page.

// shown: the selection. hovered: the sample under the pointer. walking: keys navigate samples.
const state = { coloring: null, hovered: -1, shown: null, walking: false };
const pointers = new Map();
let drag = null;

// ---------------------------------------------------------------------------------- drawing

let isDue = false;
function redraw() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    draw();
  });
}

function draw() {
  const density = fitCanvas();
  pen.clearRect(0, 0, view.width, view.height);
  drawAxes();
  clipToPlot();
  drawReach();
  drawRows(state.coloring, density);
  const { shown, hovered } = state;
  if (shown?.row >= 0) drawRing(state.coloring, shown.row);
  if (hovered >= 0) drawRing(state.coloring, hovered);
  if (canvas.matches(":focus-visible") && !state.walking) {
    drawCross(...middle(), 7, themed("text"), 1.5);
  }
  if (shown?.place) drawCross(...shown.place, 10, themed("accent"), 3);
  pen.restore();
  showTip(hovered);
}

function describe() {
  const { shown, hovered } = state;
  if (hovered >= 0) describeRow(hovered, shown?.row === hovered);
  else if (shown?.row >= 0) describeRow(shown.row, true);
  else if (shown?.place) describePlace(...shown.place);
  else describeNothing();
}

function say(text) {
  byId("status").textContent = text;
}

function factsText() {
  return [...byId("facts").querySelectorAll("dd")].map((fact) => fact.textContent).join(", ");
}

function hover(row) {
  if (row === state.hovered) return;
  state.hovered = row;
  canvas.classList.toggle("over", row >= 0);
  describe();
  redraw();
}

function keep(row) {
  state.shown = { row };
  describe();
  redraw();
  say(`${rowName(row)} selected`);
}

function decode(place) {
  Object.assign(state, { shown: { place }, hovered: -1 });
  describe();
  redraw();
  say(`${byId("heading").textContent} at ${factsText()}`);
}

// ---------------------------------------------------------------------------------- pointers

function placeOf(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left - canvas.clientLeft, event.clientY - box.top - canvas.clientTop];
}

function reachOf(event) {
  return event.pointerType === "touch" ? 20 : 11;
}

function isOnCross([left, top], reach) {
  if (!state.shown?.place) return false;
  const [x, y] = toScreen(...state.shown.place);
  return Math.hypot(x - left, y - top) < reach;
}

function whenDown(event) {
  if (event.button !== 0) return;
  canvas.setPointerCapture(event.pointerId);
  const at = placeOf(event);
  pointers.set(event.pointerId, at);
  drag = { at, hasMoved: pointers.size > 1, isCross: isOnCross(at, reachOf(event) + 3) };
}

function whenMoved(event) {
  const at = placeOf(event);
  if (!drag) {
    hover(rowAt(state.coloring, ...at, reachOf(event)));
    return;
  }
  const before = pointers.get(event.pointerId);
  if (!before) return;
  drag.hasMoved ||= Math.hypot(at[0] - drag.at[0], at[1] - drag.at[1]) > 4;
  if (!drag.hasMoved) return;
  if (pointers.size === 2) pinch(event.pointerId, at);
  else if (drag.isCross) decode(toPlane(...at));
  else pan((before[0] - at[0]) / plotWidth(), (at[1] - before[1]) / plotHeight());
  pointers.set(event.pointerId, at);
  canvas.classList.toggle("moving", !drag.isCross);
  state.hovered = -1;
  redraw();
}

function pinch(moved, at) {
  const [other] = [...pointers].filter(([id]) => id !== moved).map(([, place]) => place);
  const before = pointers.get(moved);
  const factor =
    Math.hypot(at[0] - other[0], at[1] - other[1]) /
    Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1);
  zoom(factor, toPlane((at[0] + other[0]) / 2, (at[1] + other[1]) / 2));
}

function whenUp(event) {
  pointers.delete(event.pointerId);
  if (!drag || pointers.size) return;
  const { hasMoved } = drag;
  drag = null;
  canvas.classList.remove("moving");
  if (hasMoved || event.type === "pointercancel") return;
  state.walking = false;
  const at = placeOf(event);
  const row = rowAt(state.coloring, ...at, reachOf(event));
  if (row >= 0) keep(row);
  else decode(toPlane(...at));
}

function whenWheeled(event) {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 30 : 1;
  zoom(Math.exp(-event.deltaY * lines * 0.0015), toPlane(...placeOf(event)));
  redraw();
}

// ---------------------------------------------------------------------------------- keys

function rowsInView() {
  const seen = ([x, y]) => x >= view.x[0] && x <= view.x[1] && y >= view.y[0] && y <= view.y[1];
  return Array.from({ length: nRows }, (_, row) => row)
    .filter((row) => !isHidden(state.coloring, row) && seen(whereRow(row)))
    .sort((a, b) => whereRow(a)[0] - whereRow(b)[0] || a - b);
}

function walk(step) {
  const rows = rowsInView();
  if (!rows.length) return say("No samples in view.");
  const place = rows.indexOf(state.hovered);
  const start = step > 0 ? 0 : rows.length - 1;
  hover(rows[place < 0 ? start : (place + step + rows.length) % rows.length]);
  return say(joined(rowName(state.hovered), labelText(state.hovered), factsText()));
}

function enterRows() {
  state.walking = true;
  const nearest = rowAt(state.coloring, ...toScreen(...middle()), Infinity);
  const seen = rowsInView();
  hover(seen.includes(nearest) ? nearest : (seen[0] ?? -1));
  say(`${seen.length} samples in view. ${state.hovered >= 0 ? rowName(state.hovered) : ""}`);
  redraw();
}

function leaveRows() {
  state.walking = false;
  hover(-1);
  redraw();
}

function whole() {
  showWhole();
  redraw();
}

function zoomBy(factor) {
  zoom(factor);
  redraw();
}

const KEYS = {
  ArrowLeft: () => pan(-0.1, 0),
  ArrowRight: () => pan(0.1, 0),
  ArrowUp: () => pan(0, 0.1),
  ArrowDown: () => pan(0, -0.1),
  "+": () => zoom(1.25),
  "=": () => zoom(1.25),
  "-": () => zoom(0.8),
  "\u2212": () => zoom(0.8),
  0: showWhole,
  Home: showWhole,
  " ": () => decode(middle()),
  Enter: enterRows,
  Escape: () => Object.assign(state, { shown: null }),
};

const KEYS_AMONG_ROWS = {
  Enter: () => state.hovered >= 0 && keep(state.hovered),
  Escape: leaveRows,
};

function whenKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (state.walking && event.key === "Tab") {
    event.preventDefault();
    walk(event.shiftKey ? -1 : 1);
    return;
  }
  const action = (state.walking && KEYS_AMONG_ROWS[event.key]) || KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
  describe();
  redraw();
}

// ---------------------------------------------------------------------------------- controls

function option(value, text) {
  const made = element("option", text);
  made.value = value;
  return made;
}

function optionGroup(name, options) {
  const group = element("optgroup");
  group.label = name;
  group.append(...options);
  return group;
}

function fillControls() {
  const { label, score, columns, axes } = content;
  const color = byId("color");
  color.append(option("none", "none"));
  if (label) color.append(option("label", label.name));
  if (score) color.append(option("score", "score"));
  const names = columns.names.map((name, place) => option(`column ${place}`, name));
  color.append(optionGroup(columnsText(), names));
  color.value = label ? "label" : score ? "score" : "none";
  for (const id of ["across", "up"]) {
    byId(id).append(...axes.map(({ name }, place) => option(String(place), name)));
    byId(id).value = String(view[id]);
    byId(id).parentElement.hidden = axes.length < 3;
  }
}

function columnsText() {
  const { n_all: nAll } = content.columns;
  return nAll > nColumns ? `First ${nColumns} of ${nAll} features` : "Features";
}

function recolor() {
  state.coloring = makers.get(byId("color").value)();
  showLegend(state.coloring, redraw);
  hover(-1);
  redraw();
}

// The axes are swapped if the component of the other axis is selected.
function chooseAxis(id, other) {
  const chosen = Number(byId(id).value);
  if (chosen === view[other]) view[other] = view[id];
  view[id] = chosen;
  byId(other).value = String(view[other]);
  if (state.shown?.place) state.shown = null;
  showWhole();
  describe();
  redraw();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const other = theme === "dark" ? "Light" : "Dark";
  byId("theme").textContent = other;
  byId("theme").setAttribute("aria-label", `${other} theme`);
  if (state.coloring) showLegend(state.coloring, redraw);
  redraw();
}

function followTheme() {
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => setTheme(preference.matches ? "dark" : "light");
  preference.addEventListener("change", follow);
  byId("theme").addEventListener("click", () => {
    preference.removeEventListener("change", follow);
    setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  });
  follow();
}

function describePage() {
  const { title, estimator, rows } = content;
  byId("title").textContent = title;
  const count = rows.n_all > nRows ? `${nRows} of ${rows.n_all} samples, evenly spaced` : `${nRows} samples`;
  const name = title.includes(estimator) ? "" : estimator;
  byId("subtitle").textContent = joined(name, count, `${content.columns.n_all} features`);
  byId("summary").textContent = columnsText();
  byId("values").open = !content.images;
}

function listen() {
  canvas.addEventListener("pointerdown", whenDown);
  canvas.addEventListener("pointermove", whenMoved);
  canvas.addEventListener("pointerup", whenUp);
  canvas.addEventListener("pointercancel", whenUp);
  canvas.addEventListener("pointerleave", () => !drag && !state.walking && hover(-1));
  canvas.addEventListener("wheel", whenWheeled, { passive: false });
  canvas.addEventListener("keydown", whenKey);
  canvas.addEventListener("focus", redraw);
  canvas.addEventListener("blur", leaveRows);
  byId("color").addEventListener("change", recolor);
  byId("across").addEventListener("change", () => chooseAxis("across", "up"));
  byId("up").addEventListener("change", () => chooseAxis("up", "across"));
  byId("closer").addEventListener("click", () => zoomBy(1.5));
  byId("farther").addEventListener("click", () => zoomBy(1 / 1.5));
  byId("whole").addEventListener("click", whole);
  new ResizeObserver(redraw).observe(canvas);
}

showWhole();
describePage();
fillControls();
recolor();
followTheme();
describe();
listen();
draw();
// For tests and debugging: coordinates and data of the page.
window.latentExplorer = { content, view, state, toScreen, toPlane, whereRow, decodedAt };
document.documentElement.dataset.ready = "true";
