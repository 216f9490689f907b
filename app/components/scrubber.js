// Frames of a film under a slider: they lie in the page, so that moving it asks the server for nothing.
const SHAPES = { Play: "M4 2l10 6-10 6z", Pause: "M3 2h4v12H3zM9 2h4v12H9z" };

export default function ({ data, parentElement }) {
  const find = name => parentElement.querySelector(name);
  const image = find("img"), slider = find("input"), output = find("output"), button = find("button");
  const place = `facekp ${data.name}`;
  const sources = data.frames.map(frame => `data:image/jpeg;base64,${frame}`);
  const last = sources.length - 1;
  let timer = null;

  const show = index => {
    slider.value = index;
    image.src = sources[index];
    image.alt = `Frame ${data.numbers[index]} of ${data.count}`;
    output.value = `${data.numbers[index]} / ${data.count}`;
    slider.setAttribute("aria-valuetext", image.alt);
    sessionStorage.setItem(place, index / last);
  };
  const label = text => {
    button.setAttribute("aria-label", text);
    button.innerHTML = `<svg viewBox="0 0 16 16"><path d="${SHAPES[text]}"/></svg>`;
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    label("Play");
  };

  image.style.aspectRatio = `${data.width} / ${data.height}`;
  find("figure").style.maxWidth = `${data.shown}px`;
  slider.max = last;
  slider.oninput = () => {
    stop();
    show(Number(slider.value));
  };
  button.onclick = () => {
    if (timer !== null) return stop();
    label("Pause");
    let step = 1;
    timer = setInterval(() => {
      const index = Number(slider.value);
      if (!data.back) return show((index + 1) % sources.length);
      if (index + step < 0 || index + step > last) step = -step;
      show(index + step);
    }, (1000 * data.seconds) / sources.length);
  };
  label("Play");
  show(Math.round(last * Number(sessionStorage.getItem(place) ?? 0.3)));
  return stop;
}
