// A photo with its faces: draws them, lets points be corrected, and tells Python of it.
// Python sends the faces as `data`; it hears of changes by the trigger "changed".

const NEAR = { mouse: 14, pen: 18, touch: 30 }; // screen pixels from which a point can be grabbed
const KEY_PAUSE = 350; // milliseconds after the last arrow until a moved point is sent

class Viewer extends Overlay {
  constructor(root) {
    super();
    const find = (selector) => root.querySelector(selector);
    Object.assign(this, {
      stage: find(".stage"), image: find(".stage > img"), svg: find(".stage > svg"), drawing: find(".drawing"),
      status: find(".status"), tools: find(".tools"),
      switches: new Switches(find(".switches"), () => this.draw()), histories: new Histories(),
      edit: null, pending: {}, undone: [], done: [], current: null, correcting: false,
    });
    this.view = new View(this.stage, this.image, this.svg);
    new Gestures(this.stage, this.view, this);
    this.stage.addEventListener("keydown", (event) => this.key(event));
    this.stage.addEventListener("focusin", (event) => this.focus(event));
    this.stage.addEventListener("pointerleave", () => this.tell(this.current));
    root.querySelectorAll("[data-zoom]").forEach((button) => {
      button.onclick = () => this.zoom(button.dataset.zoom);
    });
    root.querySelectorAll("[data-tool]").forEach((button) => {
      button.onclick = () => this[button.dataset.tool]();
    });
  }

  // --- What comes from Python

  update(data, send) {
    const another = data.photo !== this.data?.photo || data.model !== this.data?.model;
    const moved = data.photo !== this.data?.photo;
    if (another && this.data) this.histories.keep(this.data, this.faces, this.done, this.undone);
    this.send = send;
    this.data = data;
    if (another || this.edit === null || data.edit >= this.edit) {
      // Otherwise the answer to an older change is on its way, and what the visitor sees is newer.
      Object.assign(this, { faces: data.faces, selected: data.selected, edit: data.edit, pending: {} });
    }
    if (another) Object.assign(this, { ...this.histories.recall(data), current: null });
    if (moved) {
      this.view.size = data.size;
      this.image.src = data.source;
      this.image.alt = data.alt;
      Object.assign(this.image.style, { width: `${data.size[0]}px`, height: `${data.size[1]}px` });
      this.stage.style.aspectRatio = data.size.join(" / ");
      this.view.fit();
    }
    this.stage.setAttribute("aria-label", `${data.alt}. Plus, minus, 0 and arrows zoom and move the picture.`);
    for (const [name, color] of Object.entries(data.colors)) this.svg.style.setProperty(`--${name}`, color);
    this.drawSwitches();
    this.draw();
    this.tell(this.current);
  }

  // --- Drawing

  on(name) {
    return this.switches.on(name);
  }

  drawSwitches() {
    const { data, face } = this;
    const there = {
      mesh: data.triangles.length, pose: face?.axes, uncertainty: face?.uncertainty,
      edges: data.edges.length, numbers: data.names.length > 1, truth: data.truths.length,
      errors: data.truths.some((truth) => truth.counterparts),
    };
    const unsure = face && !face.uncertainty;
    this.switches.draw(there, unsure ? { uncertainty: `${data.model} does not tell how sure it is of each point` } : {});
  }

  // Drawn anew, an element has lost the focus: it is given back, or to another one.
  draw(focused = this.drawing.getRootNode().activeElement?.dataset?.focus) {
    this.drawing.innerHTML = this.markup();
    if (focused) this.drawing.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
    const tool = (name) => this.tools.querySelector(`[data-tool="${name}"]`);
    tool("correct").disabled = !this.face;
    tool("correct").setAttribute("aria-pressed", this.correcting);
    tool("undo").disabled = !this.done.length;
    tool("redo").disabled = !this.undone.length;
    tool("reset").disabled = !this.face?.predicted;
    for (const name of ["undo", "redo"]) tool(name).classList.toggle("hidden", !this.correcting);
    tool("reset").classList.toggle("hidden", !this.correcting && !this.face?.predicted);
    this.stage.classList.toggle("correcting", this.correcting);
  }

  tell(i) {
    const idle = this.correcting ? "Drag a point, or choose one with Tab and move it with the arrows."
      : this.faces.length > 1 ? `Face ${this.selected + 1} of ${this.faces.length}. Click another one to select it.` : "";
    this.status.textContent = this.face && i !== null ? this.describe(i) : idle;
  }

  // --- Pointers: what `Gestures` asks for

  nearest(event) {
    const [x, y] = this.view.place(event).map((value) => value - 0.5);
    const far = this.face?.points.map((point) => Math.hypot(point[0] - x, point[1] - y) * this.view.scale) ?? [];
    const i = far.indexOf(Math.min(...far));
    return far[i] <= (NEAR[event.pointerType] ?? NEAR.mouse) ? i : null;
  }

  hover(event) {
    this.tell(this.nearest(event) ?? this.current);
  }

  grab(event) {
    const i = this.correcting ? this.nearest(event) : null;
    if (i === null) return false;
    const [x, y] = this.view.place(event);
    // It moves by as much as the finger, so that it is not hidden below it.
    this.held = { i, before: this.copy(), dx: this.face.points[i][0] - x, dy: this.face.points[i][1] - y };
    this.current = i;
    this.draw(`point${i}`);
    this.tell(i);
    return true;
  }

  drag(event) {
    const [x, y] = this.view.place(event);
    this.movePoint(this.held.i, x + this.held.dx, y + this.held.dy);
  }

  drop() {
    const { i, before } = this.held;
    if (before[i].some((value, axis) => value !== this.face.points[i][axis])) this.commit(before);
  }

  click(event) {
    if (this.correcting) return;
    const [x, y] = this.view.place(event);
    const inside = this.faces.map((face, index) => [index, face.box])
      .filter(([, [left, top, right, bottom]]) => x >= left && x <= right && y >= top && y <= bottom)
      .sort(([, a], [, b]) => (a[2] - a[0]) - (b[2] - b[0]));
    if (inside.length) this.select(inside[0][0]);
  }

  // --- Keys

  focus(event) {
    const i = event.target.dataset?.point;
    if (i === undefined || this.current === Number(i)) return;
    this.current = Number(i);
    this.draw();
    this.tell(this.current);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === "z" && this.correcting) {
        event.preventDefault();
        if (event.shiftKey) this.redo();
        else this.undo();
      }
      return;
    }
    const target = event.target.dataset ?? {};
    if (target.face !== undefined && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      this.select(Number(target.face));
    } else if (target.point !== undefined) this.pointKey(event, Number(target.point));
    else if (event.key === "1") this.zoom("face");
    else this.view.key(event);
  }

  pointKey(event, i) {
    const step = (event.shiftKey ? 10 : 1) / this.view.scale;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const next = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (event.key in moves) {
      event.preventDefault();
      this.beforeKeys ??= this.copy();
      const [x, y] = this.face.points[i];
      this.movePoint(i, x + moves[event.key][0], y + moves[event.key][1]);
      clearTimeout(this.keyTimer);
      this.keyTimer = setTimeout(() => this.endKeys(), KEY_PAUSE);
    } else if (next) {
      const count = this.face.points.length;
      this.current = (i + next + count) % count;
      this.draw(`point${this.current}`);
      this.tell(this.current);
    } else if (event.key === "Escape") this.stage.focus();
    else this.view.key(event);
  }

  endKeys() {
    if (!this.beforeKeys) return;
    this.commit(this.beforeKeys);
    this.beforeKeys = null;
  }

  // --- Changes

  copy() {
    return this.face.points.map((point) => [...point]);
  }

  movePoint(i, x, y) {
    const inside = (value, most) => Math.round(1000 * Math.min(Math.max(value, 0), most - 1)) / 1000;
    this.face.points[i] = [inside(x, this.data.size[0]), inside(y, this.data.size[1])];
    this.draw();
    this.tell(i);
  }

  commit(before) {
    this.face.predicted ??= before;
    this.done.push({ face: this.selected, points: before });
    this.undone = [];
    this.changed();
  }

  changed() {
    const { face } = this;
    const moved = [...face.points.entries()]
      .filter(([i, point]) => point.some((value, axis) => value !== face.predicted[i][axis]));
    if (!moved.length) face.predicted = null;
    this.pending[this.selected] = moved.length ? Object.fromEntries(moved) : null;
    this.draw();
    this.tell(this.current);
    this.inform();
  }

  inform() {
    this.edit += 1;
    const { photo, model } = this.data;
    this.send({ photo, model, edit: this.edit, selected: this.selected, moved: this.pending });
  }

  select(index) {
    if (index === this.selected) return;
    Object.assign(this, { selected: index, current: null });
    this.drawSwitches();
    this.draw();
    this.tell(null);
    this.inform();
  }

  step(from, to) {
    this.endKeys();
    const last = from.pop();
    if (!last) return;
    if (last.face !== this.selected) Object.assign(this, { selected: last.face, current: null });
    to.push({ face: this.selected, points: this.copy() });
    this.face.predicted ??= this.copy();
    this.face.points = last.points;
    this.changed();
  }

  // --- Tools

  correct() {
    this.endKeys();
    Object.assign(this, { correcting: !this.correcting, current: null });
    this.draw();
    this.view.apply();
    this.tell(null);
  }

  undo() {
    this.step(this.done, this.undone);
  }

  redo() {
    this.step(this.undone, this.done);
  }

  reset() {
    this.endKeys();
    const before = this.copy();
    this.face.points = this.face.predicted.map((point) => [...point]);
    this.commit(before);
  }

  zoom(what) {
    if (what === "in" || what === "out") this.view.zoom(what === "in" ? STEP : 1 / STEP);
    else if (what === "face" && this.face) this.view.around(this.face.box);
    else this.view.fit();
  }

  save() {
    saveView(this);
  }
}

const viewers = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!viewers.has(parentElement)) viewers.set(parentElement, new Viewer(parentElement));
  viewers.get(parentElement).update(data, (change) => setTriggerValue("changed", change));
}
