// What stands in words beside the picture: red flags, the ranking, the links of one box. An Explorer says what is known.
function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

class Panel {
  $(selector) { return this.root.querySelector(selector); }

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
}
