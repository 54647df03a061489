// Writes what lies over anything else into #out, once all pictures are there.
const SHAPES = "rect.one,rect.two,rect.gone,rect.track,circle,polygon";
const box = (element) => element.getBoundingClientRect();

function apart(a, b) {
  return a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 2 || b.bottom <= a.top + 2;
}

function inside(a, sheet) {
  return a.left >= sheet.left && a.right <= sheet.right && a.top >= sheet.top && a.bottom <= sheet.bottom;
}

function clashes(svg, n) {
  const found = [], sheet = box(svg);
  const texts = [...svg.querySelectorAll("text")], shapes = [...svg.querySelectorAll(SHAPES)];
  texts.forEach((text, i) => {
    const here = box(text), words = text.textContent;
    if (!inside(here, sheet)) found.push([n, "outside", words]);
    for (const other of texts.slice(i + 1))
      if (!apart(here, box(other))) found.push([n, words, other.textContent]);
    for (const shape of shapes)
      if (!apart(here, box(shape))) found.push([n, words, shape.getAttribute("class")]);
  });
  return found;
}

addEventListener("load", () => {
  const found = [...document.querySelectorAll("svg")].flatMap(clashes);
  document.querySelectorAll("img").forEach((img, n) => {
    if (!img.naturalWidth) found.push([n, "not an image"]);
  });
  const scripts = document.querySelectorAll("svg script, svg img").length;
  const texts = document.querySelectorAll("text").length;
  document.getElementById("out").textContent = JSON.stringify({ found, scripts, texts });
});
