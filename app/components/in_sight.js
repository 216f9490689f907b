// Scrolls a row so that one of its elements is seen, whenever that becomes another one or takes another place.
export default function ({ data, parentElement }) {
  const said = `${data.key} ${data.place}`;
  if (parentElement.dataset.said === said) return;
  parentElement.dataset.said = said;
  document.querySelector(`.st-key-${data.key}`)?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
