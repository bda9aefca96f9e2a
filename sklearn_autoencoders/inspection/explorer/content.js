// The data of the page and computations on them, without drawing.

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int32: Int32Array, float32: Float32Array };
const BRIGHTEST = 254; // 255 is a missing pixel
const LEVELS = 65535;

// Arrays are stored as base64 of deflated bytes: the first byte of every number, the second, etc.
async function unpack({ type, data }) {
  const packed = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(inflated).arrayBuffer());
  const size = TYPES[type].BYTES_PER_ELEMENT;
  const n = planes.length / size;
  const bytes = new Uint8Array(planes.length);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0; i < n; i++) bytes[i * size + plane] = planes[plane * n + i];
  }
  return new TYPES[type](bytes.buffer);
}

async function unpackAll(part) {
  if (Array.isArray(part)) return Promise.all(part.map(unpackAll));
  if (part === null || typeof part !== "object") return part;
  if (typeof part.data === "string" && part.type in TYPES) return unpack(part);
  const entries = Object.entries(part);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([key, value]) => [key, await unpackAll(value)])),
  );
}

const content = await unpackAll(JSON.parse(document.getElementById("content").textContent));
const nRows = content.rows.places.length;
const nColumns = content.columns.names.length;

// Values are stored with five digits; integers up to this size are stored exactly.
const LARGEST_WHOLE = 2 ** 18;

function written(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "missing" : String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size <= LARGEST_WHOLE) return signed(String(value));
  const isExtreme = size >= 1e7 || size < 1e-3;
  return signed(isExtreme ? powered(value, 4) : String(Number(value.toPrecision(5))));
}

function powered(value, digits) {
  return value.toExponential(digits).replace(/\.?0*e\+?/, "e");
}

function signed(text) {
  return text.replace(/-/g, "\u2212");
}

function rowName(row) {
  return `Sample ${content.rows.names ? content.rows.names[row] : content.rows.places[row]}`;
}

function columnOf(place) {
  return content.columns.values.subarray(place * nRows, (place + 1) * nRows);
}

function known(values) {
  return Array.from(values).filter(Number.isFinite).sort((a, b) => a - b);
}

// Minimum and maximum of each feature; the marks in the panel are drawn between them.
const columnEnds = content.columns.names.map((_, place) => {
  const sorted = known(columnOf(place));
  return sorted.length ? [sorted[0], sorted[sorted.length - 1]] : [0, 0];
});

// The color scale excludes one percent on each side, so that single extreme values do not
// dominate it.
function scaled(coloring) {
  const sorted = known(coloring.values);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = at(0.01) < at(0.99) ? [at(0.01), at(0.99)] : [at(0), at(1)];
  const nAbsent = nRows - sorted.length;
  return { ...coloring, low, high, nAbsent, below: at(0) < low, above: at(1) > high };
}

// Color settings of the samples: { name, classes } or { name, low, high }, both with values.
const makers = new Map([["none", () => ({ name: "", classes: null, values: null })]]);
if (content.label) makers.set("label", () => prepared(content.label));
if (content.score) makers.set("score", () => prepared(content.score));
content.columns.names.forEach((name, place) => {
  makers.set(`column ${place}`, () => scaled({ name, classes: null, values: columnOf(place) }));
});

function prepared(coloring) {
  return coloring.classes ? { ...coloring, hidden: new Set() } : scaled(coloring);
}

function planeOf(across, up) {
  const planes = content.decoder.planes ?? [];
  return planes.find(({ axes }) => axes.includes(across) && axes.includes(up) && across !== up);
}

// The four corners of the grid cell that contains a position, with their weights; null outside.
function cornersAt(plane, across, up, x, y) {
  const n = content.decoder.n_grid;
  const position = (axis) => {
    const { low, high } = content.axes[axis];
    return (((axis === across ? x : y) - low) / (high - low)) * (n - 1);
  };
  const [first, second] = plane.axes.map(position);
  if (!(first >= 0 && first <= n - 1 && second >= 0 && second <= n - 1)) return null;
  const i = Math.min(Math.floor(first), n - 2);
  const j = Math.min(Math.floor(second), n - 2);
  const [u, v] = [first - i, second - j];
  return [
    [i * n + j, (1 - u) * (1 - v)],
    [(i + 1) * n + j, u * (1 - v)],
    [i * n + j + 1, (1 - u) * v],
    [(i + 1) * n + j + 1, u * v],
  ];
}

// The decoded value of a position in the plane: levels of pixels, or values of features.
function decodedAt(across, up, x, y) {
  const plane = planeOf(across, up);
  const corners = plane && cornersAt(plane, across, up, x, y);
  if (!corners) return null;
  const { kind, n_grid, low, high } = content.decoder;
  const width = plane.values.length / n_grid ** 2;
  return Array.from({ length: width }, (_, k) => {
    const level = corners.reduce((sum, [node, share]) => sum + share * plane.values[node * width + k], 0);
    return kind === "images" ? level : low[k] + (level / LEVELS) * (high[k] - low[k]);
  });
}
