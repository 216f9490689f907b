// The row of buttons that say what is drawn.

const SWITCHES = {
  points: ["Points", true],
  edges: ["Edges", true],
  numbers: ["Numbers", false],
  box: ["Box", false],
  mesh: ["Mesh", false],
  uncertainty: ["Uncertainty", false],
  pose: ["Pose", false],
  truth: ["Truth", true],
  errors: ["Errors", true],
};
const KEPT = "facekp.drawn"; // the switches outlive a change of page in the tab's own storage

class Switches {
  constructor(row, changed) {
    Object.assign(this, { row, changed, shown: JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") });
  }

  on(name) {
    return this.shown[name] ?? SWITCHES[name][1];
  }

  // What is not there has no button; where `lacking` says why it is not, the button shows that it cannot be pressed.
  draw(there, lacking) {
    const names = Object.keys(SWITCHES).filter((name) => !(name in there) || there[name] || lacking[name]);
    const drawn = JSON.stringify([names, lacking]);
    if (this.row.dataset.drawn === drawn) return; // a switch made anew would lose the focus
    this.row.dataset.drawn = drawn;
    this.row.replaceChildren(...names.map((name) => this.button(name, lacking[name])));
  }

  button(name, reason) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", textContent: SWITCHES[name][0], disabled: Boolean(reason), title: reason ?? "" });
    button.dataset.switch = name;
    button.setAttribute("aria-pressed", !reason && this.on(name));
    button.onclick = () => {
      this.shown[name] = !this.on(name);
      sessionStorage.setItem(KEPT, JSON.stringify(this.shown));
      button.setAttribute("aria-pressed", this.on(name));
      this.changed();
    };
    return button;
  }
}
