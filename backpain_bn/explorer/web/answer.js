// What stands in words beside the picture: red flags, what was told, what that changed, the ranking, sources.
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// the sign of what is set (scissors) or put right (a plaster), as in the boxes
function sign(name) {
  const made = drawn("svg", { class: `bp-sign ${name}`, viewBox: "-1 -1 14 12", "aria-hidden": "true" });
  made.append(drawn("path", { d: ICONS[name] }));
  return made;
}

// what fired, and what to do
function fillAlarm(box, { alarms, fired }) {
  box.classList.toggle("bp-fired", fired);
  box.hidden = !alarms.length;
  box.replaceChildren(...alarms.map((line) => element("p", line)));
}

const LARGEST = 5, OFFERED = 6;

class Answer {
  blamed(v) { return blamed(v, this.findings[v.id]); }
  $(selector) { return this.root.querySelector(selector); }

  showFlags() {
    const { lines, alarms, alarm, open } = this.alert, said = alarms.join("\n");
    this.showQuestions();
    // screen readers say what changes, once
    if (said !== this.alarmed) fillAlarm(this.$(".bp-alarm"), this.alert);
    this.alarmed = said;
    this.$(".bp-flags-count").textContent = open ? `${open} not asked, so not cleared` : alarm ? "all asked" : lines.at(-1);
  }

  told() {
    const healthy = (id) => this.network.byId.get(id).states[0], all = [];
    for (const [id, finding] of Object.entries(this.findings)) all.push([id, finding, "", (v) => this.tell(v)]);
    for (const [id, state] of Object.entries(this.does)) all.push([id, state, "do", (v) => this.make(v)]);
    for (const id of this.treats) all.push([id, healthy(id), "treat", (v) => this.treat(v)]);
    const block = element("div", undefined, { class: "bp-block" }), list = element("ul", undefined, { class: "bp-told" });
    block.append(element("h2", "What you told"));
    for (const [id, finding, act, back] of all) {
      const v = this.network.byId.get(id), item = element("li"), said = `${capital(v.short)}: ${this.sentences.finding(finding)}`, gone = element("button", "×", { type: "button", "aria-label": `Take back: ${v.short}` });
      gone.addEventListener("click", () => back(v));
      if (act) item.append(sign(act), " ", element("small", this.sentences.phrase(`told_${act}`)), " ");
      item.append(`${said} `, gone);
      item.className = { do: "done", treat: "treated" }[act] || "";
      list.append(item);
    }
    block.append(all.length ? list : element("p", `Nothing yet: these are the figures for ${this.model.words.population}.`), ...(this.alert.urgent ? [] : [this.more()]));
    return block;
  }

  // all variables, what is to blame for most in either voice first, then the first causes
  mostToBlame() {
    const share = ({ v, share }) => Math.max(share, this.otherShares?.get(v) || 0), ranked = [...(this.ranked?.rows || [])].sort((one, other) => share(other) - share(one));
    return [...new Set([...ranked.map(({ v }) => v), ...this.columns.flatMap(({ members }) => members)])];
  }

  // what one may tell next: a few that may be to blame for most, and everything else by column
  more() {
    const open = (v) => this.finding(v) === undefined && this.done(v) === undefined && !this.treated(v), asked = (v) => open(v) && (v.question || !v.parents.length);
    if (this.otherShares || !this.beside) this.offered = this.mostToBlame();
    const first = (this.offered || []).filter(asked).slice(0, OFFERED);
    const part = element("div", undefined, { class: "bp-more" }), all = element("select", undefined, { "aria-label": this.sentences.phrase("tell_any") });
    const go = (v) => { this.visit(v); this.card.show(v, this.picture.nodes.get(v).box, true); };
    part.append(element("p", this.sentences.phrase("tell_more")), ...first.map((v) => {
      const button = element("button", capital(v.short), { type: "button" });
      button.addEventListener("click", () => go(v));
      return button;
    }), all);
    all.append(element("option", this.sentences.phrase("tell_any"), { value: "" }));
    for (const { title, members } of this.columns) {
      const group = element("optgroup", undefined, { label: title });
      group.append(...members.filter(open).map((v) => element("option", capital(v.short), { value: v.id })));
      if (group.children.length) all.append(group);
    }
    all.addEventListener("change", () => { if (all.value) go(this.network.byId.get(all.value)); });
    return part;
  }

  // the boxes that moved most with the last change
  moved() {
    if (this.alert.urgent || !this.was) return [];
    const all = this.network.variables.filter((v) => this.finding(v) === undefined && this.done(v) === undefined).map((v) => ({ v, ...this.figures(v) }));
    const most = all.filter(({ now, was }) => Math.abs(now - was) >= 0.005).sort((a, b) => Math.abs(b.now - b.was) - Math.abs(a.now - a.was)).slice(0, LARGEST);
    if (!most.length) return [];
    const block = element("div", undefined, { class: "bp-block" }), list = element("ul", undefined, { class: "bp-moved" });
    block.append(element("h2", "What that changed most"), list);
    for (const { v, now, was, state } of most) {
      const item = element("li"), go = element("button", `${capital(v.short)}${state ? `, ${state}` : ""}`, { type: "button" });
      go.addEventListener("click", () => this.visit(v));
      item.append(go, element("b", ` ${percent(was)} → ${percent(now)}`, { class: now > was ? "up" : "down" }));
      list.append(item);
    }
    return [block];
  }

  // what becomes of the outcome where something is put right
  putRight() {
    const v = this.network.outcome;
    if (!v || !this.otherwise) return [];
    const block = element("div", undefined, { class: "bp-block" }), present = (beliefs) => percent(this.network.present(beliefs, v));
    const causes = this.treats.map((id) => this.blamed(this.network.byId.get(id))).join(", "), fields = { causes, outcome: capital(v.short), before: present(this.now), after: present(this.seen) };
    block.append(element("h2", this.sentences.phrase("put_right_title")), element("p", this.sentences.phrase("put_right", fields)));
    return [block];
  }

  kinds() {
    const { rows, neither } = this.network.kinds(this.findings, this.now), block = element("div", undefined, { class: "bp-block" });
    if (!rows.length) return [];
    const said = rows.map(({ v, now, before }) => `${v.label}: ${percent(now)} (${percent(before)} before)`);
    block.append(element("h2", this.model.words.kinds), element("p", `${said.join("; ")}.${neither === undefined ? "" : ` ${this.model.words.no_kind}: ${percent(neither)}.`}`));
    return [block];
  }

  // the causes as bars, with the other voice's share beside, each with its words folded
  ranking(ranked) {
    const { sections, items, sources } = this.sentences.report(ranked, this.findings, this.now), block = element("div", undefined, { class: "bp-block bp-causes" });
    const shares = new Map(ranked.rows.map((row) => [row.v, row.share])), others = this.otherShares;
    this.meters = new Map();
    const gap = ({ v }) => Math.abs(shares.get(v) - (others?.get(v) ?? shares.get(v))), inOrder = (some) => (this.byGap && others ? [...some].sort((a, b) => gap(b) - gap(a)) : some);
    if (others) block.append(this.sorter());
    for (const section of sections) {
      const list = element("ol"), said = section.items.length || section !== sections.at(-1);
      list.append(...inOrder(section.items).map((item) => this.cause(item, shares.get(item.v), others?.get(item.v))));
      if (said) block.append(element("h2", section.title), list, ...(section === sections.at(-1) ? [] : section.notes.map((note) => element("p", note))));
    }
    block.append(element("p", "", { class: "bp-key bp-said" }));
    const rest = element("div", undefined, { class: "bp-block bp-notes" });
    rest.append(...sections.at(-1).notes.map((note) => element("p", note)), ...this.advice(sources));
    return { parts: items.length ? [block] : [], rest: [rest], sources, items };
  }

  sorter() {
    const button = element("button", "Sort by disagreement", { type: "button", class: "bp-sort", "aria-pressed": String(Boolean(this.byGap)) });
    button.addEventListener("click", () => { this.byGap = !this.byGap; this.say(); this.$(".bp-sort").focus(); });
    return button;
  }

  cause({ v, ways, cause, text, details }, share, other) {
    const item = element("li"), fold = element("details"), row = element("summary"), meter = element("span", undefined, { class: "bp-meter" });
    this.meters.set(v, { meter, share, other });
    const figures = element("b", percent(share));
    if (other !== undefined) figures.append(element("small", ` ${this.otherName}: ${percent(other)}`));
    row.append(element("span", cause), meter, figures);
    const sentence = element("p");
    sentence.append(element("strong", cause), text.slice(cause.length));
    fold.append(row, sentence, ...details.map((line, i) => (i % 2 ? element("small", line) : element("p", line, { class: "bp-said" }))));
    fold.open = this.unfolded.has(v);
    fold.addEventListener("toggle", () => (fold.open ? this.unfolded.add(v) : this.unfolded.delete(v)));
    const path = (ways.traced || ways.direct)?.variables;
    for (const name of ["mouseenter", "focusin"]) item.addEventListener(name, () => path && this.pointed(v, path));
    for (const name of ["mouseleave", "focusout"]) item.addEventListener(name, () => this.pointed(undefined));
    item.dataset.id = v.id;
    item.append(fold);
    return item;
  }

  // every share as a bar on one scale, with its range and the other voice's share where they are known
  drawMeters() {
    const all = [...this.meters], top = Math.max(0.1, ...all.flatMap(([v, { share, other }]) => [share, other || 0, ...(this.ranges?.get(v) || [])])), part = (p) => `${(100 * p) / top}%`;
    for (const [v, { meter, share, other }] of all) {
      const range = this.ranges?.get(v), bar = element("i");
      bar.style.width = part(share);
      meter.replaceChildren(bar);
      if (range) {
        const whisker = element("u", undefined, { title: this.sentences.phrase("range", { low: percent(range[0]), high: percent(range[1]) }) });
        Object.assign(whisker.style, { left: part(range[0]), width: part(range[1] - range[0]) });
        meter.append(whisker);
      }
      if (other === undefined) continue;
      const mark = element("s");
      mark.style.left = part(other);
      meter.append(mark);
    }
    const key = this.$(".bp-key"), keys = [this.ranges?.size && "key_range", this.otherShares && "key_other"].filter(Boolean);
    if (key) key.textContent = keys.map((name) => this.sentences.phrase(name, { other: this.otherName })).join(" ");
  }

  advice(sources) {
    const advice = this.sentences.advice(this.findings, this.alert.fired), parts = advice.length ? [element("h2", "Good to know")] : [];
    for (const [text, grade, from] of advice) {
      parts.push(element("p", `${text} `));
      parts.at(-1).append(element("small", `[${grade}: ${from.map((id) => this.model.sources[id][0]).join(", ")}]`));
      sources.push(...from);
    }
    return parts;
  }

  // do something to the answer; what has the focus in it, or what stands in its place, keeps it
  keepingFocus(change) {
    const cause = this.$(".bp-causes summary:focus")?.closest("li").dataset.id, told = this.$(".bp-told button:focus") !== null;
    change();
    if (cause) [...this.$$(".bp-causes li")].find((item) => item.dataset.id === cause)?.querySelector("summary").focus({ preventScroll: true });
    if (told) (this.$(".bp-told button") || this.$(".bp-find")).focus({ preventScroll: true });
  }

  // all of it, as far as it is known
  say() {
    const { unranked } = this.model.words, facts = element("div", undefined, { class: "bp-facts" }), why = element("div", undefined, { class: "bp-block" });
    let found = { parts: [why], rest: [], sources: [], items: [] };
    if (this.alert.urgent) why.append(element("h2", "Not ranked"), element("p", "A red flag is set. What to do about it comes first; it stands at the top."));
    else if (unranked) why.append(element("h2", "What may lie behind it"), element("p", unranked));
    else if (this.ranked) found = this.ranking(this.ranked);
    facts.append(this.told(), ...this.putRight(), ...this.moved(), ...(this.alert.urgent ? [] : this.kinds()));
    this.keepingFocus(() => this.$(".bp-answer").replaceChildren(facts, ...found.parts));
    if (found.items.length) this.drawMeters();
    this.$(".bp-rest").replaceChildren(...found.rest);
    const ranked = found.items.length ? ` Most likely: ${found.items.slice(0, 3).map(({ v }) => this.blamed(v)).join(", ")}.` : "";
    this.$(".bp-status").textContent = `${Object.keys(this.findings).length} told.${this.alert.urgent ? " A red flag is set." : ranked}`;
    const unique = [...new Set(found.sources)].map((id) => this.model.sources[id]);
    this.$(".bp-sources").hidden = !unique.length;
    this.$(".bp-sources p").textContent = unique.map(([id, reference]) => `${id}: ${reference}`).join("; ") + ".";
  }

  // the links of one variable in words: strength today, grade, source; no strength while an urgent flag is set
  linkWords(v) {
    const list = element("ul"), cited = new Set();
    const mine = this.network.links.filter((link) => link.includes(v)).map(([parent, child]) => {
      const [strength, cite] = this.network.strongest(parent, child, this.now) || [0];
      return { parent, child, strength, cites: this.network.voice.cites[cite] || [[], []], grade: this.model.words.grades[this.network.grade(parent, child)] };
    });
    for (const { parent, child, strength, cites, grade } of mine.sort((a, b) => b.strength - a.strength)) {
      const item = element("li", `${capital(this.blamed(parent))} → ${this.blamed(child)}: `);
      if (!this.alert.urgent) item.append(element("strong", strength > 0 ? percent(strength) : "does not act today"), cites.flat().length ? ", " : " ");
      item.append(cites.flat().length ? `${grade} ` : "", element("small", `[${this.sentences.ids(cites)}]`));
      cites.flat().forEach((id) => cited.add(id));
      list.append(item);
    }
    const said = [...cited].map((id) => this.model.sources[id]).map(([id, reference, says]) => element("p", `${id}: ${reference}${says ? `: ${says}` : ""}`, { class: "bp-said" }));
    return [list, ...said];
  }

  // a path in words below the picture: strength, grade and source of every link
  wayWords(links) {
    const parts = links.flatMap(({ start, end, strength, grade, cites, bridged }, i) => {
      const said = this.alert.urgent ? "" : `${percent(strength)}, `, gap = bridged ? ", by boxes not shown" : "";
      const link = element("span", ` → `), note = element("small", `(${said}${this.model.words.grades[grade]}${gap}: ${cites.map((cite) => this.sentences.ids(cite)).join("; ")})`);
      link.append(note, ` ${this.blamed(end)}`);
      return i ? [link] : [element("strong", capital(this.blamed(start))), link];
    });
    this.$(".bp-way").replaceChildren(...parts);
  }
}
