// What can be undone and redone on each photo with each network. It counts as long as the points are those it led to:
// they are others when they were reset elsewhere, or corrected with another network.

const ROUNDING = 0.01; // photo pixels by which points may differ that went to Python and back

class Histories {
  constructor() {
    this.kept = new Map();
  }

  coordinates(faces) {
    return faces.flatMap((face) => face.points.flat());
  }

  keep({ photo, model }, faces, done, undone) {
    this.kept.set(`${photo} ${model}`, { done, undone, led: this.coordinates(faces) });
  }

  recall({ photo, model, faces }) {
    const { done, undone, led } = this.kept.get(`${photo} ${model}`) ?? { done: [], undone: [], led: [] };
    const now = this.coordinates(faces);
    const same = led.length === now.length && led.every((value, i) => Math.abs(value - now[i]) < ROUNDING);
    return same ? { done, undone } : { done: [], undone: [] };
  }
}
