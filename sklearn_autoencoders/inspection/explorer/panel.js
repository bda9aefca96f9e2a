// The panel with details of a sample or of a decoded position, and the legend.

const byId = (id) => document.getElementById(id);

// User-defined texts are only inserted here, as text and not as HTML.
function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

// Levels of pixels can be fractional; levels above BRIGHTEST are missing values.
function paint(target, levels, { height, width, channels }, longest) {
  Object.assign(target, { width, height });
  const pixels = new ImageData(width, height);
  for (let k = 0; k < width * height; k++) {
    const parts = Array.from({ length: 3 }, (_, c) => levels[k * channels + (c % channels)]);
    const isKnown = parts.every((level) => level <= BRIGHTEST);
    const colors = isKnown ? parts.map((level) => (level / BRIGHTEST) * 255) : MISSING;
    pixels.data.set([...colors.map(Math.round), 255], k * 4);
  }
  target.getContext("2d").putImageData(pixels, 0, 0);
  const size = longest / Math.max(width, height);
  target.style.width = `${Math.round(width * size)}px`;
  target.style.height = `${Math.round(height * size)}px`;
  target.style.imageRendering = "pixelated";
}

function levelsOf(row) {
  const size = content.images.height * content.images.width * content.images.channels;
  return content.images.values.subarray(row * size, (row + 1) * size);
}

function cellRow(name, value, [low, high]) {
  const line = element("tr");
  const heading = element("th", name);
  heading.scope = "row";
  line.append(heading, element("td", written(value), Number.isNaN(value) ? "number missing" : "number"));
  const cell = line.appendChild(element("td"));
  cell.setAttribute("aria-hidden", "true");
  const track = cell.appendChild(element("span", "", "track"));
  if (Number.isFinite(value) && high > low) {
    const mark = track.appendChild(element("i"));
    mark.style.left = `${Math.min(Math.max((value - low) / (high - low), 0), 1) * 100}%`;
  }
  return line;
}

function showCells(values) {
  byId("values").hidden = !values;
  const rows = (values ?? []).map((value, k) => cellRow(content.columns.names[k], value, columnEnds[k]));
  byId("cells").replaceChildren(...rows);
}

function showPicture(levels, shape, label) {
  byId("picture").hidden = !levels;
  if (!levels) return;
  paint(byId("picture"), levels, shape, 192);
  byId("picture").setAttribute("aria-label", label);
}

// Coordinates of a position, without those on an axis without meaning.
function factsAt(x, y) {
  const axes = [[content.axes[view.across], x], [content.axes[view.up], y]];
  return axes.filter(([axis]) => !axis.is_spread).map(([axis, value]) => [axis.name, written(value)]);
}

function showFacts(facts) {
  const entries = facts.flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
  byId("facts").replaceChildren(...entries);
}

function labelText(row) {
  const { label } = content;
  if (!label) return "";
  const value = label.values[row];
  return `${label.name}: ${label.classes ? label.classes[value] : written(value)}`;
}

function joined(...texts) {
  return texts.filter(Boolean).join(" · ");
}

function describeRow(row, isKept) {
  byId("heading").textContent = joined(rowName(row), labelText(row));
  const score = content.score ? [["score", written(content.score.values[row])]] : [];
  showFacts([...factsAt(...whereRow(row)), ...score]);
  byId("note").textContent = isKept ? "Selected. Click elsewhere to change the selection." : "";
  const { images } = content;
  showPicture(images && levelsOf(row), images, `Image of ${rowName(row)}`);
  showCells(content.columns.names.map((_, k) => columnOf(k)[row]));
}

function describePlace(x, y) {
  const { kind, hint, n_grid: n, others, planes } = content.decoder;
  const found = decodedAt(view.across, view.up, x, y);
  byId("heading").textContent = found ? "Decoded" : "Not decoded";
  showFacts(factsAt(x, y));
  const source = `Interpolated between ${n} × ${n} decoded codes.`;
  const slice = others ? " Other components are set to their medians." : "";
  const beyond = "Codes outside the dashed frame are not decoded.";
  const reason = hint ?? (view.across === view.up ? "Select two different components." : beyond);
  byId("note").textContent = found ? source + slice : reason;
  const isImage = found && kind === "images";
  showPicture(isImage && found, isImage && planes[0], "Decoded image");
  showCells(found && !isImage ? found : null);
}

function describeNothing() {
  const { hint } = content.decoder;
  byId("heading").textContent = "No selection";
  const decoding = hint ?? "Click between samples to decode that position, then drag the cross.";
  byId("note").textContent = `Point at a sample to show it, click to select it. ${decoding}`;
  showFacts([]);
  showPicture(null);
  showCells(null);
}

// Position of the tooltip: right or left of the sample, or above or below it if there is no space.
function tipPlace([x, y], width, height) {
  const within = (place, size, room) => Math.max(Math.min(place, room - size - 4), 4);
  const beside = within(y - height / 2, height, view.height);
  if (x + 18 + width < view.width) return [x + 14, beside];
  if (x - 18 - width > 0) return [x - 14 - width, beside];
  const above = y - 16 - height;
  return [within(x - width / 2, width, view.width), above > 4 ? above : y + 16];
}

function showTip(row) {
  const tip = byId("tip");
  tip.hidden = row < 0;
  if (row < 0) return;
  tip.replaceChildren();
  if (content.images) paint(tip.appendChild(element("canvas")), levelsOf(row), content.images, 44);
  tip.append(element("span", joined(rowName(row), labelText(row))));
  const [left, top] = tipPlace(toScreen(...whereRow(row)), tip.offsetWidth, tip.offsetHeight);
  tip.style.left = `${left}px`;
  tip.style.top = `${top}px`;
}

function classEntry(coloring, place, whenChanged) {
  const step = place === coloring.unknown ? -1 : place;
  const count = coloring.values.reduce((sum, value) => sum + (value === place), 0);
  const entry = element("button");
  entry.type = "button";
  entry.title = `${count} samples. Click to hide or show them.`;
  entry.setAttribute("aria-pressed", String(!coloring.hidden.has(place)));
  const mark = markOf(coloring, step, 5, 2);
  entry.append(mark, element("span", coloring.classes[place]));
  entry.addEventListener("click", () => {
    if (!coloring.hidden.delete(place)) coloring.hidden.add(place);
    entry.setAttribute("aria-pressed", String(!coloring.hidden.has(place)));
    whenChanged();
  });
  return entry;
}

function scaleEntry({ low, high, below, above }) {
  const scale = element("span", "", "scale");
  const bar = element("span", "", "bar");
  bar.style.background = `linear-gradient(to right, ${SEQUENTIAL.join(", ")})`;
  const ends = [(below ? "≤ " : "") + written(low), (above ? "≥ " : "") + written(high)];
  scale.append(element("span", ends[0]), bar, element("span", ends[1]));
  return scale;
}

function showLegend(coloring, whenChanged) {
  const legend = byId("legend");
  legend.replaceChildren();
  legend.hidden = !coloring.values;
  if (!coloring.values) return;
  legend.append(element("span", coloring.name, "name"));
  if (coloring.classes) {
    legend.append(...coloring.classes.map((_, place) => classEntry(coloring, place, whenChanged)));
    return;
  }
  legend.append(scaleEntry(coloring));
  if (!coloring.nAbsent) return;
  const absent = element("span", "", "absent");
  absent.append(element("span", "", "dot"), element("span", `missing (${coloring.nAbsent})`));
  legend.append(absent);
}
