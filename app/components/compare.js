// Two pictures over each other: the slider, also by arrow keys, says how much of each is seen.
export default function ({ data, parentElement }) {
  const find = name => parentElement.querySelector(name);
  const slider = find("input"), place = `facekp ${data.name}`;
  for (const side of ["before", "after"]) {
    const image = find(`img.${side}`);
    image.src = data[side].source;
    image.alt = data[side].alt;
    image.style.aspectRatio = `${data.width} / ${data.height}`;
    find(`span.${side}`).textContent = data[side].title;
  }
  slider.setAttribute("aria-label", `${data.before.title} or ${data.after.title}`);
  slider.oninput = () => {
    find("div").style.setProperty("--place", `${slider.value}%`);
    sessionStorage.setItem(place, slider.value);
  };
  slider.value = sessionStorage.getItem(place) ?? 50;
  slider.oninput();
}
