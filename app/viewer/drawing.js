// The markup of what lies over the photo. Coordinates are photo pixels; an integer is a pixel's centre.

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const move = ([x, y]) => `M${x} ${y}`;
const polyline = (points, pairs) => pairs.map(([a, b]) => `${move(points[a])}L${points[b].join(" ")}`).join("");
// Photo pixels of a point's radius at most: on a small face they are smaller, or they would cover it.
const mostOf = (points) => 0.017 * Math.max(...[0, 1].map((axis) => {
  const places = points.map((point) => point[axis]);
  return Math.max(...places) - Math.min(...places);
}));
const dots = (points) => points.map((point) => `${move(point)}h0`).join("");

// What is drawn equally strongly is one path, so that faint strokes are no stronger where they meet.
const paths = (kind, items, opacities, outline) => [...new Set(opacities)].map((opacity) => {
  const alike = items.filter((_, i) => opacities[i] === opacity);
  return `<path class="${kind}" stroke-opacity="${opacity}" d="${outline(alike)}"/>`;
}).join("");

// What of a viewer's faces is to be seen; the viewer itself, in viewer.js, knows their state.
class Overlay {
  get face() {
    return this.faces[this.selected];
  }

  markup() {
    const truths = this.on("truth") ? this.data.truths : [];
    return [
      ...truths.map((truth) => this.truthLines(truth)),
      ...this.faces.map((face, index) => this.faceMarkup(face, index)),
      ...truths.map((truth) => this.truthPoints(truth)), // rings, through which the predicted ones are seen
      ...(this.on("errors") ? truths.map((truth) => this.errorLines(truth)) : []),
    ].join("");
  }

  truthLines({ points, edges }) {
    return this.on("edges") ? `<g class="truth"><path class="edges" d="${polyline(points, edges)}"/></g>` : "";
  }

  truthPoints({ points }) {
    const rings = (kind) => points.map(([x, y]) => `<circle class="${kind}" cx="${x}" cy="${y}"/>`).join("");
    return `<g class="truth" style="--most: ${mostOf(points)}px">${rings("rim")}${rings("ring")}</g>`;
  }

  faceMarkup(face, index) {
    const { points, box, opacity } = face;
    const own = index === this.selected;
    const several = this.faces.length > 1;
    const parts = [];
    if (several) {
      // What is clicked is the whole square, so it is filled with nothing rather than not filled.
      parts.push(`<rect class="box" fill-opacity="0" ${this.corners(box)}/>`);
      parts.push(`<text x="${box[0]}" y="${box[1]}" dy="-0.35em">${index + 1}</text>`);
    } else if (this.on("box")) parts.push(`<rect class="box" ${this.corners(box)}/>`);
    if (this.on("mesh") && own) parts.push(`<path class="mesh" d="${this.meshLines(points)}"/>`);
    if (own && this.on("uncertainty") && face.uncertainty) parts.push(...points.map(([x, y], i) =>
      `<circle class="expected" cx="${x}" cy="${y}" r="${face.uncertainty[i]}"/>`));
    if (this.on("edges")) parts.push(this.edgesMarkup(face));
    if (own && this.on("pose") && face.axes) parts.push(this.axesMarkup(face));
    if (this.on("points") || (own && this.correcting)) {
      parts.push(own ? this.pointsMarkup(face) : paths("dots", points, opacity, dots));
    }
    if (own && this.on("numbers")) parts.push(this.numbersMarkup(face));
    const button = several && !this.correcting
      ? `role="button" tabindex="0" aria-pressed="${own}" aria-label="Face ${index + 1}" data-focus="face${index}"`
      : "";
    return `<g class="face predicted ${own ? "selected" : ""}" data-face="${index}" ${button}>${parts.join("")}</g>`;
  }

  numbersMarkup({ points, box }) {
    // Of a small face they are small too, and read when one zooms in; larger ones would hide each other.
    const most = Math.max(box[2] - box[0], box[3] - box[1]) * 0.03;
    const texts = points.map(([x, y], i) => `<text x="${x}" y="${y}" dx="0.6em" dy="-0.3em">${i}</text>`);
    return `<g style="font-size: min(calc(var(--px) * 11px), ${most}px)">${texts.join("")}</g>`;
  }

  corners([left, top, right, bottom]) {
    return `x="${left}" y="${top}" width="${right - left}" height="${bottom - top}"`;
  }

  meshLines(points) {
    return this.data.triangles.map((corners) => `M${corners.map((i) => points[i].join(" ")).join("L")}Z`).join("");
  }

  errorLines({ face, counterparts }) {
    if (!counterparts) return "";
    const lines = this.faces[face].points.map((point, i) => `${move(point)}L${counterparts[i].join(" ")}`).join("");
    return `<path class="errors" d="${lines}"/>`;
  }

  axesMarkup({ points, axes, box }) {
    const middle = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    const length = (box[2] - box[0]) / 2;
    const line = (name) => `<line class="${name}" x1="${middle[0]}" y1="${middle[1]}"
      x2="${middle[0] + length * axes[name][0]}" y2="${middle[1] + length * axes[name][1]}"/>`;
    return `<g class="axes">${["right", "down", "ahead"].map(line).join("")}</g>`;
  }

  edgesMarkup({ points, opacity }) {
    const { edges } = this.data;
    const fainter = edges.map(([a, b]) => Math.min(opacity[a], opacity[b]));
    return paths("edges", edges, fainter, (pairs) => polyline(points, pairs));
  }

  pointsMarkup({ points, opacity }) {
    const circles = points.map(([x, y], i) => {
      const reached = this.correcting
        ? `tabindex="${i === (this.current ?? 0) ? 0 : -1}" role="button" data-focus="point${i}"
           aria-label="${escaped(this.describe(i))}. Arrows move it, N and P go to the next and the previous point."`
        : "";
      const kind = `${this.current === i ? "current" : ""} ${points.length === 1 ? "single" : ""}`;
      return `<circle class="point ${kind}" data-point="${i}" cx="${x}" cy="${y}" opacity="${opacity[i]}" ${reached}/>`;
    });
    return `<g style="--most: ${mostOf(points)}px">${circles.join("")}</g>`;
  }

  describe(i) {
    const [x, y] = this.face.points[i];
    const expected = this.face.uncertainty?.[i];
    const doubt = expected > 0 ? ` · expected error ${expected.toFixed(1)} px` : "";
    return `Point ${i} · ${this.data.names[i]} · x ${x.toFixed(1)}, y ${y.toFixed(1)} px${doubt}`;
  }
}
