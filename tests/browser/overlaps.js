() => {
  const nodes = [...document.querySelectorAll(".bp-graph .node")];
  const shown = nodes.filter((node) => node.style.display !== "none");
  const rect = (node, part) => node.querySelector(part).getBoundingClientRect();
  const found = [];
  shown.forEach((one, i) => shown.slice(i + 1).forEach((other) => {
    const a = rect(one, ".box"), b = rect(other, ".box");
    const clash = a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    if (clash) found.push(`${one.dataset.id} and ${other.dataset.id}`);
  }));
  for (const node of shown) {
    const outer = rect(node, ".box"), value = rect(node, ".value");
    for (const text of [rect(node, ".label"), value]) {
      const beyond = text.left < outer.left || text.right > outer.right + 0.5;
      if (text.width && beyond) found.push(`text of ${node.dataset.id}`);
    }
    const onBar = value.width && value.bottom > rect(node, ".track").bottom;
    if (onBar) found.push(`value of ${node.dataset.id}`);
  }
  return found;
}
