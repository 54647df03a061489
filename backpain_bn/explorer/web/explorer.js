// The explorer. explore(root, { model, case, flags, does, treats, voice }, listener) returns the Explorer; listener(case, flags, voice,
// does, treats) is called after every change that the reader makes; `follows` are answers to red flags by numbers that were told.
export function explore(root, data, listener) {
  return new Explorer(root, data, listener);
}

// how long after a change nothing fades, and how long the answer rests before the ranges are drawn, in ms
const CALM = 2000, REST_OF_ANSWER = 500;

class Explorer extends Boxes {
  constructor(root, { model, case: findings, flags, does, treats = [], voice, follows = {} }, listener) {
    super();
    Object.assign(this, { root, model, listener, findings: { ...findings }, flags: { ...flags }, does: { ...does }, treats: [...treats] });
    Object.assign(this, { past: [], future: [], extra: new Set(), unfolded: new Set(), calm: 0, work: new Slices(), whying: new Slices(), ranging: new Slices() });
    this.follows = follows;
    this.network = new Reasoner(model);
    this.sentences = new Sentences(this.network);
    this.columns = model.columns.map(([key, title, places]) => ({ key, title, members: places.map((place) => this.network.variables[place]) }));
    this.paths = JSON.parse(root.dataset.paths || "[]").map((path) => path.map((place) => this.network.variables[place]));
    this.svg = this.$(".bp-graph");
    this.card = new Card(this, this.$(".bp-card"));
    root.id ||= `bp-${Math.random().toString(36).slice(2)}`;
    this.wireView();
    this.picture = new Picture(this.svg, this.measureText);
    this.picture.made = (node) => this.wireNode(node);
    for (const [, node] of this.picture.nodes) this.wireNode(node);
    this.wireControls();
    this.wireFlags();
    if (voice) this.speak(voice);
    this.update();
  }

  $$(selector) { return this.root.querySelectorAll(selector); }

  // ---- what the reader does

  // say what is known of a variable; nothing takes it back. What cannot be is refused.
  tell(v, finding, gradual = false) {
    const { [v.id]: _, ...rest } = this.findings, { [v.id]: __, ...does } = this.does, treats = this.treats.filter((id) => id !== v.id);
    const findings = finding === undefined ? rest : { ...rest, [v.id]: finding };
    const impossible = finding !== undefined && this.network.logEvidence(findings, does) === -Infinity;
    if (impossible) this.update(this.refusal(findings));
    else this.change({ findings, does, treats }, gradual ? v : undefined);
  }

  // set a variable whatever its causes
  make(v, state) {
    const { [v.id]: _, ...findings } = this.findings, { [v.id]: __, ...rest } = this.does, treats = this.treats.filter((id) => id !== v.id);
    const does = state === undefined ? rest : { ...rest, [v.id]: state };
    if (this.network.logEvidence(findings, does) === -Infinity) this.update(this.refusal(findings));
    else this.change({ findings, does, treats });
  }

  // look at the same case had a variable been healthy; once more takes it back
  treat(v) {
    const { [v.id]: _, ...does } = this.does, others = this.treats.filter((id) => id !== v.id);
    this.change({ does, treats: this.treated(v) ? others : [...others, v.id] });
  }

  refusal(findings) {
    const said = Object.entries(this.network.conflict(findings)).map(([id, finding]) => `${this.network.byId.get(id).label}: ${this.sentences.finding(finding)}`);
    return `This cannot be, and was not taken: ${said.join("; ")}.`;
  }

  get state() { return { findings: this.findings, flags: this.flags, does: this.does, treats: this.treats, voice: this.network.name }; }

  get implied() { return answersOf(implied(this.model, this.findings), this.follows); }

  // take a change and remember what was; a slider that moves on is one change
  change(next, slider) {
    if (!slider || slider !== this.slider) this.past.push(this.state);
    this.slider = slider;
    this.future = [];
    this.become(next);
  }

  become({ findings, flags, does, treats, voice }) {
    Object.assign(this, { findings: findings || this.findings, flags: flags || this.flags, does: does || this.does, treats: treats || this.treats });
    const refused = voice && voice !== this.network.name ? this.speak(voice) : "";
    this.update(refused);
    if (this.listener) this.listener({ ...this.findings }, { ...this.flags }, this.network.name, { ...this.does }, [...this.treats]);
  }

  turnBack(from, to) {
    if (!from.length) return;
    to.push(this.state);
    this.slider = undefined;
    this.become(from.pop());
  }
  undo() { this.turnBack(this.past, this.future); }
  redo() { this.turnBack(this.future, this.past); }

  speak(name) {
    const before = this.network.name;
    this.network.speak(name);
    const refused = this.network.logEvidence(this.findings, this.does) > -Infinity ? "" : this.refusal(this.findings);
    if (refused) this.network.speak(before);
    this.$(".bp-voice").value = this.network.name;
    Object.assign(this, { seen: undefined, other: undefined });
    return refused;
  }

  // The page keeps its case in its address, and can be saved with it; `text` is the page before its scripts ran.
  standalone(text) {
    const save = this.$(".bp-save"), [first] = Object.keys(this.model.voices);
    const read = () => {
      const { case: findings, flags, does, treats, voice } = caseOf(location.hash.slice(1), this.model);
      this.set(findings, flags, voice || first, does, treats);
    };
    if (location.hash.length > 1) read();
    addEventListener("hashchange", read);
    document.body.addEventListener("keydown", (event) => this.shortcut(event));
    this.listener = (findings, flags, voice, does, treats) => {
      history.replaceState(null, "", `#${addressOf({ findings, flags, does, treats, voice: voice === first ? "" : voice }, this.model)}`);
    };
    save.hidden = false;
    save.addEventListener("click", () => {
      const { model, findings, flags, does, treats, alert } = this, paths = this.paths.map((path) => path.map(({ index }) => index));
      const page = copyOf(text, { model, case: findings, flags, does, treats, voice: this.network.name }, { picture: this.still(), paths, alert });
      this.download(new Blob([page], { type: "text/html" }), `${model.name}.html`);
    });
  }

  // From outside; whoever sets it knows.
  set(findings, flags, voice, does = {}, treats = [], follows = {}) {
    this.follows = follows;
    Object.assign(this, { findings: { ...findings }, flags: { ...flags }, does: { ...does }, treats: [...treats] });
    if (Object.hasOwn(this.model.voices, voice) && voice !== this.network.name) this.speak(voice);
    this.update();
  }

  // ---- what the reader sees

  update(message = "") {
    const start = performance.now();
    this.was = this.seen;
    this.now = this.network.posterior(this.findings, this.does);
    this.alert = redFlags(this.model, this.flags, this.implied);
    this.calm = start + CALM;
    if (!this.otherwise || !this.seen) this.seen = this.now;
    Object.assign(this, { ranked: undefined, otherShares: undefined, ranges: undefined });
    this.ranging.stop();
    clearTimeout(this.restingAnswer);
    delete this.root.dataset.ranged;
    this.root.classList.toggle("bp-urgent", this.alert.urgent);
    delete this.root.dataset.answered;
    if (this.alert.urgent) this.unlight();
    this.place();
    this.$(".bp-note").textContent = message;
    this.$(".bp-undo").setAttribute("aria-disabled", String(!this.past.length));
    this.$(".bp-redo").setAttribute("aria-disabled", String(!this.future.length));
    this.root.dataset.drawn = (performance.now() - start).toFixed(2);
    this.work.start(this.answering(start), () => {});
  }

  // what the other voice makes of the same case; none where there is none, or where it holds the case impossible
  *besides() {
    const name = Object.keys(this.model.voices).find((each) => each !== this.network.name);
    if (!name || this.alert.urgent) { this.beside = undefined; return; }
    if (!this.other) {
      this.other = new Reasoner(this.model);
      this.other.speak(name);
    }
    this.otherName = this.model.words.speakers[name] || words(name);
    const now = this.other.posterior(this.findings, this.does);
    this.beside = now.logEvidence > -Infinity ? now : undefined;
    if (this.beside && this.otherwise) this.beside = yield* this.other.putRight(this.findings, this.does, this.treats, now);
  }

  // had it been put right takes too long to work out in a page: boxes stay as they are today
  tooMuch() {
    this.$(".bp-note").textContent = this.sentences.phrase("too_much");
    return this.now;
  }

  // first what needs no ranking, then the causes by their shares, then those of the other voice
  *answering(start) {
    yield;
    if (this.otherwise) this.seen = (yield* this.network.putRight(this.findings, this.does, this.treats, this.now)) || this.tooMuch();
    yield* this.besides();
    this.place();
    this.showFlags();
    this.card.refresh();
    if (this.alert.urgent || this.model.words.unranked) {
      this.paths = [];
      this.place();
      this.say();
      this.answered(start);
      return;
    }
    this.ranked = yield* this.network.contributors(this.findings, this.now, this.does);
    this.paths = this.network.firstWays(this.ranked.rows, this.findings, this.now);
    if (this.spot) this.paths = this.spot;
    this.place();
    this.say();
    if (this.card.open) this.pointed(this.card.v);
    this.answered(start);
    this.rangesSoon();
    if (!this.beside) return;
    const { rows } = yield* this.other.contributors(this.findings, this.other.posterior(this.findings, this.does), this.does);
    this.otherShares = new Map(rows.map(({ v, share }) => [this.network.variables[v.index], share]));
    this.say();
  }

  // how sure the shares are, once the reader rests
  rangesSoon() {
    const { findings, does } = this, shown = [...this.meters.keys()];
    this.restingAnswer = setTimeout(() => this.ranging.start(this.network.shareRanges(findings, does, shown), (ranges) => {
      this.ranges = ranges;
      this.root.dataset.ranged = ranges.size;
      this.drawMeters();
    }), REST_OF_ANSWER);
  }

  answered(start) {
    this.root.dataset.answered = (performance.now() - start).toFixed(2);
    this.$(".bp-time").textContent = `answered in ${Math.round(this.root.dataset.answered)} ms`;
  }

  // why a variable is as likely as it is, as far as the card wants to know
  explain(v) {
    const key = JSON.stringify([v.id, this.findings, this.does, this.network.name]);
    if (this.alert.urgent || key === this.whyKey) return;
    this.whyKey = key;
    this.whying.start(this.network.why(v, this.findings, this.does), (found) => {
      const named = ([id, db]) => [`${capital(this.network.byId.get(id).short)}: ${this.sentences.finding(this.findings[id])}`, db];
      if (this.card.v === v) this.card.explained({ ...found, steps: found.steps.map(named) });
    });
  }

  closed(v) {
    this.whyKey = undefined;
    this.pointed(undefined);
    this.picture.nodes.get(v)?.box.focus({ preventScroll: true });
  }

  // ---- wiring

  wireNode({ v, box }) {
    box.setAttribute("data-lm-suppress-shortcuts", "true");
    box.setAttribute("aria-haspopup", "dialog");
    box.addEventListener("click", (event) => this.press(v, box, event));
    box.addEventListener("keydown", (event) => this.key(event, v, box));
    box.addEventListener("focus", () => this.focused(box, v));
    box.addEventListener("blur", () => this.pointed(undefined));
    box.addEventListener("mouseenter", () => this.pointed(v));
    box.addEventListener("mouseleave", () => this.pointed(undefined));
  }

  press(v, box, event) {
    if (event.shiftKey) this.between(v);
    else this.card.show(v, box, event.type === "keydown" || event.detail === 0);
  }

  focused(box, v) {
    this.picture.walk(v);
    clearTimeout(this.resting);
    if (box.matches(":focus-visible")) this.light(v);
  }

  // two boxes picked one after the other: the strongest paths between them
  between(v) {
    if (this.alert.urgent) return;
    const from = this.pair;
    this.pair = from ? undefined : v;
    if (!from || from === v) {
      this.$(".bp-note").textContent = this.pair ? `From ${v.short} to … : pick another box with Shift.` : "";
      return;
    }
    const paths = [[from, v], [v, from]].flatMap((ends) => this.network.bestPaths(...ends, this.now, 3).map(({ path }) => path));
    this.spot = paths.length ? paths : undefined;
    this.$(".bp-note").textContent = paths.length ? `The strongest paths between ${from.short} and ${v.short}. Escape leads back.` : `No path leads from ${from.short} to ${v.short} today.`;
    if (paths.length) { this.paths = paths; this.place(); this.light(v, paths[0]); }
  }

  leave() {
    this.pair = undefined;
    if (!this.spot) return;
    this.spot = undefined;
    this.update();
  }

  key(event, v, box) {
    const does = { Enter: () => this.press(v, box, event), " ": () => this.press(v, box, event), Delete: () => this.tell(v), Backspace: () => this.tell(v) }[event.key];
    if (!does && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    if (does) does(); else this.step(v, event.key);
  }

  step(v, key) {
    const { x, y } = this.picture.nodes.get(v), ahead = { ArrowUp: (n) => n.x === x && n.y < y, ArrowDown: (n) => n.x === x && n.y > y, ArrowLeft: (n) => n.x < x, ArrowRight: (n) => n.x > x }[key];
    const far = (n) => Math.abs(n.x - x) * 10 + Math.abs(n.y - y);
    const next = [...this.picture.nodes.values()].filter(ahead).sort((m, n) => far(m) - far(n))[0];
    if (next) next.box.focus();
  }

  wireControls() {
    const find = this.$(".bp-find"), voices = Object.keys(this.model.voices), choice = this.$(".bp-voice");
    find.addEventListener("input", () => this.search(find.value));
    find.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.search(find.value, true);
      if (event.key === "Escape") this.search((find.value = ""));
    });
    for (const name of voices) choice.append(element("option", this.model.words.voices[name] || words(name), { value: name }));
    this.$(".bp-voice-label").hidden = voices.length < 2;
    choice.addEventListener("change", () => this.change({ voice: choice.value }));
    this.$(".bp-clear").addEventListener("click", () => { this.extra.clear(); this.change({ findings: {}, does: {}, treats: [] }); });
    this.$(".bp-undo").addEventListener("click", () => this.undo());
    this.$(".bp-redo").addEventListener("click", () => this.redo());
    this.root.addEventListener("keydown", (event) => this.shortcut(event));
  }

  // Escape leads back to the first causes, Ctrl+Z and Ctrl+Y through what was told
  shortcut(event) {
    if (event.key === "Escape") this.leave();
    const key = event.key.toLowerCase(), back = key === "z" && !event.shiftKey, forth = key === "y" || (key === "z" && event.shiftKey);
    if (!(event.ctrlKey || event.metaKey) || !(back || forth)) return;
    event.preventDefault();
    event.stopPropagation();
    if (back) this.undo(); else this.redo();
  }

  // what a word finds is shown, one by one with Enter; Escape ends it
  search(text, go = false) {
    const wanted = text.trim().toLowerCase(), found = wanted ? this.network.found(wanted) : [];
    this.$(".bp-note").textContent = wanted ? `${found.length || "Nothing"} found${found.length ? `: ${found.slice(0, 6).map((v) => v.short).join(", ")}${found.length > 6 ? " …" : ""}. Enter shows the first.` : "."}` : "";
    for (const [v, { box }] of this.picture.nodes) box.classList.toggle("miss", wanted !== "" && !found.includes(v));
    if (!go || !found.length) return;
    for (const { box } of this.picture.nodes.values()) box.classList.remove("miss");
    this.visit(found[0]);
  }

  // show a box, wherever it is, and go there
  visit(v) {
    if (!this.scene.shown.has(v)) {
      this.extra.add(v);
      const { key } = this.columns.find(({ members }) => members.includes(v));
      if (this.opened.get(key) === "none") this.opened.delete(key);
      this.place();
    }
    const { box } = this.picture.nodes.get(v);
    box.focus();
    box.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.light(v);
  }

  wireFlags() {
    for (const [id, text] of this.model.questions) {
      const field = element("fieldset");
      field.append(element("legend", text), ...["yes", "no", ""].map((value) => {
        const label = element("label"), input = element("input", undefined, { type: "radio", name: `${this.root.id}-${id}`, value });
        input.addEventListener("change", () => {
          const { [id]: _, ...flags } = this.flags;
          this.change({ flags: value ? { ...flags, [id]: value } : flags });
        });
        label.append(input, ` ${value || "not asked"}`);
        return label;
      }));
      this.$(".bp-questions").append(field);
    }
  }

  showQuestions() {
    const answers = answersOf(this.flags, this.implied), fields = this.$(".bp-questions").children;
    this.model.questions.forEach(([id], i) => { for (const input of fields[i].querySelectorAll("input")) input.checked = input.value === (answers[id] || ""); });
  }

  marginals() {
    return Object.fromEntries(this.network.variables.map((v) => [v.id, [...this.now.marginals.slice(v.start, v.start + v.states.length)]]));
  }
}
