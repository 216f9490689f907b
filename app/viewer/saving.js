// What is seen, as a PNG: the part of the photo, and what is drawn on it, as strongly as on the page.

async function saveView({ image, svg, view, data }) {
  // A photo pixel is one of the file's at least, and no smaller than on the screen.
  const scale = Math.max(1, view.scale * devicePixelRatio);
  const [left, top, right, bottom] = view.seen();
  const [width, height] = [Math.round((right - left) * scale), Math.round((bottom - top) * scale)];
  const drawing = svg.cloneNode(true);
  for (const [name, value] of Object.entries({ viewBox: `${left} ${top} ${right - left} ${bottom - top}`, width, height })) {
    drawing.setAttribute(name, value);
  }
  const overlay = new Image();
  overlay.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(drawing))}`;
  await Promise.all([overlay.decode(), image.decode()]);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.fillStyle = "#ffffff"; // behind what is transparent, as facekp sees it
  context.fillRect(0, 0, width, height);
  context.drawImage(image, left, top, right - left, bottom - top, 0, 0, width, height);
  context.drawImage(overlay, 0, 0, width, height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: data.saved });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
