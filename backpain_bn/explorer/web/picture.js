// The picture itself: boxes, links and their strengths, drawn anew for every case; what is there already moves.
const PADDING = 9, LINE = 16, BAR = 6, TWIN = 8, ROOM = 12, LABEL = 13, VALUE = 12.5, MOST = { label: 6, value: 3, head: 2 }, MOVED_ROOM = 34;
const NAMESPACE = "http://www.w3.org/2000/svg";
// what was seen (a pin), set (scissors) and put right (a plaster)
const ICONS = {
  see: "M4 0a3 3 0 1 1 0 6a3 3 0 1 1 0-6M4 6v6",
  do: "M3.4 3L12 8.5M3.4 7L12 1.5M2.1 .3a1.7 1.7 0 1 0 .1 0zM2.1 6.3a1.7 1.7 0 1 0 .1 0z",
  treat: "M3 1.8h7a3.2 3.2 0 0 1 0 6.4h-7a3.2 3.2 0 0 1 0-6.4zM4.4 1.8v6.4M8.6 1.8v6.4M6.5 3.7v.4M6.5 5.9v.4",
};

function drawn(tag, attributes = {}, text) {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
export const thickness = (strength) => (0.8 + 5.2 * Math.sqrt(Math.max(strength, 0))).toFixed(1);
const slug = (grade) => grade.replaceAll(" ", "-");

class Picture {
  constructor(svg, measure) {
    Object.assign(this, { svg, measure, nodes: new Map(), links: new Map(), wrapped: new Map() });
    svg.querySelectorAll("g,.head").forEach((old) => old.remove());
    svg.setAttribute("role", "group");
    this.heads = svg.appendChild(drawn("g", { class: "heads" }));
    this.boxes = svg.appendChild(drawn("g"));
    this.lines = svg.appendChild(drawn("g", { class: "links" }));
    this.strengths = svg.appendChild(drawn("g", { class: "strengths", "aria-hidden": "true" }));
  }

  // text in lines no wider than this; a word may break behind a hyphen, one that is wider anywhere, and what is beyond the last line ends in an ellipsis
  lined(text, room, size, weight, most) {
    const key = [text, room, size, most].join("|");
    if (!this.wrapped.has(key)) this.wrapped.set(key, this.split(text, room, (words) => this.measure(words, size, weight), most));
    return this.wrapped.get(key);
  }

  split(text, room, wide, most) {
    const lines = [""], parts = text.split(/[ \t\n\r\u2028\u2029]+/).flatMap((word) => word.split(/(?<=-)(?=.)/).map((part, i) => [part, i ? "" : " "]));
    for (const [word, gap] of parts) {
      const longer = lines.at(-1) ? `${lines.at(-1)}${gap}${word}` : word;
      if (wide(longer) <= room) lines[lines.length - 1] = longer;
      else {
        if (!lines.at(-1)) lines.pop();
        let piece = "";
        for (const letter of word) {
          if (piece && wide(piece + letter) > room) { lines.push(piece); piece = ""; }
          piece += letter;
        }
        lines.push(piece);
      }
    }
    if (lines.length <= most) return lines;
    let last = lines[most - 1];
    while (last && wide(`${last}…`) > room) last = last.slice(0, -1);
    return [...lines.slice(0, most - 1), `${last.trimEnd()}…`];
  }

  // columns, shown, links as `picked` gives them; says(v) is what a box says; width: the room, narrowest: a box at least
  draw({ columns, shown, links, says, width, narrowest, twins }) {
    const { box } = new Layout(columns, new Map([...shown].map((v) => [v, 1])), [], width, narrowest), texts = new Map();
    const room = box - 2 * PADDING, depth = ROOM + (twins ? TWIN : 0);
    for (const v of shown) {
      const said = says(v), label = this.lined(capital(v.short), room, LABEL, 400, MOST.label);
      const value = this.lined(said.value || " ", room - (said.moved || said.icon ? MOVED_ROOM : 0), VALUE, 600, MOST.value);
      texts.set(v, { ...said, label, lines: value, high: 8 + LINE * (label.length + value.length) + depth, depth });
    }
    const heights = new Map([...texts].map(([v, { high }]) => [v, high]));
    const plan = (this.plan = new Layout(columns, heights, links.map(({ start, end }) => [start, end]), width, narrowest));
    this.drawHeads(plan);
    for (const [v, node] of this.nodes) if (!shown.has(v)) { node.box.remove(); this.nodes.delete(v); }
    for (const [v, text] of texts) this.drawBox(v, text, plan);
    this.sort(plan);
    this.drawLinks(links, plan);
    for (const [name, value] of [["viewBox", `0 0 ${plan.width} ${plan.height}`], ["width", plan.width], ["height", plan.height]]) this.svg.setAttribute(name, value);
  }

  drawHeads({ columns, box }) {
    this.heads.replaceChildren(...columns.map(({ title, left }) => {
      const lines = this.lined(title, box, LABEL, 600, MOST.head), head = drawn("text", { class: "head" });
      head.append(...this.tspans(lines, left + box / 2, 30 - LINE * (lines.length - 1)));
      return head;
    }));
  }

  tspans(lines, x, first) { return lines.map((words, row) => drawn("tspan", { x, y: first + LINE * row }, words)); }

  node(v) {
    if (this.nodes.has(v)) return this.nodes.get(v);
    const box = drawn("g", { "data-id": v.id, role: "button", tabindex: "-1" }), parts = { v, box };
    const part = (name, tag) => { parts[name] = box.appendChild(drawn(tag, { class: name })); };
    box.append(drawn("title"));
    part("frame", "rect");
    parts.frame.setAttribute("class", "box");
    for (const name of ["label", "value", "moved"]) part(name, "text");
    for (const name of ["track", "bar", "ghost", "track2", "bar2"]) part(name, "rect");
    for (const name of ["tick", "icon"]) part(name, "path");
    this.boxes.append(box);
    this.nodes.set(v, parts);
    this.made(parts);
    return parts;
  }

  // what the explorer does to a new box
  made() {}

  drawBox(v, said, { places, box: wide }) {
    const node = this.node(v), [x, y] = places.get(v), { box } = node, track = wide - 2 * PADDING, top = said.high - said.depth, fresh = node.x === undefined;
    box.setAttribute("class", `node colour${v.colour}${said.kind ? ` ${said.kind}` : ""}${said.outcome ? " outcome" : ""}${fresh ? " fresh" : ""}`);
    box.style.transform = `translate(${x}px,${y}px)`;
    Object.assign(node, { x, y, high: said.high });
    const size = (rect, more) => { for (const [name, value] of Object.entries(more)) rect.setAttribute(name, value); };
    size(node.frame, { width: wide, height: said.high, rx: 5 });
    node.label.replaceChildren(...this.tspans(said.label, PADDING, 17));
    node.value.replaceChildren(...this.tspans(said.lines, wide - PADDING, 17 + LINE * said.label.length));
    size(node.moved, { x: PADDING, y: 17 + LINE * said.label.length, class: `moved${said.moved > 0 ? " up" : ""}` });
    node.moved.textContent = said.moved ? `${said.moved > 0 ? "+" : "\u2212"}${Math.abs(said.moved)}` : "";
    size(node.icon, { d: ICONS[said.icon] || "", transform: `translate(${PADDING} ${6 + LINE * said.label.length})` });
    this.bars(node, said, track, top);
    box.firstChild.textContent = said.words;
    for (const [name, value] of [["aria-label", said.words], ["aria-pressed", String(Boolean(said.kind))]]) box.setAttribute(name, value);
  }

  bars(node, { now, before, was, beside, value, depth, moved }, track, top) {
    const lay = (rect, width, y) => { for (const [name, one] of Object.entries({ x: PADDING, y, height: BAR, rx: 2 })) rect.setAttribute(name, one); rect.style.width = `${width.toFixed(1)}px`; };
    const said = value !== undefined;
    lay(node.track, track, top);
    lay(node.bar, said ? track * now : 0, top);
    lay(node.ghost, said && moved ? track * was : 0, top);
    lay(node.track2, depth > ROOM ? track : 0, top + TWIN);
    lay(node.bar2, said && beside !== undefined ? track * beside : 0, top + TWIN);
    node.tick.setAttribute("d", said && before !== undefined ? `M${(PADDING + track * before).toFixed(1)} ${top - 2}v${BAR + 4}` : "");
  }

  // in the order in which one reads and tabs: by column, from top to bottom
  sort({ columns }) {
    const wanted = columns.flatMap(({ members }) => members.map((v) => this.nodes.get(v)).sort((one, other) => one.y - other.y));
    const there = [...this.boxes.children];
    if (wanted.some(({ box }, i) => there[i] !== box)) {
      const focused = document.activeElement;
      this.boxes.append(...wanted.map(({ box }) => box));
      if (wanted.some(({ box }) => box === focused)) focused.focus({ preventScroll: true });
    }
    this.order = wanted;
    this.walk(this.nodes.has(this.current) ? this.current : wanted[0]?.v);
  }

  // Tab leads to one box; arrows lead on
  walk(v) {
    this.current = v;
    for (const [each, { box }] of this.nodes) box.setAttribute("tabindex", each === v ? "0" : "-1");
  }

  drawLinks(links, { routes }) {
    const kept = new Set();
    links.forEach((link, i) => {
      const key = `${link.start.index}>${link.end.index}`, { path, middle } = routes[i];
      if (!this.links.has(key)) this.links.set(key, { line: this.lines.appendChild(drawn("path")), text: this.strengths.appendChild(drawn("text")) });
      const one = Object.assign(this.links.get(key), { link }), { line, text } = one;
      line.setAttribute("class", `link ${slug(link.grade)}${link.bridged ? " bridged" : ""}`);
      line.setAttribute("marker-end", `url(#bp-arrow-${slug(link.grade)})`);
      line.setAttribute("stroke-width", thickness(link.hidden ? 0 : link.strength));
      line.setAttribute("d", path);
      text.setAttribute("x", middle[0]);
      text.setAttribute("y", middle[1] + 4);
      text.textContent = link.hidden ? "" : percent(Math.max(link.strength, 0)).replace("over ", ">").replace("under ", "<");
      kept.add(key);
    });
    for (const [key, { line, text }] of this.links) if (!kept.has(key)) { line.remove(); text.remove(); this.links.delete(key); }
  }

  // figures that would lie on each other move apart
  separate(texts) {
    const at = (text, name) => Number(text.getAttribute(name)), sorted = [...texts].sort((one, other) => at(one, "y") - at(other, "y"));
    sorted.forEach((text, i) => {
      for (const above of sorted.slice(0, i)) {
        const near = Math.abs(at(above, "x") - at(text, "x")) < 40, low = at(above, "y") + VALUE + 1;
        if (near && at(text, "y") < low) text.setAttribute("y", low);
      }
    });
  }

  // the links of these keys and their boxes light up; only other links fade
  light(keys) {
    const near = new Set();
    this.svg.classList.toggle("focused", keys.size > 0);
    for (const [key, { line, text, link }] of this.links) {
      const mine = keys.has(key);
      line.classList.toggle("near", mine);
      text.classList.toggle("near", mine);
      if (mine) { near.add(link.start); near.add(link.end); }
    }
    for (const [v, { box }] of this.nodes) box.classList.toggle("near", near.has(v));
    this.separate([...this.links].filter(([key]) => keys.has(key)).map(([, { text }]) => text));
  }
}
