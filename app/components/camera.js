// A picture from the visitor's camera, with all the pixels that it gives. Python hears of it by the trigger "picture".
// The camera is on only while it is seen.

const WISH = { width: { ideal: 1920 }, height: { ideal: 1080 } };
const QUALITY = 0.95;
const REASONS = {
  NotAllowedError: "The camera was refused. Allow it for this page in the browser, and try again.",
  NotFoundError: "There is no camera. Upload a photo instead.",
  NotReadableError: "The camera does not answer: another program may use it. Close that one, and try again.",
};

class Camera {
  constructor(root) {
    const find = (name) => root.querySelector(name);
    Object.assign(this, { video: find("video"), said: find("p"), facing: "user", stream: null, turns: 0 });
    this.buttons = Object.fromEntries(["take", "turn", "start"].map((name) => [name, find(`[data-do=${name}]`)]));
    for (const [name, button] of Object.entries(this.buttons)) button.onclick = () => this[name]();
    this.seen = new IntersectionObserver(([{ isIntersecting }]) => isIntersecting ? this.start() : this.stop());
    this.video.onloadedmetadata = () => {
      this.tell(`${this.video.videoWidth} × ${this.video.videoHeight} pixels`);
      this.buttons.take.disabled = false;
    };
  }

  watch(send) {
    this.send = send;
    this.seen.disconnect();
    this.seen.observe(this.video.parentElement); // told at once whether it is seen
  }

  leave() {
    this.seen.disconnect();
    this.stop();
  }

  tell(text, failed = false) {
    this.said.textContent = text;
    this.video.hidden = this.buttons.take.hidden = failed;
    this.buttons.start.hidden = !failed;
  }

  async start() {
    if (this.stream) return;
    const turn = ++this.turns;
    this.buttons.take.disabled = true;
    this.buttons.turn.hidden = true;
    this.tell("Waiting for the camera …");
    if (!navigator.mediaDevices) return this.tell("Browsers give their camera to https and localhost pages only.", true);
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { ...WISH, facingMode: this.facing } });
      if (turn !== this.turns) return stream.getTracks().forEach((track) => track.stop()); // no longer wanted
      this.stream = this.video.srcObject = stream;
      this.video.classList.toggle("mirrored", this.facing === "user");
      const devices = await navigator.mediaDevices.enumerateDevices();
      this.buttons.turn.hidden = devices.filter((device) => device.kind === "videoinput").length < 2;
    } catch (error) {
      if (turn === this.turns) this.tell(REASONS[error.name] ?? `The camera failed: ${error.message}.`, true);
    }
  }

  stop() {
    this.turns += 1;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = this.video.srcObject = null;
  }

  turn() {
    this.facing = this.facing === "user" ? "environment" : "user";
    this.stop();
    this.start();
  }

  take() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(this.video, 0, 0);
    this.buttons.take.disabled = true;
    this.send(canvas.toDataURL("image/jpeg", QUALITY).split(",")[1]);
  }
}

const cameras = new WeakMap();

export default function ({ parentElement, setTriggerValue }) {
  if (!cameras.has(parentElement)) cameras.set(parentElement, new Camera(parentElement));
  const camera = cameras.get(parentElement);
  camera.watch((picture) => setTriggerValue("picture", picture));
  return () => camera.leave();
}
