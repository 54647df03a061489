// The explorer: a picture drawn by graph.py comes alive. explore(root, { model, case, flags }, told) returns the Explorer;
// listener(case, flags, voice) is called after every change that the reader makes.
export function explore(root, data, listener) {
  return new Explorer(root, data, listener);
}

// how long the ranking may keep a click waiting, in ms
const SLICE = 8;
// how small the picture may become beside its own size: text of 11.5 pixels stays at 11
const SMALLEST_SCALE = 0.96;
const MOST_LETTERS = 22;
// how long the pointer rests on a box before the panel follows it, in ms
const REST = 180;

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// The path of a link between two boxes [x, y] through gaps of the columns between them; as layout.py's route().
export function route([x0, top], [x1, end], columns, [wide, high, , , gap, most]) {
  const y0 = top + high / 2, y1 = end + high / 2;
  if (x0 === x1) {
    const x = x0 + wide, bow = Math.round(x + Math.min(14 + Math.abs(y1 - y0) / 40, most));
    return `M${x} ${y0}C${bow} ${y0} ${bow} ${y1} ${x} ${y1}`;
  }
  const forward = x1 > x0, curve = (x, y, u, v) => `C${(x + u) / 2} ${y} ${(x + u) / 2} ${v} ${u} ${v}`;
  let x = x0 + (forward ? wide : 0), y = y0, path = `M${x} ${y}`;
  for (const boxes of forward ? columns : [...columns].reverse()) {
    const left = boxes[0][0];
    if (left <= Math.min(x0, x1) || left >= Math.max(x0, x1)) continue;
    const straight = y0 + (y1 - y0) * (left - x0) / (x1 - x0), tops = boxes.map(([, y]) => y), ends = [tops[0] - gap - high, ...tops, tops.at(-1) + high + gap];
    const gaps = ends.slice(1).map((below, i) => (ends[i] + high + below) / 2);
    const at = gaps.reduce((best, one) => (Math.abs(one - straight) < Math.abs(best - straight) ? one : best)), [near, far] = forward ? [left, left + wide] : [left + wide, left];
    path += `${curve(x, y, near, at)}L${far} ${at}`;
    [x, y] = [far, at];
  }
  return path + curve(x, y, x1 + (forward ? 0 : wide), y1);
}

class Explorer {
  constructor(root, { model, case: findings, flags, voice }, listener) {
    Object.assign(this, { root, model, listener, findings: { ...findings }, flags: { ...flags }, hidden: new Set(), nodes: new Map() });
    this.given = Object.fromEntries(Object.entries(this.findings).filter(([, finding]) => typeof finding !== "string"));
    this.network = new Reasoner(model);
    this.sentences = new Sentences(this.network);
    this.svg = this.$(".bp-graph");
    this.heads = [...this.svg.querySelectorAll(".head")];
    this.lines = [...this.svg.querySelectorAll(".links .link")];
    root.id ||= `bp-${Math.random().toString(36).slice(2)}`;
    this.wireTheme();
    this.wireNodes();
    this.wireControls();
    this.wireFlags();
    // a notebook's own shortcuts stay away from what has the focus here
    for (const one of root.querySelectorAll(".node,button,input,select,summary")) one.setAttribute("data-lm-suppress-shortcuts", "true");
    if (this.heads.length > 4) for (const role of model.tests) this.toggle(role);
    this.place();
    if (voice) this.speak(voice);
    this.update();
  }

  $(selector) { return this.root.querySelector(selector); }

  finding(v) { return Object.hasOwn(this.findings, v.id) ? this.findings[v.id] : undefined; }

  // ---- what the reader does

  // the unhealthy state first, then the next, then what was uncertain, then nothing; states that cannot be are passed over
  press(v) {
    const circle = [...v.states].reverse(), finding = this.finding(v);
    if (Object.hasOwn(this.given, v.id)) circle.push(this.given[v.id]);
    let at = finding === undefined ? 0 : circle.indexOf(finding) + 1, refused = "";
    for (; at < circle.length; at++) {
      const next = { ...this.findings, [v.id]: circle[at] };
      if (this.network.logEvidence(next) > -Infinity) break;
      refused ||= this.refusal(next);
    }
    if (at < circle.length) this.findings = { ...this.findings, [v.id]: circle[at] };
    else delete this.findings[v.id];
    this.changed(refused);
  }

  refusal(findings) {
    const said = Object.entries(this.network.conflict(findings)).map(([id, finding]) => `${this.network.byId.get(id).label}: ${this.sentences.finding(finding)}`);
    return `This cannot be, and was not taken: ${said.join("; ")}.`;
  }

  clear(v) {
    delete this.findings[v.id];
    this.changed();
  }

  speak(name) {
    const before = this.network.name;
    this.network.speak(name);
    const refused = this.network.logEvidence(this.findings) > -Infinity ? "" : this.refusal(this.findings);
    if (refused) this.network.speak(before);
    this.$(".bp-voice").value = this.network.name;
    return refused;
  }

  changed(message) {
    this.update(message);
    if (this.listener) this.listener({ ...this.findings }, { ...this.flags }, this.network.name);
  }

  // The page keeps its case in its address, and can be saved with it; `text` is the page before its scripts ran.
  standalone(text) {
    const save = this.$(".bp-save"), [first] = Object.keys(this.model.voices);
    const read = () => {
      const { case: findings, flags, voice } = caseOf(location.hash.slice(1), this.model);
      this.set(findings, flags, voice || first);
    };
    if (location.hash.length > 1) read();
    addEventListener("hashchange", read);
    this.listener = (findings, flags, voice) => {
      history.replaceState(null, "", `#${addressOf({ findings, flags, voice: voice === first ? "" : voice })}`);
    };
    save.hidden = false;
    save.addEventListener("click", () => {
      const { model, findings, flags } = this, page = copyOf(text, { model, case: findings, flags, voice: this.network.name });
      const link = element("a", undefined, { href: URL.createObjectURL(new Blob([page], { type: "text/html" })), download: `${model.name}.html` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
  }

  // From outside; whoever sets it knows.
  set(findings, flags, voice) {
    this.findings = { ...findings };
    this.flags = { ...flags };
    for (const [id, finding] of Object.entries(findings)) if (typeof finding !== "string") this.given[id] = finding;
    if (Object.hasOwn(this.model.voices, voice)) this.speak(voice);
    this.update();
  }

  // ---- what the reader sees

  update(message = "") {
    const start = performance.now();
    this.now = this.network.posterior(this.findings);
    this.alert = redFlags(this.model, implied(this.model, this.findings, this.flags));
    this.draw();
    if (this.informed) this.showInfo(this.informed);
    this.$(".bp-note").textContent = message;
    this.root.dataset.drawn = (performance.now() - start).toFixed(2);
    this.later(() => this.answer(start));
  }

  // do this after what the browser has to do first; what was to be done later is given up
  later(work) {
    const { port1, port2 } = new MessageChannel();
    if (this.waiting) this.waiting.close();
    this.waiting = port1;
    port1.onmessage = () => { port1.close(); work(); };
    port2.postMessage("");
  }

  // what needs no ranking is said at once; causes are ranked in slices, and whoever clicks meanwhile is served first
  answer(start) {
    this.showFlags();
    const { unranked } = this.model.words, first = this.told();
    if (this.alert.urgent) first.push(element("h2", "Not ranked"), element("p", "A red flag is set. What to do about it comes first; it stands at the top."));
    else if (unranked) first.push(element("h2", "What may lie behind it"), element("p", unranked));
    else return this.rank(this.network.contributors(this.findings, this.now), first, start);
    this.say(first, []);
    return this.answered(start);
  }

  rank(steps, first, start) {
    const end = performance.now() + SLICE;
    let step = steps.next();
    while (!step.done && performance.now() < end) step = steps.next();
    if (!step.done) {
      this.later(() => this.rank(steps, first, start));
      return;
    }
    this.showRanking(first, step.value);
    this.answered(start);
  }

  answered(start) {
    this.root.dataset.answered = (performance.now() - start).toFixed(2);
    this.$(".bp-time").textContent = `answered in ${Math.round(this.root.dataset.answered)} ms`;
  }

  describe(v) {
    const finding = this.finding(v);
    if (typeof finding === "string") return words(finding);
    if (this.alert.urgent) return "";
    const { now, state } = this.network.shown(this.now, v);
    return state ? `${percent(now)} ${state}` : percent(now);
  }

  draw() {
    const wide = this.model.box[3];
    this.root.classList.toggle("bp-urgent", this.alert.urgent);
    for (const { v, box, bar, tick, value } of this.nodes.values()) {
      const finding = this.finding(v), told = finding !== undefined, said = this.describe(v);
      const { now, before } = this.network.shown(this.now, v);
      bar.setAttribute("width", (wide * now).toFixed(1));
      tick.setAttribute("d", `M${(8 + wide * before).toFixed(1)} 36v8`);
      value.textContent = said.length > MOST_LETTERS ? said.slice(0, MOST_LETTERS - 1) + "…" : said;
      box.classList.toggle("told", told);
      box.classList.toggle("unsure", told && typeof finding !== "string");
      box.setAttribute("aria-pressed", String(told));
      const sure = told && typeof finding !== "string" ? `${this.sentences.finding(finding)}, ` : "";
      box.setAttribute("aria-label", `${v.label}: ${sure}${said || "withheld"}${told && !sure ? ", as you told" : ""}`);
      box.firstChild.textContent = `${v.label}: ${sure}${said || "withheld"}`;
    }
    this.network.links.forEach(([parent, child], i) => {
      const strength = this.alert.urgent ? 0 : this.network.strength(parent, child, this.now);
      this.lines[i].setAttribute("stroke-width", (0.6 + 4.4 * Math.sqrt(strength)).toFixed(1));
    });
  }

  showFlags() {
    const box = this.$(".bp-alarm"), { lines, alarm, fired, open } = this.alert;
    box.classList.toggle("bp-fired", fired);
    const shown = lines.filter((line) => !/^(Answered no|Not asked yet|No red-flag question)/.test(line));
    this.showQuestions();
    box.hidden = !alarm;
    if (box.textContent !== shown.join("")) box.replaceChildren(...shown.map((line) => element("p", line)));
    this.$(".bp-flags-count").textContent = open ? `${open} not asked, so not cleared` : alarm ? "all asked" : lines.at(-1);
  }

  told() {
    const told = Object.entries(this.findings).map(([id, finding]) => `${this.network.byId.get(id).short}: ${this.sentences.finding(finding)}`).join("; ");
    return [element("h2", "What you told"), element("p", told ? `${capital(told)}.` : `Nothing yet: these are the figures for ${this.model.words.population}.`)];
  }

  showRanking(parts, ranked) {
    const { title, items, notes, sources } = this.sentences.report(ranked, this.findings, this.now), list = element("ol");
    for (const { cause, text, details } of items) {
      const item = element("li");
      item.append(element("strong", cause), text.slice(cause.length));
      details.forEach((line, i) => item.append(i % 2 ? element("small", line) : element("div", line, { class: "bp-way" })));
      list.append(item);
    }
    const kinds = this.network.kinds(this.findings, this.now);
    if (kinds.rows.length) parts.push(element("h2", this.model.words.kinds), this.kindWords(kinds));
    parts.push(element("h2", title), list, ...notes.map((note) => element("p", note)));
    const advice = this.sentences.advice(this.findings, this.alert.fired);
    if (advice.length) parts.push(element("h2", "Good to know"));
    for (const [text, grade, from] of advice) {
      parts.push(element("p", `${text} `));
      parts.at(-1).append(element("small", `[${grade}: ${from.map((id) => this.model.sources[id][0]).join(", ")}]`));
      sources.push(...from);
    }
    this.say(parts, sources, items);
  }

  kindWords({ rows, neither }) {
    const said = rows.map(({ v, now, before }) => `${v.label}: ${percent(now)} (${percent(before)} before)`);
    return element("p", `${said.join("; ")}.${neither === undefined ? "" : ` ${this.model.words.no_kind}: ${percent(neither)}.`}`);
  }

  say(parts, sources, items = []) {
    this.$(".bp-answer").replaceChildren(...parts);
    const ranked = items.length ? ` Most likely: ${items.slice(0, 3).map(({ v }) => v.short).join(", ")}.` : "";
    this.$(".bp-status").textContent = `${Object.keys(this.findings).length} told.${this.alert.urgent ? " A red flag is set." : ranked}`;
    const unique = [...new Set(sources)].map((id) => this.model.sources[id]);
    this.$(".bp-sources").replaceChildren(...(unique.length ? [element("strong", "Sources "), unique.map(([id, reference]) => `${id}: ${reference}`).join("; ") + "."] : []));
  }

  // the links of one variable light up; nothing else fades but the other links
  light(v) {
    const near = new Set([v]);
    this.svg.classList.toggle("focused", Boolean(v));
    this.network.links.forEach((link, i) => {
      const mine = link.includes(v);
      this.lines[i].classList.toggle("near", mine);
      if (mine) link.forEach((other) => near.add(other));
    });
    for (const node of this.nodes.values()) node.box.classList.toggle("near", near.has(node.v));
  }

  // the links of one variable in words: strength today, grade, source; no strength while an urgent flag is set
  showInfo(v) {
    this.informed = v;
    const list = element("ul"), cited = new Set();
    const mine = this.network.links.filter((link) => link.includes(v)).map(([parent, child]) => {
      const [strength, cite] = this.network.strongest(parent, child, this.now) || [0];
      return { parent, child, strength, cites: this.network.voice.cites[cite] || [[], []], grade: this.model.words.grades[this.network.grade(parent, child)] };
    });
    for (const { parent, child, strength, cites, grade } of mine.sort((a, b) => b.strength - a.strength)) {
      const item = element("li", `${capital(parent.short)} → ${child.short}: `);
      if (!this.alert.urgent) item.append(element("strong", strength > 0 ? percent(strength) : "does not act today"), cites.flat().length ? ", " : " ");
      item.append(cites.flat().length ? `${grade} ` : "", element("small", `[${this.sentences.ids(cites)}]`));
      cites.flat().forEach((id) => cited.add(id));
      list.append(item);
    }
    const said = [...cited].map((id) => this.model.sources[id]).map(([id, reference, says]) => element("p", `${id}: ${reference}${says ? `: ${says}` : ""}`, { class: "bp-said" }));
    this.$(".bp-info").replaceChildren(element("h2", v.label), element("p", v.question || "Not asked: worked out from the rest."), list, ...said);
  }

  // what lights up, and what the panel shows, follow the pointer where it rests: on its way to the panel it passes other boxes
  pointed(v) {
    clearTimeout(this.resting);
    const focused = this.network.byId.get(this.svg.querySelector(".node:focus")?.dataset.id);
    this.resting = setTimeout(() => {
      this.light(v || focused);
      if (v) this.showInfo(v);
    }, REST);
  }

  // ---- where things are

  toggle(key, on = this.hidden.has(key)) {
    if (on) this.hidden.delete(key); else this.hidden.add(key);
    for (const button of this.$(".bp-roles").children) button.setAttribute("aria-pressed", String(!this.hidden.has(button.dataset.key)));
  }

  place() {
    const [width, , between] = this.model.box, shown = this.heads.filter((head) => !this.hidden.has(head.dataset.key)), at = new Map();
    for (const head of this.heads) {
      const column = shown.indexOf(head), x = column * (width + between) + 8;
      head.style.display = column < 0 ? "none" : "";
      head.setAttribute("x", x + width / 2);
      for (const node of this.nodes.values()) if (node.home === head) {
        node.box.style.display = column < 0 ? "none" : "";
        node.x = x;
        node.box.setAttribute("transform", `translate(${x} ${node.y})`);
        if (column >= 0) at.set(node.v, [x, node.y]);
      }
    }
    const columns = shown.map((head) => [...this.nodes.values()].filter((node) => node.home === head).map(({ x, y }) => [x, y]).sort((one, other) => one[1] - other[1]));
    this.network.links.forEach(([parent, child], i) => {
      const from = at.get(parent), to = at.get(child);
      this.lines[i].style.display = from && to ? "" : "none";
      if (from && to) this.lines[i].setAttribute("d", route(from, to, columns, this.model.box));
    });
    const wide = Math.max(1, shown.length) * (width + between) + 8;
    this.svg.setAttribute("viewBox", `0 0 ${wide} ${this.svg.viewBox.baseVal.height}`);
    this.svg.setAttribute("width", wide);
    this.svg.style.minWidth = `${Math.round(wide * SMALLEST_SCALE)}px`;
  }

  // ---- wiring

  // the notebook's own theme where there is one, else the browser's
  wireTheme() {
    const asked = matchMedia("(prefers-color-scheme: dark)"), { body } = document;
    this.theme = () => {
      const light = body.dataset.jpThemeLight;
      this.root.classList.toggle("bp-dark", light ? light === "false" : body.classList.contains("vscode-dark") || asked.matches);
    };
    this.watch = new MutationObserver(this.theme);
    this.watch.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    asked.addEventListener("change", this.theme);
    this.theme();
    // on paper the picture leaves room for the words: one page in all
    this.print = () => {
      const length = (part, weight) => weight * this.$(part).textContent.length, said = length(".bp-answer", 1) + length(".bp-alarm", 1) + length(".bp-sources", 0.6);
      this.root.style.setProperty("--room", `${Math.round(Math.max(48, Math.min(132, 132 - (said - 3500) / 25)))}mm`);
    };
    addEventListener("beforeprint", this.print);
  }

  destroy() {
    this.watch.disconnect();
    removeEventListener("beforeprint", this.print);
    if (this.waiting) this.waiting.close();
    clearTimeout(this.resting);
  }

  wireNodes() {
    this.svg.setAttribute("role", "group");
    const columns = this.heads.map((head) => Number(head.getAttribute("x")));
    for (const box of this.svg.querySelectorAll(".node")) {
      const [x, y] = box.getAttribute("transform").match(/[\d.]+/g).map(Number), v = this.network.byId.get(box.dataset.id);
      const home = this.heads[columns.findIndex((centre) => Math.abs(centre - x - this.model.box[0] / 2) < 1)];
      if (!box.querySelector(".tick")) box.append(document.createElementNS(this.svg.namespaceURI, "path"));
      const [bar, value, tick] = [box.querySelector(".bar"), box.querySelector(".value"), box.lastChild];
      tick.setAttribute("class", "tick");
      this.nodes.set(v.id, { v, box, x, y, home, bar, value, tick });
      box.setAttribute("role", "button");
      box.setAttribute("tabindex", this.nodes.size === 1 ? "0" : "-1");
      box.addEventListener("click", () => { this.press(v); box.focus({ preventScroll: true }); });
      box.addEventListener("keydown", (event) => this.key(event, v));
      box.addEventListener("focus", () => this.focused(box, v));
      box.addEventListener("blur", () => { box.removeAttribute("aria-describedby"); this.light(undefined); });
      box.addEventListener("mouseenter", () => this.pointed(v));
      box.addEventListener("mouseleave", () => this.pointed(undefined));
    }
  }

  focused(box, v) {
    for (const node of this.nodes.values()) node.box.setAttribute("tabindex", node.box === box ? "0" : "-1");
    this.light(v);
    this.showInfo(v);
    box.setAttribute("aria-describedby", (this.$(".bp-info").id = `${this.root.id}-info`));
  }

  key(event, v) {
    const does = { Enter: () => this.press(v), " ": () => this.press(v), Delete: () => this.clear(v), Backspace: () => this.clear(v) }[event.key];
    if (!does && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    if (does) does(); else this.step(v, event.key);
  }

  step(v, key) {
    const { x, y } = this.nodes.get(v.id), shown = [...this.nodes.values()].filter((node) => node.box.style.display !== "none");
    const ahead = { ArrowUp: (n) => n.x === x && n.y < y, ArrowDown: (n) => n.x === x && n.y > y, ArrowLeft: (n) => n.x < x, ArrowRight: (n) => n.x > x }[key];
    const far = (n) => Math.abs(n.x - x) * 10 + Math.abs(n.y - y);
    const next = shown.filter(ahead).sort((m, n) => far(m) - far(n))[0];
    if (next) next.box.focus();
  }

  wireControls() {
    for (const head of this.heads) {
      const button = element("button", head.textContent, { type: "button", "aria-pressed": "true", "data-key": head.dataset.key });
      button.addEventListener("click", () => { this.toggle(head.dataset.key); this.place(); });
      this.$(".bp-roles").append(button);
    }
    const find = this.$(".bp-find");
    find.addEventListener("input", () => this.search(find.value));
    find.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.search(find.value, true);
      if (event.key === "Escape") this.search((find.value = ""));
    });
    const voices = Object.keys(this.model.voices), choice = this.$(".bp-voice");
    for (const name of voices) choice.append(element("option", this.model.words.voices[name] || words(name), { value: name }));
    this.$(".bp-voice-label").hidden = voices.length < 2;
    choice.addEventListener("change", () => this.changed(this.speak(choice.value)));
    this.$(".bp-clear").addEventListener("click", () => { this.findings = {}; this.changed(); });
  }

  // dims what does not match; Enter shows the first match, in a hidden column too, and moves there; Escape ends it
  search(text, go = false) {
    const found = this.seek(text.trim().toLowerCase());
    const away = found.filter((node) => this.hidden.has(node.home.dataset.key)).length;
    this.$(".bp-note").textContent = text.trim() ? `${found.length} found${away ? `, ${away} in hidden columns` : ""}.` : "";
    if (!go || !text.trim() || !found.length) return;
    if (found.length === away) { this.toggle(found[0].home.dataset.key, true); this.place(); }
    this.seek("");
    found.find((node) => node.box.style.display !== "none").box.focus();
  }

  seek(wanted) {
    const found = [...this.nodes.values()].filter(({ v }) => [v.label, words(v.id), v.question || ""].join(" ").toLowerCase().includes(wanted));
    for (const node of this.nodes.values()) node.box.classList.toggle("miss", !found.includes(node));
    this.root.classList.toggle("bp-seeking", wanted !== "");
    return found;
  }

  wireFlags() {
    for (const [id, text] of this.model.questions) {
      const field = element("fieldset");
      field.append(element("legend", text), ...["yes", "no", ""].map((value) => {
        const label = element("label"), input = element("input", undefined, { type: "radio", name: `${this.root.id}-${id}`, value });
        input.addEventListener("change", () => {
          if (value) this.flags[id] = value; else delete this.flags[id];
          this.changed();
        });
        label.append(input, ` ${value || "not asked"}`);
        return label;
      }));
      this.$(".bp-questions").append(field);
    }
  }

  showQuestions() {
    const answers = implied(this.model, this.findings, this.flags);
    const fields = this.$(".bp-questions").children;
    this.model.questions.forEach(([id], i) => { for (const input of fields[i].querySelectorAll("input")) input.checked = input.value === (answers[id] || ""); });
  }

  marginals() {
    return Object.fromEntries(this.network.variables.map((v) => [v.id, [...this.now.marginals.slice(v.start, v.start + v.states.length)]]));
  }
}
