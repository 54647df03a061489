// What a box says of its variable, today or had something been put right, and how paths light up.
// how long the pointer rests on a box before its path lights up, in ms
const REST = 150;

class Boxes extends View {
  done(v) { return Object.hasOwn(this.does, v.id) ? this.does[v.id] : undefined; }
  finding(v) { return Object.hasOwn(this.findings, v.id) ? this.findings[v.id] : undefined; }
  treated(v) { return this.treats.includes(v.id); }

  // whether boxes show the world in which something was put right
  get otherwise() { return this.treats.length > 0 && !this.alert.urgent; }

  // the probability that a box shows, now, before any answer (or today, where something was put right), before the last change,
  // and in the other voice
  figures(v) {
    const own = [...this.seen.marginals.slice(v.start, v.start + v.states.length)], s = v.unordered ? own.indexOf(Math.max(...own)) : -1;
    const p = (beliefs) => beliefs && (s < 0 ? 1 - beliefs.marginals[v.start] : beliefs.marginals[v.start + s]), before = this.otherwise ? this.now : this.network.before, { urgent } = this.alert;
    return { now: p(this.seen), before: urgent ? undefined : p(before), was: p(this.was || this.seen), beside: p(this.beside), state: s < 0 ? unhealthyWords(v) : words(v.states[s]) };
  }

  says(v) {
    const { now, before, was, beside, state } = this.figures(v), shared = { now, before, was, beside, outcome: v === this.network.outcome };
    const finding = this.finding(v), done = this.done(v), { label, states } = v, value = state ? `${percent(now)} ${state}` : percent(now);
    if (this.treated(v)) return { ...shared, now: 0, beside: undefined, value: words(states[0]), kind: "treated", icon: "treat", words: `${label}: ${this.sentences.phrase("box_put_right", { state: words(states[0]) })}` };
    if (done !== undefined) return { ...shared, beside: undefined, value: words(done), kind: "done", icon: "do", words: `${label}: set to ${words(done)}` };
    if (isTold(finding)) return this.saysTold(v, finding, shared, value);
    const unsure = finding === undefined ? "" : `${this.sentences.finding(finding)}, `, kind = unsure ? "told unsure" : "", icon = unsure ? "see" : undefined;
    if (this.alert.urgent) return { outcome: shared.outcome, kind, icon, words: `${label}: ${unsure}withheld` };
    return { ...shared, value, kind, icon, moved: unsure ? 0 : this.points(now, was), words: `${label}: ${unsure}${value}` };
  }

  // what was told stands as it was told, unless something that is put right bears on it
  saysTold(v, finding, shared, value) {
    const told = `${v.label}: ${words(finding)}, as you told`, differs = this.otherwise && this.seen.differs?.has(v) && !v.unordered;
    if (!differs) return { ...shared, value: words(finding), kind: "told", icon: "see", words: told };
    return { ...shared, value, kind: "told", icon: "see", words: `${told}; ${value}` };
  }

  points(now, was) { return Math.round(100 * now) - Math.round(100 * was); }

  // the path of a variable that the picture holds
  wayOf(v) {
    if (this.spot) return this.spot.find((path) => path.includes(v));
    return this.paths.find((path) => path.includes(v)) || this.scene.ways.get(v);
  }

  // the boxes of a variable's path, as far as they are shown
  pathBoxes(v) {
    return (this.wayOf(v) || []).map((each) => this.picture.nodes.get(each)?.box).filter(Boolean);
  }

  light(v, path = v && this.wayOf(v)) {
    this.lit = v && [v, path];
    const { links } = this.picture, all = [...links.values()].map(({ link }) => link);
    let near = path ? pieces(path, this.scene.shown).map((piece) => links.get(`${piece[0].index}>${piece.at(-1).index}`)?.link).filter(Boolean) : [];
    if (v && !near.length) near = all.filter(({ start, end }) => start === v || end === v);
    this.picture.light(new Set(near.map(({ start, end }) => `${start.index}>${end.index}`)));
    if (path && near.length) this.wayWords(near);
    else if (!v) this.$(".bp-way").replaceChildren();
  }

  // no path that was asked for or lit outlives an urgent red flag
  unlight() {
    clearTimeout(this.resting);
    Object.assign(this, { pair: undefined, spot: undefined, paths: [] });
    this.light(undefined);
  }

  relight() {
    const [v, path] = this.lit || [];
    if (v) this.light(v, path);
  }

  // what lights up follows the pointer where it rests, else it is the box whose card is open; right after a change nothing fades
  pointed(v, path) {
    clearTimeout(this.resting);
    const lit = v || this.card.v, wait = Math.max(REST, lit ? this.calm - performance.now() : 0);
    this.resting = setTimeout(() => this.light(lit, path), wait);
  }
}
