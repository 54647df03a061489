// What the network says of one case, in numbers: the same answers as posterior.py, shares.py and causal_paths.py.
// findings that are averaged over all their orders; more take too long in a page
const MOST_OVER_ALL_ORDERS = 5, QUIET = 0.05;
// a link of at least this strength says what words mean; its grade does not count
const BY_DEFINITION = 0.999;
const GRADES = ["contradicted", "not stated", "expert", "claimed only", "mixed", "supported"];

export class Reasoner {
  constructor(model) {
    let start = 0, cite = 0;
    this.model = model;
    this.variables = model.variables.map((v, index) => {
      const parents = v.table || [...new Set(v.or.flat().map(([parent]) => parent))], own = { ...v, index, parents, start, cite, children: [] };
      own.short = shortLabel(v);
      own.bare = !v.label || v.label === v.id;
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
    this.order = this.inOrder();
    this.states = start;
    this.engine = new Engine(this.variables, model.orders);
    this.worlds = this.outcome ? [...this.causes.map((v) => [v]), this.causes].map((healthy) => this.otherWorld(healthy)) : [];
    this.speak(Object.keys(model.voices)[0]);
  }

  // Take the numbers of one voice.
  speak(name) {
    const [first] = Object.values(this.model.voices), voice = { ...first, ...this.model.voices[name] };
    let place = 0;
    const values = this.variables.map((v) => voice.p.slice(place, place += v.or ? 1 + v.or.length : v.rows * v.states.length));
    Object.assign(this, { name, voice, values, draws: undefined });
    this.engine.speak(values);
    this.before = this.posterior({});
  }

  // what is told, what is likely, and what was set whatever its causes, of each variable; likelihoods that say nothing are left out
  evidence(findings, does = {}) {
    const told = this.variables.map(() => undefined), weights = this.variables.map(() => undefined), done = this.variables.map(() => false);
    for (const [id, state] of Object.entries(does)) {
      const { index, states } = this.byId.get(id);
      told[index] = states.indexOf(state);
      done[index] = true;
    }
    for (const [id, finding] of Object.entries(findings)) {
      const v = this.byId.get(id), said = isTold(finding) ? { [finding]: 1 } : finding, largest = Math.max(...Object.values(said));
      const own = v.states.map((state) => (Object.hasOwn(said, state) ? said[state] / largest : 0)), possible = own.filter((weight) => weight > 0);
      if (possible.length === 1) told[v.index] = own.indexOf(1);
      else if (own.some((weight) => weight < 1)) weights[v.index] = own;
    }
    return { told, weights, done };
  }

  // { logEvidence, marginals } of all states; marginals are 0 where the findings are impossible
  posterior(findings, does) {
    const { logEvidence, marginals } = this.engine.posterior(this.evidence(findings, does)), row = new Float64Array(this.states);
    if (marginals) this.variables.forEach((v, i) => row.set(marginals[i], v.start));
    return { logEvidence, marginals: row };
  }

  // the same in the world where some variables are healthy and all else of this case is as it is, in steps (Python: put_right.py)
  *putRight(findings, does, ids, now) {
    const some = ids.map((id) => this.byId.get(id)), below = some.flatMap((v) => [...this.below(v)]).filter((v) => !some.includes(v));
    const set = Object.fromEntries(Object.entries(does || {}).filter(([id]) => !ids.includes(id))), places = (all) => new Set(all.map((v) => v.index));
    const marginals = yield* this.engine.putRight(this.evidence(findings, set), places(some), places(below)), row = new Float64Array(this.states);
    if (!marginals) return undefined;
    this.variables.forEach((v, i) => row.set(marginals[i], v.start));
    return { logEvidence: now.logEvidence, marginals: row, differs: new Set([...some, ...below]) };
  }

  logEvidence(findings, does) {
    return finished(this.engine.logEvidence(this.evidence(findings, does)));
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

  // the variables of whose label, name, question or sources a text is part, the first the better
  found(text) {
    this.texts ||= this.variables.map((v) => [v.label, words(v.id), v.question || "", v.also || ""].map((each) => each.toLowerCase()));
    const rank = ({ index }) => this.texts[index].findIndex((each) => each.includes(text));
    return this.variables.filter((v) => rank(v) >= 0).sort((one, other) => rank(one) - rank(other));
  }

  reach(v, next, found = new Set()) {
    for (const other of next(v)) if (!found.has(other)) { found.add(other); this.reach(other, next, found); }
    return found;
  }
  below(v) { return (v.below ||= this.reach(v, (it) => it.children)); }
  above(v) { return (v.above ||= this.reach(v, (it) => it.parents.map((parent) => this.variables[parent]))); }

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

  // where these variables are healthy: they, those that have a copy of their own, and whether the outcome might be there alone
  otherWorld(healthy) {
    const below = new Set(healthy.flatMap((v) => [...this.below(v)])), above = this.above(this.outcome);
    const copied = [...below].filter((v) => (above.has(v) || v === this.outcome) && !healthy.includes(v));
    const differing = new Set([...copied, ...healthy].map((v) => v.index));
    const harms = (v) => v.or && !v.or.flat().some(([parent, states]) => differing.has(parent) && states.includes(0));
    return { healthy: new Set(healthy.map((v) => v.index)), copied: new Set(copied.map((v) => v.index)), mayProtect: !copied.every(harms) };
  }

  // P(outcome otherwise in the other world | findings, outcome present or absent) for the worlds at these places, in steps.
  // What was told against the supposed outcome is set aside, and so is what follows from it where it cannot be even then.
  *otherwise(findings, places, present, does, engine = this.engine) {
    const { outcome } = this, supposed = (row) => this.supposing(this.evidence(row, does), present);
    const without = (...gone) => Object.fromEntries(Object.entries(findings).filter(([id]) => !gone.some((v) => v.id === id)));
    let evidence = supposed(findings) || supposed(without(outcome)), whole = yield* engine.logEvidence(evidence);
    if (whole === -Infinity) {
      evidence = supposed(without(outcome, ...this.below(outcome)));
      whole = yield* engine.logEvidence(evidence);
    }
    const found = [];
    for (const place of places) {
      const [only, ...more] = this.worlds[place].healthy, healthy = !more.length && evidence.told[only] === 0;
      const differs = whole > -Infinity && !healthy && this.worlds[place].copied.has(outcome.index), other = { ...this.worlds[place], outcome: outcome.index, absent: present };
      found.push(differs ? Math.min(Math.exp((yield* engine.otherwise(evidence, place + 1, other)) - whole), 1) : 0);
    }
    return found;
  }

  // the evidence with the outcome present, or absent; undefined where it says otherwise
  supposing({ told, weights, done }, present) {
    const { index, states } = this.outcome, said = told[index], likely = weights[index] || states.map((_, s) => Number(said === undefined || said === s));
    const own = likely.map((weight, s) => ((s > 0) === present ? weight : 0)), largest = Math.max(...own), possible = own.filter((weight) => weight > 0);
    if (!possible.length) return undefined;
    told[index] = possible.length === 1 ? own.indexOf(largest) : undefined;
    weights[index] = possible.length === 1 ? undefined : own.map((weight) => weight / largest);
    return { told, weights, done };
  }

  // the causes by their share of the outcome, and what none of them explains, in steps
  *contributors(findings, now, does) {
    const { causes, worlds } = this, every = worlds.map((_, place) => place);
    const shares = yield* this.otherwise(findings, every, true, does), alone = every.filter((place) => causes[place] && worlds[place].mayProtect);
    const protects = new Map(), saved = alone.length ? yield* this.otherwise(findings, alone, false, does) : [];
    alone.forEach((place, i) => protects.set(place, saved[i]));
    const rows = causes.map((v, place) => ({ v, present: this.present(now, v), prior: this.present(this.before, v), share: shares[place], protects: protects.get(place) || 0 }));
    return { rows: rows.sort((a, b) => b.share - a.share), unexplained: 1 - shares.at(-1) };
  }

  // where 90 of 100 draws of all numbers have the shares of some causes, in steps: a Map to [low, high]; empty where nothing has a range
  *shareRanges(findings, does, some) {
    const engine = new Engine(this.variables, this.model.orders), places = some.map((v) => this.causes.indexOf(v)), found = some.map(() => []);
    if (!this.voice.sd.some(Boolean)) return new Map();
    this.draws ||= numbersDrawn(this.variables, this.values, this.voice);
    for (const values of this.draws) {
      engine.speak(values);
      const shares = yield* this.otherwise(findings, places, true, does, engine);
      shares.forEach((share, i) => found[i].push(share));
    }
    return new Map(some.map((v, i) => [v, ends(found[i])]));
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
      found.push([this.values[child.index][1 + m] * others, child.cite + 1 + m]);
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

  // the paths of the first causes
  firstWays(rows, findings, now) {
    const first = rows.filter((row) => row.share >= SMALLEST_SHARE).slice(0, SHOWN).map(({ v }) => this.ways(v, findings, now));
    return first.map(({ traced, direct }) => (traced || direct)?.variables).filter(Boolean);
  }

  // { traced, direct }: the strongest ways to the outcome, from the strongest finding behind v and through v
  ways(v, findings, now) {
    const told = Object.keys(findings).map((id) => this.byId.get(id)).filter((other) => isTold(findings[other.id]) && !other.unordered && findings[other.id] !== other.states[0]);
    const behind = told.filter((other) => this.below(other).has(v)).flatMap((other) => this.bestPaths(other, v, now, 1));
    const start = behind.reduce((best, one) => (best && best.strength >= one.strength ? best : one), undefined) || { path: [v] };
    const whole = (path) => this.chain([...start.path.slice(0, -1), ...path], now), traced = this.traced(v, now);
    return { traced: traced && whole(traced), direct: this.strength(v, this.outcome, now) > 0 ? whole([v, this.outcome]) : undefined };
  }

  // the strongest path to the outcome that ends in a mechanism, or, where there is none, that leads through any other variable
  traced(v, now) {
    const last = this.model.ends.map((id) => this.byId.get(id)).filter((end) => this.strength(end, this.outcome, now) > 0);
    const ends = last.flatMap((end) => this.bestPaths(v, end, now, 1).map(({ path }) => [...path, this.outcome]));
    const strength = (path) => this.chain(path, now).strengths.reduce((all, one) => all * one, 1);
    if (ends.length) return ends.reduce((best, path) => (strength(best) >= strength(path) ? best : path));
    return this.bestPaths(v, this.outcome, now, 2).map(({ path }) => path).find((path) => path.length > 2);
  }

  // { variables, strengths, cites, grade of the weakest link } of a path
  chain(variables, now) {
    const links = variables.slice(1).map((child, i) => [variables[i], child]), strongest = links.map(([parent, child]) => this.strongest(parent, child, now) || [0]);
    const grades = links.map(([parent, child]) => GRADES.indexOf(this.grade(parent, child)));
    const telling = grades.filter((_, i) => strongest[i][0] < BY_DEFINITION), weakest = Math.min(...(telling.length ? telling : grades));
    return { variables, strengths: strongest.map(([strength]) => strength), cites: strongest.map(([, cite]) => this.voice.cites[cite] || [[], []]), grade: GRADES[weakest] };
  }

  grade(parent, child) {
    return GRADES[this.voice.grades[this.links.findIndex(([one, other]) => one === parent && other === child)]];
  }

  // [{ strength, path }]: the k strongest ways of unhealthy states from one variable to another
  bestPaths(start, end, now, k) {
    const best = this.bounds(start, end, now), waiting = [{ bound: best.get(start), ticket: 0, strength: 1, path: [start] }], found = [];
    for (let ticket = 1; waiting.length && found.length < k;) {
      waiting.sort((a, b) => b.bound - a.bound || a.ticket - b.ticket);
      const { strength, path } = waiting.shift(), last = path[path.length - 1];
      if (last === end) found.push({ strength, path });
      else for (const child of last.children) {
        const along = best.get(child) > 0 ? strength * this.strength(last, child, now) : 0;
        if (along > 0) waiting.push({ bound: along * best.get(child), ticket: ticket++, strength: along, path: [...path, child] });
      }
    }
    return found;
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

  // the kinds of outcome: [{ v, now, before }], and what comes from none of them, where none was told
  kinds(findings, now) {
    const kinds = this.kindsOf;
    if (!this.outcome || findings[this.outcome.id] === this.outcome.states[0]) return { rows: [] };
    const rows = kinds.map((v) => ({ v, now: this.present(now, v), before: this.present(this.before, v) }));
    if (!kinds.length || kinds.some((v) => Object.hasOwn(findings, v.id)) || findings[this.outcome.id] !== this.outcome.states.at(-1)) return { rows };
    const free = Object.fromEntries(kinds.map((v) => [v.id, v.states[0]]));
    return { rows, neither: Math.exp(this.logEvidence({ ...findings, ...free }) - now.logEvidence) };
  }

  // how each finding pushed a variable from before to now, in decibans: { steps: [[id, decibans]], before, after, ordered }.
  // Of few findings the average over all orders (Shapley); of many, each in the order told. What settles it is infinite,
  // and the others are accounted for without it.
  *why(v, findings, does) {
    const told = Object.keys(findings).filter((id) => id !== v.id), ordered = told.length > MOST_OVER_ALL_ORDERS;
    const at = this.logOdds(v, findings, does), p = (db) => 1 / (1 + 10 ** (-db / 10)), settled = yield* this.settling(told, at, ordered);
    const ids = told.filter((id) => !settled.has(id)), steps = [...settled], ends = [yield* at([]), yield* at(told)];
    for (const [place, id] of ids.entries()) {
      if (ordered) steps.push([id, (yield* at(ids.slice(0, place + 1))) - (yield* at(ids.slice(0, place)))]);
      else steps.push([id, yield* this.shapley(id, ids, at)]);
    }
    const loud = steps.filter(([, db]) => Math.abs(db) >= QUIET);
    if (!ordered) loud.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
    return { steps: loud, before: p(ends[0]), after: p(ends[1]), ordered };
  }

  // the log-odds of a variable in decibans given some of the findings, in steps
  logOdds(v, findings, does) {
    const known = new Map(), self = this;
    return function* (some) {
      const told = Object.fromEntries(some.map((id) => [id, findings[id]])), key = some.join(" ");
      if (!known.has(key)) known.set(key, (10 / Math.LN10) * ((yield* self.chance(v, told, does, false)) - (yield* self.chance(v, told, does, true))));
      return known.get(key);
    };
  }

  // the findings that make it certain, or rule it out, after some of the others
  *settling(ids, at, ordered) {
    const found = new Map(), sets = ordered ? ids.map((_, n) => ids.slice(0, n)) : [...subsets(ids)];
    for (const set of sets) for (const id of ordered ? [ids[set.length]] : ids) {
      if (set.includes(id) || !Number.isFinite(yield* at(set))) continue;
      const after = yield* at(ids.filter((other) => other === id || set.includes(other)));
      if (!Number.isFinite(after)) found.set(id, after);
    }
    return found;
  }

  *shapley(id, ids, at) {
    let sum = 0;
    for (const set of subsets(ids.filter((other) => other !== id))) {
      const weight = (factorial(set.length) * factorial(ids.length - set.length - 1)) / factorial(ids.length);
      const more = ids.filter((other) => other === id || set.includes(other));
      sum += weight * ((yield* at(more)) - (yield* at(set)));
    }
    return sum;
  }

  // log P(a variable is healthy, or is not, and some findings)
  *chance(v, findings, does, healthy) {
    const { [v.id]: _, ...set } = does || {}, evidence = this.evidence(findings, set);
    evidence.weights[v.index] = v.states.map((_, s) => Number((s === 0) === healthy));
    return yield* this.engine.logEvidence(evidence);
  }
}

function factorial(n) { return n > 1 ? n * factorial(n - 1) : 1; }
function* subsets(ids) {
  for (let set = 0; set < 1 << ids.length; set++) yield ids.filter((_, i) => (set >> i) & 1);
}
