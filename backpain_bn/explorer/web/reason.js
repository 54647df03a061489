// What the network says of one case, in numbers and in words: the same answers as
// posterior.py, attribution.py, causal_paths.py and red_flags.py. Words and roles come with the model.
const GRADES = ["contradicted", "expert", "claimed only", "mixed", "supported"];
const SHOWN = 6, SMALLEST_SHARE = 0.005, SPACE = "\u00a0%";

export function percent(p) {
  const up = Math.round(100 * p), rounded = up - 100 * p === 0.5 && up % 2 ? up - 1 : up;
  if (p > 0 && p < 1 && rounded === 0) return "under 1" + SPACE;
  if (p > 0 && p < 1 && rounded === 100) return "over 99" + SPACE;
  return rounded + SPACE;
}
export const words = (state) => state.replaceAll("_", " ");
export const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const isTold = (finding) => typeof finding === "string", isYesNo = (v) => v.states.length === 2 && v.states[0] === "no" && v.states[1] === "yes";

export function findingWords(finding) {
  if (isTold(finding)) return words(finding);
  return `uncertain (${Object.entries(finding).map(([state, weight]) => `${state} ${Number(weight.toPrecision(6))}`).join(", ")})`;
}

function shortLabel(v) {
  const label = (v.label || words(v.id)).split(" (")[0];
  return label.length > 1 && label[1] !== label[1].toLowerCase() ? label : label.slice(0, 1).toLowerCase() + label.slice(1);
}

export class Reasoner {
  constructor(model) {
    let start = 0, cite = 0;
    this.model = model;
    this.variables = model.variables.map((v, index) => {
      const parents = v.table || [...new Set(v.or.flat().map(([parent]) => parent))], own = { ...v, index, parents, start, cite, children: [] };
      own.short = shortLabel(v);
      own.label = v.label || v.id;
      start += v.states.length;
      cite += v.or ? 1 + v.or.length : 1 + (parents.length ? v.rows : 0);
      return own;
    });
    this.byId = new Map(this.variables.map((v) => [v.id, v]));
    this.links = this.variables.flatMap((v) => v.parents.map((parent) => [this.variables[parent], v]));
    for (const [parent, child] of this.links) parent.children.push(child);
    this.words = model.words;
    this.outcome = this.variables[model.outcome];
    this.causes = model.causes.map((place) => this.variables[place]);
    this.kindsOf = model.kinds.map((place) => this.variables[place]);
    this.background = new Set(model.background.map((place) => this.variables[place]));
    this.order = this.inOrder();
    this.circuits = new Map();
    this.speak(Object.keys(model.voices)[0]);
  }

  // Take the numbers of one voice; two voices share a circuit where they have the same form.
  speak(name) {
    const [first] = Object.values(this.model.voices), voice = { ...first, ...this.model.voices[name] };
    let place = 0;
    const values = this.variables.map((v) => {
      const own = voice.p.slice(place, place += v.or ? 1 + v.or.length : v.rows * v.states.length);
      return v.or ? own.flatMap((p) => [1 - p, p]) : own;
    });
    const key = JSON.stringify([voice.order, values.map((own) => own[1] < 1e-3)]);
    if (!this.circuits.has(key)) this.circuits.set(key, compile({ ...factored(this.variables, values), order: voice.order }));
    Object.assign(this, { name, voice, values, circuit: this.circuits.get(key), parameters: Float64Array.from(values.flat()) });
    place = 0;
    for (const v of this.variables) { v.place = place; place += values[v.index].length; }
    this.before = this.posterior({});
  }

  likelihood(findings) {
    const row = new Float64Array(this.circuit.states).fill(1);
    for (const [id, finding] of Object.entries(findings)) {
      const v = this.byId.get(id), weights = isTold(finding) ? { [finding]: 1 } : finding, largest = Math.max(...Object.values(weights));
      v.states.forEach((state, s) => { row[v.start + s] = Object.hasOwn(weights, state) ? weights[state] / largest : 0; });
    }
    return row;
  }

  // { logEvidence, marginals } of all states; marginals are 0 where the findings are impossible
  posterior(findings) {
    return posterior(this.circuit, this.likelihood(findings), this.parameters, this.variables.map((v) => [v.start, v.start + v.states.length]));
  }

  logEvidence(findings, parameters = this.parameters) {
    return logEvidence(this.circuit, this.likelihood(findings), parameters);
  }

  // the smallest set that is left when findings are taken away one by one, as long as the rest is impossible
  conflict(findings) {
    let kept = { ...findings };
    for (const id of Object.keys(findings)) {
      const { [id]: _, ...rest } = kept;
      if (this.logEvidence(rest) === -Infinity) kept = rest;
    }
    return kept;
  }

  present(beliefs, v) {
    return 1 - beliefs.marginals[v.start];
  }

  // what a box shows: the chance of any but the healthy state; of the likeliest one where that is not known
  shown(now, v) {
    if (!v.unordered) return { now: this.present(now, v), before: this.present(this.before, v), state: "" };
    const own = [...now.marginals.slice(v.start, v.start + v.states.length)], s = own.indexOf(Math.max(...own));
    return { now: own[s], before: this.before.marginals[v.start + s], state: words(v.states[s]) };
  }

  reach(v, next, found = new Set()) {
    for (const other of next(v)) if (!found.has(other)) { found.add(other); this.reach(other, next, found); }
    return found;
  }
  below(v) { return this.reach(v, (it) => it.children); }
  above(v) { return this.reach(v, (it) => it.parents.map((parent) => this.variables[parent])); }

  // parents before children, otherwise as the file has them
  inOrder() {
    const placed = new Set();
    for (const start of this.variables) {
      const waiting = [start];
      while (waiting.length) {
        const v = waiting.at(-1), before = v.parents.find((parent) => !placed.has(this.variables[parent]));
        if (before === undefined) placed.add(waiting.pop());
        else waiting.push(this.variables[before]);
      }
    }
    return [...placed];
  }

  // P(outcome not healthy | do(settings), findings); settings: [variable, state] pairs
  risk(findings, settings) {
    const own = Float64Array.from(this.parameters), row = this.likelihood(findings), { start, states } = this.outcome;
    for (const [v, state] of settings) {
      const count = this.values[v.index].length;
      for (let p = 0; p < count; p++) own[v.place + p] = v.or ? Number(p < 2 ? p === state : p % 2 === 0) : Number(p % v.states.length === state);
    }
    const all = logEvidence(this.circuit, row, own);
    row.fill(0, start + 1, start + states.length);
    return 1 - Math.exp(logEvidence(this.circuit, row, own) - all);
  }

  contributors(findings, now) {
    const { causes } = this;
    const only = (keep) => Object.fromEntries(Object.entries(findings).filter(([id]) => keep(this.byId.get(id))));
    const rows = causes.map((v) => {
      const below = this.below(v), around = only((other) => other !== v && !below.has(other)), healthy = this.risk(around, [[v, 0]]);
      let share = 0, present = 0;
      for (let s = 1; s < v.states.length; s++) {
        const p = now.marginals[v.start + s], risk = this.risk(around, [[v, s]]);
        present += p;
        if (risk > 0) share += p * (1 - healthy / risk);
      }
      return { v, present, share, prior: this.present(this.before, v), fraction: present > 0 ? share / present : 0 };
    });
    const risk = this.risk(only((v) => this.background.has(v)), []);
    const unexplained = risk > 0 ? this.risk({}, causes.map((v) => [v, 0])) / risk : 1;
    return { rows: rows.sort((a, b) => b.share - a.share), unexplained };
  }

  // the [strength today, place among the citations] of every mechanism, or row of a table, by which a variable acts on a child
  acting(parent, child, now) {
    const states = parent.states.map((_, s) => s).slice(1), alive = states.filter((s) => now.marginals[parent.start + s] > 0), usable = alive.length ? alive : states;
    if (!child.or) return this.rises(parent, child, usable);
    const found = [];
    child.or.forEach((when, m) => {
      const mine = when.find(([other]) => other === parent.index);
      if (!mine || mine[1].includes(0) || !mine[1].some((s) => usable.includes(s))) return;
      let others = 1;
      for (const [other, told] of when) if (other !== parent.index) others *= told.reduce((sum, s) => sum + now.marginals[this.variables[other].start + s], 0);
      found.push([this.values[child.index][3 + 2 * m] * others, child.cite + 1 + m]);
    });
    return found;
  }

  rises(parent, child, usable) {
    const size = child.states.length, present = (row) => 1 - this.values[child.index][row * size], axis = child.parents.indexOf(parent.index);
    const stride = child.parents.slice(axis + 1).reduce((n, other) => n * this.variables[other].states.length, 1), found = [];
    for (let row = 0; row < child.rows; row++) {
      const state = Math.floor(row / stride) % parent.states.length;
      if (usable.includes(state)) found.push([present(row) - present(row - state * stride), child.cite + 1 + row]);
    }
    return found;
  }

  strongest(parent, child, now) {
    return this.acting(parent, child, now).reduce((best, one) => (best && best[0] >= one[0] ? best : one), undefined);
  }
  strength(parent, child, now) {
    now.strengths ||= new Map();
    const place = parent.index * this.variables.length + child.index;
    if (!now.strengths.has(place)) now.strengths.set(place, Math.max(0, ...this.acting(parent, child, now).map(([strength]) => strength)));
    return now.strengths.get(place);
  }

  // { variables, strengths, grade of the weakest link, cites }: from the strongest finding behind v through v to the outcome
  chain(v, findings, now) {
    const ahead = this.bestPath(v, this.outcome, now);
    if (!ahead) return undefined;
    const told = Object.keys(findings).map((id) => this.byId.get(id)).filter((other) => isTold(findings[other.id]) && !other.unordered && findings[other.id] !== other.states[0]);
    const behind = told.filter((other) => this.below(other).has(v)).map((other) => this.bestPath(other, v, now)).filter(Boolean);
    const start = behind.reduce((best, one) => (best && best.strength >= one.strength ? best : one), undefined) || { path: [v] };
    const variables = [...start.path.slice(0, -1), ...ahead.path], links = variables.slice(1).map((child, i) => [variables[i], child]);
    const strongest = links.map(([parent, child]) => this.strongest(parent, child, now));
    const grades = links.map(([parent, child]) => this.grade(parent, child));
    return { variables, strengths: strongest.map(([strength]) => strength), cites: strongest.map(([, cite]) => this.voice.cites[cite]),
      grade: GRADES[Math.min(...grades.map((grade) => GRADES.indexOf(grade)))] };
  }

  grade(parent, child) {
    return GRADES[this.voice.grades[this.links.findIndex(([one, other]) => one === parent && other === child)]];
  }

  // { strength, path }: the strongest way of unhealthy states from one variable to another, if there is one
  bestPath(start, end, now) {
    const best = this.bounds(start, end, now), waiting = [{ bound: best.get(start), ticket: 0, strength: 1, path: [start] }];
    for (let ticket = 1; waiting.length;) {
      waiting.sort((a, b) => b.bound - a.bound || a.ticket - b.ticket);
      const { strength, path } = waiting.shift(), last = path[path.length - 1];
      if (last === end) return { strength, path };
      for (const child of last.children) {
        if (!(best.get(child) > 0)) continue;
        const along = strength * this.strength(last, child, now);
        if (along > 0) waiting.push({ bound: along * best.get(child), ticket: ticket++, strength: along, path: [...path, child] });
      }
    }
    return undefined;
  }

  // the strength of the strongest way from each variable between the two to the end; what is known to be healthy is left out
  bounds(start, end, now) {
    const below = this.below(start), above = this.above(end), best = new Map([[end, 1]]);
    for (const v of [...this.order].reverse()) {
      const between = below.has(v) && above.has(v) && this.present(now, v) > 0;
      if (v !== start && !between) continue;
      const ways = v.children.filter((child) => best.has(child)).map((child) => this.strength(v, child, now) * best.get(child));
      best.set(v, Math.max(0, ...ways));
    }
    return best;
  }

  // the contributors as they are read: { head, text, path, evidence } each, the closing notes, and the ids of all sources
  report(findings, now) {
    const { rows, unexplained } = this.contributors(findings, now), { outcome } = this, told = findings[outcome.id] === outcome.states.at(-1);
    const top = rows.filter((row) => row.share >= SMALLEST_SHARE).slice(0, SHOWN), sources = new Set(top.flatMap(({ v }) => this.voice.cites[v.cite].flat()));
    const items = top.map((row) => {
      const chain = this.chain(row.v, findings, now), item = { v: row.v, ...this.sentence(row, findings[row.v.id], told) };
      if (!chain) return item;
      chain.cites.flat(2).forEach((id) => sources.add(id));
      return { ...item, path: this.pathWords(chain, findings), grade: chain.grade,
        evidence: `Evidence (weakest link): ${this.words.grades[chain.grade]}. [${chain.cites.map((cite) => this.ids(cite)).join("; ")}]` };
    });
    const spared = rows.filter((row) => row.share <= -SMALLEST_SHARE).map(({ v }) => this.named(v, findings[v.id]));
    const notes = [`No identified cause: about ${percent(Math.min(unexplained, 1))} of the ${outcome.short} of ${this.words.subjects} like this one would be there without any of the causes that this network knows.`];
    if (spared.length) notes.push(`Protects, if anything: ${spared.join("; ")}.`);
    notes.push("Shares overlap, because the links of one chain share their blame; they do not add up to 100 %.");
    return { title: told ? "What most likely contributes" : "What would contribute", items, notes, sources: [...sources] };
  }

  named(v, finding) {
    if (isYesNo(v)) return v.label;
    return `${v.label}: ${(isTold(finding) ? [finding] : v.states.slice(1)).map(words).join(" or ")}`;
  }

  sentence({ v, present, prior, fraction, share }, finding, told) {
    if (isTold(finding))
      return { head: `${this.named(v, finding)}${isYesNo(v) ? `: ${finding}` : ""}, as you told.`,
        text: `This accounts for about ${percent(fraction)} of the risk${told ? ` and so of this ${this.words.outcome}` : ""}.` };
    const due = told ? `, so about ${percent(share)} of this ${this.words.outcome} is due to it` : "";
    return { head: `${this.named(v)}: ${percent(present)} likely`,
      text: `(${percent(prior)} among ${this.words.population}, before your answers). Where present, this accounts for about ${percent(fraction)} of the risk${due}.` };
  }

  pathWords({ variables }, findings) {
    const steps = variables.map((v) => (isYesNo(v) ? v.short : `${v.short}: ${words(isTold(findings[v.id]) ? findings[v.id] : v.states.at(-1))}`));
    return `${capital(steps.join(" > "))}.`;
  }

  ids([sources, against]) {
    const names = (list) => list.map((id) => this.model.sources[id][0]).join(", ");
    return (names(sources) || "no source") + (against.length ? `; against: ${names(against)}` : "");
  }

  // the kinds of outcome: [{ v, now, before }], and what comes from none of them, where none was told
  kinds(findings, now) {
    const kinds = this.kindsOf;
    if (!this.outcome || findings[this.outcome.id] === this.outcome.states[0]) return { rows: [] };
    const rows = kinds.map((v) => ({ v, now: this.present(now, v), before: this.present(this.before, v) }));
    if (!kinds.length || kinds.some((v) => Object.hasOwn(findings, v.id)) || findings[this.outcome.id] !== this.outcome.states.at(-1)) return { rows };
    const free = Object.fromEntries(kinds.map((v) => [v.id, v.states[0]]));
    return { rows, neither: Math.exp(this.logEvidence({ ...findings, ...free }) - now.logEvidence) };
  }

  // [text, grade in words, sources] of the advice that goes with the findings; while any red flag is set, only where to be looked at
  advice(findings, flagged) {
    return this.model.advice.filter(([, when, , , caution]) => when.every(([id, state]) => findings[id] === state) && !(flagged && caution))
      .map(([text, , sources, grade]) => [text, this.words.grades[grade], sources]);
  }
}

// The answers with those that a finding implies.
export function implied(model, findings, answers) {
  const told = model.questions.filter(([, , finding]) => finding && Object.entries(findings).some(([id, state]) => `${id}=${state}` === finding));
  return { ...Object.fromEntries(told.map(([id]) => [id, "yes"])), ...answers };
}

// Red flags: a rule fires when a combination is all yes; what was not asked is never cleared.
export function redFlags(model, answers) {
  const yes = (id) => answers[id] === "yes", because = (ids) => ids.map(words).join(", ");
  const fired = model.rules.map(([label, urgency, action, any]) => {
    const met = any.filter((each) => each.every(yes));
    return { label, urgency, action, reasons: [...new Set(met.flat())], set: met.length > 0 };
  }).filter((rule) => rule.set);
  const urgent = fired.filter((rule) => rule.urgency !== "soon"), acted = urgent.length ? urgent : fired, lines = [];
  for (const rule of acted) lines.push(`${rule.urgency.toUpperCase()}, to be checked: ${rule.label}. Because of: ${because(rule.reasons)}.`, `  ${rule.action}`);
  if (new Set(acted.map((rule) => rule.urgency)).size > 1) lines.push("Do the first of these first; the others are more to tell the people you see there.");
  const also = fired.slice(acted.length);
  if (also.length) lines.push(`Less urgent, to tell them as well: ${also.map((rule) => `${rule.label}: ${because(rule.reasons)}`).join("; ")}.`);
  if (urgent.length) lines.push(model.words.withheld);
  const ids = model.questions.map(([id]) => id), used = new Set(fired.flatMap((rule) => rule.reasons)), noted = ids.filter((id) => yes(id) && !used.has(id));
  if (noted.length) lines.push(`Answered yes: ${because(noted)}. ${model.words.common}`);
  const open = ids.filter((id) => answers[id] !== "yes" && answers[id] !== "no"), denied = ids.filter((id) => answers[id] === "no");
  if (denied.length && open.length) lines.push(`Answered no: ${because(denied)}.`);
  if (open.length) lines.push(`${open.length < ids.length ? "" : "No red-flag question has been answered. "}Not asked yet (so not cleared): ${because(open)}.`);
  else if (!fired.length && model.rules.length) lines.push(`${noted.length ? "No red-flag rule is met." : "None of the listed red flags was reported."} This does not rule out a serious cause.`);
  return { urgent: urgent.length > 0, fired: fired.length > 0, alarm: fired.length > 0 || noted.length > 0, lines, open: open.length };
}
