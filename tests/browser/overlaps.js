() => {
  const svg = document.querySelector(".bp-graph"), found = [];
  const rect = (node, part) => node.querySelector(part).getBoundingClientRect();
  const nodes = [...svg.querySelectorAll(".node")];
  const boxes = nodes.map((node) => ({ node, id: node.dataset.id, ...rect(node, ".box").toJSON() }));
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const clash = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    if (clash) found.push(`${a.id} and ${b.id}`);
  }));
  for (const { node, id, left, right, bottom } of boxes) {
    for (const part of [".label", ".value", ".moved"]) {
      const text = rect(node, part);
      if (text.width && (text.left < left || text.right > right + 0.5)) found.push(`${part} of ${id}`);
    }
    const value = rect(node, ".value"), moved = rect(node, ".moved");
    if (value.width && value.bottom > rect(node, ".track").bottom) found.push(`value of ${id} on its bar`);
    if (value.top < rect(node, ".label").bottom - 6) found.push(`value of ${id} on its label`);
    if (moved.width && moved.right > value.left && moved.top < value.top + 8) found.push(`change of ${id} on its value`);
    if (rect(node, ".track").bottom > bottom) found.push(`bar of ${id}`);
  }
  const place = svg.getScreenCTM();
  svg.querySelectorAll(".links .link").forEach((line, i) => {
    const length = line.getTotalLength();
    for (let step = 0; step <= 60; step++) {
      const { x, y } = line.getPointAtLength((length * step) / 60).matrixTransform(place);
      const hit = boxes.find((b) => b.left + 1 < x && x < b.right - 1 && b.top + 1 < y && y < b.bottom - 1);
      if (hit) { found.push(`link ${i} through ${hit.id}`); break; }
    }
  });
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  for (const text of svg.querySelectorAll("text")) {
    const size = parseFloat(getComputedStyle(text).fontSize) * scale;
    if (text.textContent && size < 11) found.push(`"${text.textContent}" at ${size} pixels`);
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`page of ${page.scrollWidth} in ${page.clientWidth}`);
  const scroll = document.querySelector(".bp-scroll");
  if (scroll.scrollHeight > scroll.clientHeight + 1) found.push("the picture is cut below");
  if (scroll.scrollWidth > scroll.clientWidth + 1 && document.querySelector(".bp-map").hasAttribute("hidden")) found.push("no map");
  return found;
}
