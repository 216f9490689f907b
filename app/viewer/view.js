// Which part of the photo is seen: zoom and pan by wheel, fingers, buttons and keys.
// Places are in photo pixels counted from the photo's corner, so a pixel's centre is at its number + 0.5.

const STEP = 1.3; // zoom of one press
const CLOSEST = 12; // screen pixels of a photo pixel at most

class View {
  constructor(stage, image, svg) {
    Object.assign(this, { stage, image, svg, size: [1, 1], scale: 1, centre: [0.5, 0.5], fitted: true });
    new ResizeObserver(() => this.fitted ? this.fit() : this.apply()).observe(stage);
  }

  get room() {
    return [this.stage.clientWidth || 1, this.stage.clientHeight || 1];
  }

  get least() {
    return Math.min(this.room[0] / this.size[0], this.room[1] / this.size[1]);
  }

  fit() {
    this.scale = this.least;
    this.centre = [this.size[0] / 2, this.size[1] / 2];
    this.apply();
  }

  around([left, top, right, bottom], margin = 1.5) {
    this.scale = Math.min(this.room[0] / (right - left), this.room[1] / (bottom - top)) / margin;
    this.centre = [(left + right) / 2, (top + bottom) / 2];
    this.apply();
  }

  apply() {
    const [width, height] = this.room;
    this.scale = Math.min(Math.max(this.scale, this.least), Math.max(CLOSEST, this.least));
    this.fitted = this.scale <= this.least * 1.001;
    this.centre = this.centre.map((value, axis) => {
      const half = this.room[axis] / this.scale / 2;
      const whole = this.size[axis];
      return 2 * half >= whole ? whole / 2 : Math.min(Math.max(value, half), whole - half);
    });
    const [x, y] = [this.centre[0] - width / this.scale / 2, this.centre[1] - height / this.scale / 2];
    this.svg.setAttribute("viewBox", `${x} ${y} ${width / this.scale} ${height / this.scale}`);
    this.svg.style.setProperty("--px", 1 / this.scale);
    this.image.style.transform = `translate(${-x * this.scale}px, ${-y * this.scale}px) scale(${this.scale})`;
    // One finger scrolls the page as long as there is nothing to pan.
    this.stage.style.touchAction = this.fitted && !this.stage.classList.contains("correcting") ? "pan-y" : "none";
  }

  // The part of the photo that is seen: left, top, right, bottom.
  seen() {
    const half = this.room.map((length) => length / this.scale / 2);
    const low = this.centre.map((value, axis) => Math.max(value - half[axis], 0));
    const high = this.centre.map((value, axis) => Math.min(value + half[axis], this.size[axis]));
    return [...low, ...high];
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map(
      (value, axis) => this.centre[axis] + (value - this.room[axis] / 2) / this.scale,
    );
  }

  zoom(factor, at = this.centre) {
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, this.least), Math.max(CLOSEST, this.least));
    this.centre = this.centre.map((value, axis) => at[axis] + (value - at[axis]) * (before / this.scale));
    this.apply();
  }

  pan(dx, dy) {
    this.centre = [this.centre[0] - dx / this.scale, this.centre[1] - dy / this.scale];
    this.apply();
  }

  wheel(event) {
    // Zoomed out as far as it goes, the wheel scrolls the page on.
    if (event.deltaY > 0 && this.fitted) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), this.place(event));
  }

  key(event) {
    const step = 60;
    const moves = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (event.key === "+" || event.key === "=") this.zoom(STEP);
    else if (event.key === "-") this.zoom(1 / STEP);
    else if (event.key === "0") this.fit();
    else if (event.key in moves && !this.fitted) this.pan(...moves[event.key]);
    else return;
    event.preventDefault();
  }
}

// Fingers and mouse on the stage: what is no drag of a point pans, pinches or clicks.
class Gestures {
  constructor(stage, view, actions) {
    Object.assign(this, { view, actions, pointers: new Map(), travelled: 0, dragging: false });
    stage.addEventListener("wheel", (event) => view.wheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => actions.grab(event) || view.zoom(STEP * STEP, view.place(event)));
    stage.addEventListener("pointerdown", (event) => this.down(event, stage));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => this.up(event, stage));
  }

  down(event, stage) {
    if (event.button || event.target.closest(".zoom")) return;
    stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pointers.size === 1) {
      this.travelled = 0;
      this.dragging = this.actions.grab(event);
    }
    stage.classList.toggle("moving", !this.dragging);
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.actions.hover(event);
    const after = [event.clientX, event.clientY];
    const [dx, dy] = [after[0] - before[0], after[1] - before[1]];
    this.travelled += Math.hypot(dx, dy);
    if (this.dragging) return this.actions.drag(event);
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
      const middle = { clientX: (after[0] + other[0]) / 2, clientY: (after[1] + other[1]) / 2 };
      this.view.zoom(apart(after) / apart(before), this.view.place(middle));
      this.view.pan(dx / 2, dy / 2);
    } else this.view.pan(dx, dy);
    this.pointers.set(event.pointerId, after);
  }

  up(event, stage) {
    if (!this.pointers.delete(event.pointerId)) return;
    stage.classList.remove("moving");
    if (this.dragging) this.actions.drop();
    else if (event.type === "pointerup" && this.travelled < 6) this.actions.click(event);
    this.dragging = false;
  }
}
