// The card of one box: its states to press, how sure one is, why it is as likely as it is, its links with their sources.
const FINEST = 10;
// how high a card grows once it says why, in pixels
const HIGH = 330;
// its own box is worth so many others
const OWN = 9;
// how much two stretches have in common
const shared = (start, end, from, to) => Math.max(0, Math.min(end, to) - Math.max(start, from));

class Card {
  constructor(explorer, box) {
    Object.assign(this, { explorer, box });
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  get open() { return this.v !== undefined; }

  // beside the box where there is room, a sheet from below where there is not
  show(v, node, take) {
    this.v = v;
    this.rows = [];
    const { box } = this, head = element("div", undefined, { class: "bp-card-head" }), close = element("button", "×", { type: "button", "aria-label": "Close" });
    close.addEventListener("click", () => this.close());
    head.append(element("h2", v.label), close);
    const states = element("div", undefined, { class: "bp-states", role: "group", "aria-label": "What you know" });
    v.states.forEach((state, s) => states.append(this.state(v, state, s)));
    this.why = this.fold("Why?", true);
    this.links = this.fold("Links and their sources");
    box.replaceChildren(head, element("p", v.question || "Not asked: worked out from the rest."), states, this.unsure(v), this.what(v), this.why, this.links);
    box.setAttribute("aria-label", v.label);
    box.hidden = false;
    this.place(node);
    this.refresh();
    this.explorer.pointed(v);
    if (take) (states.querySelector("[aria-pressed=true]") || states.firstChild).focus({ preventScroll: true });
  }

  fold(title, open = false) {
    const made = element("details");
    made.append(element("summary", title), element("div"));
    made.open = open;
    made.addEventListener("toggle", () => this.refresh());
    return made;
  }

  // at the side of the box where it hides least of its path
  place(node) {
    const { box } = this, canvas = box.parentNode.getBoundingClientRect(), at = node.getBoundingClientRect(), wide = box.offsetWidth, high = Math.max(box.offsetHeight, HIGH);
    const sides = [[at.right + GAP, at.top - GAP], [at.left - wide - GAP, at.top - GAP], [at.left, at.bottom + GAP], [at.left, at.top - high - GAP]];
    const places = sides.map(([x, y]) => [between(0, x - canvas.left, canvas.width - wide), Math.max(0, y - canvas.top)]);
    const path = [...this.explorer.pathBoxes(this.v), ...Array(OWN).fill(node)].map((one) => one.getBoundingClientRect());
    const hidden = ([x, y]) => path.reduce((sum, part) => sum + shared(part.left - canvas.left, part.right - canvas.left, x, x + wide) * shared(part.top - canvas.top, part.bottom - canvas.top, y, y + high), 0);
    const [x, y] = places.reduce((best, one) => (hidden(one) < hidden(best) ? one : best));
    box.style.left = `${x}px`;
    box.style.top = `${y}px`;
  }

  // where the picture has become narrower, the card moves back into it
  keepIn() {
    const { box } = this, least = box.parentNode.clientWidth - box.offsetWidth;
    if (this.open && parseFloat(box.style.left) > least) box.style.left = `${Math.max(0, least)}px`;
  }

  state(v, state, s) {
    const button = element("button", undefined, { type: "button", class: "bp-state" }), bar = element("i"), name = element("span", words(state)), chance = element("b");
    button.append(bar, name, chance);
    button.addEventListener("click", () => this.explorer.tell(v, this.explorer.finding(v) === state ? undefined : state));
    this.rows.push({ button, bar, chance, state, place: v.start + s });
    return button;
  }

  // how well each answer fits what one knows; only the ratios count
  unsure(v) {
    const made = this.fold("Not sure?"), inputs = new Map(), said = this.explorer.finding(v);
    made.lastChild.append(element("p", "How well does each answer fit? All alike says nothing."));
    for (const state of v.states) {
      const label = element("label", words(state)), input = element("input", undefined, { type: "range", min: 0, max: FINEST, step: 0.5 });
      input.value = said && !isTold(said) ? (FINEST * (said[state] || 0)) / Math.max(...Object.values(said)) : FINEST;
      label.append(input);
      inputs.set(state, input);
      input.addEventListener("input", () => {
        const fits = Object.fromEntries([...inputs].map(([each, { value }]) => [each, Number(value) / FINEST])), values = Object.values(fits);
        if (values.some((fit) => fit > 0)) this.explorer.tell(v, values.every((fit) => fit === values[0]) ? undefined : fits, true);
      });
      made.lastChild.append(label);
    }
    return made;
  }

  what(v) {
    const made = this.fold("What if it were made so?"), { explorer } = this;
    made.lastChild.append(element("p", "Cut off from its causes and set: shows what would follow from it, not what may be behind it."));
    this.sets = v.states.map((state) => {
      const button = this.act("do", words(state));
      button.addEventListener("click", () => explorer.make(v, explorer.done(v) === state ? undefined : state));
      made.lastChild.append(button);
      return [state, button];
    });
    this.cure = undefined;
    if (!treatable(v, explorer.model)) return made;
    this.cure = this.act("treat", words(v.states[0]));
    this.cure.addEventListener("click", () => explorer.treat(v));
    made.lastChild.append(element("p", explorer.sentences.phrase("card_put_right")), this.cure);
    return made;
  }

  act(name, said) {
    const button = element("button", undefined, { type: "button", class: "bp-act", "aria-label": this.explorer.sentences.phrase(`press_${name}`, { state: said }) });
    button.append(sign(name), ` ${said}`);
    return button;
  }

  // the figures anew, without a new card: what has the focus keeps it
  refresh() {
    if (!this.open) return;
    const { v, explorer } = this, { seen: now, alert } = explorer, finding = explorer.finding(v);
    for (const { button, bar, chance, state, place } of this.rows) {
      const p = now.marginals[place];
      button.setAttribute("aria-pressed", String(finding === state));
      bar.style.width = alert.urgent ? 0 : `${100 * p}%`;
      chance.textContent = alert.urgent ? "" : percent(p);
    }
    for (const [state, button] of this.sets) button.setAttribute("aria-pressed", String(explorer.done(v) === state));
    if (this.cure) this.cure.setAttribute("aria-pressed", String(explorer.treated(v)));
    this.why.hidden = alert.urgent || Boolean(v.unordered) || finding !== undefined || explorer.done(v) !== undefined;
    if (this.links.open) this.links.lastChild.replaceChildren(...explorer.linkWords(v));
    if (this.why.open && !this.why.hidden) explorer.explain(v);
  }

  // steps: [[words, decibans]], from what was likely before to now
  explained({ steps, before, after, ordered }) {
    const { v } = this, most = Math.max(3, ...steps.map(([, db]) => Math.abs(db)).filter(Number.isFinite)), list = element("ul", undefined, { class: "bp-steps" });
    for (const [said, db] of steps) {
      const row = element("li"), bar = element("i", undefined, { class: db < 0 ? "against" : "for" }), size = Math.min(Math.abs(db), most) / most;
      bar.style.width = `${46 * size}%`;
      row.append(element("span", said), bar, element("b", Number.isFinite(db) ? `${db < 0 ? "\u2212" : "+"}${Math.abs(db).toFixed(1)}` : "settles it"));
      list.append(row);
    }
    const ends = `${percent(before)} before, ${percent(after)} now`, how = ordered ? "in the order told" : "each over all orders";
    const words_ = steps.length ? `${capital(unhealthyWords(v) || "yes")}: ${ends}. Decibans for or against it, ${how}; 3 double the odds.` : `${ends}. Nothing told bears on it yet.`;
    this.why.lastChild.replaceChildren(element("p", words_), list);
  }

  close() {
    if (!this.open) return;
    const { v } = this;
    this.v = undefined;
    this.box.hidden = true;
    this.explorer.closed(v);
  }
}
