// Exact inference in the browser, in one world and in two that share their switches (Python: inference/elimination.py,
// two_worlds.py). A noisy-OR stays factored: a helper axis stands for "switched on so far". Axes of n variables: the
// variables 0..n-1, their helpers n.., their copies in the other world 2n.., the helpers of the copies 3n...
const SMALLEST_LEAK = 1e-3;
// what takes more cells is not worked out in a page: it would take seconds
const MOST_CELLS = 3e7;

// A case: told[variable] is a state, weights[variable] the likelihoods of the states; undefined where nothing is known. done[variable]:
// its state was set, so that its causes do not act on it.
export class Engine {
  // variables: { states, parents, or: [[[parent, [states]], ..], ..] } or { states, parents, table: [parents] }
  constructor(variables, orders) {
    Object.assign(this, { variables, count: variables.length });
    this.orders = orders.map(decoded);
  }

  // values[variable]: the leak and the strengths of a noisy-OR, or the cells of a table
  speak(values) {
    this.numbers = values;
  }

  // { logEvidence, marginals of the variables in turn }; undefined marginals where the evidence is impossible
  posterior(evidence) {
    const world = new World(this, evidence, this.variables.map(() => true)), run = world.laid(this.orders[0]);
    run.wanted = new Set(this.variables.map((_, v) => run.place[v]).filter((axis) => axis !== undefined));
    const logEvidence = finished(run.up());
    if (logEvidence === -Infinity) return { logEvidence };
    const joints = finished(run.down());
    return { logEvidence, marginals: this.variables.map((v, i) => this.marginal(v, evidence.told[i], joints.get(run.place[i]))) };
  }

  // marginals in the world where the variables of these places are healthy, and all else of the case is as it is, in steps;
  // copied: what may differ there; undefined where that takes too long
  *putRight(evidence, healthy, copied) {
    const world = new World(this, evidence, this.variables.map(() => true), { healthy, copied }), run = world.laid(world.smallestFirst());
    const there = this.variables.map((_, i) => world.copy(i));
    if (run.tensors.reduce((cells, { size }) => cells + size, 0) > MOST_CELLS) return undefined;
    run.wanted = new Set(there.map((axis) => run.at.get(axis)).filter((place) => place !== undefined));
    yield* run.up();
    const joints = yield* run.down();
    return this.variables.map((v, i) => this.marginal(v, there[i] === undefined ? 0 : world.told[there[i]], joints.get(run.at.get(there[i]))));
  }

  marginal(v, told, joint) {
    if (told !== undefined) return Float64Array.from(v.states, (_, s) => Number(s === told));
    const positive = joint.map((p) => Math.max(p, 0)), total = positive.reduce((sum, p) => sum + p, 0);
    return positive.map((p) => p / total);
  }

  // log P(evidence), in steps
  *logEvidence(evidence) {
    const world = new World(this, evidence, this.needed(evidence, []));
    return yield* world.laid(this.orders[0]).up();
  }

  // log P(evidence, the copy of the outcome is absent, or present) in steps; `order` says which of the orders, `other` is
  // { healthy, copied: sets of variables, outcome, absent: is its copy healthy? }
  *otherwise(evidence, order, other) {
    const world = new World(this, evidence, this.needed(evidence, [other.outcome]), other);
    return yield* world.laid(this.orders[order]).up();
  }

  // what is told or wanted, and all that this depends on
  needed({ told, weights, done }, wanted) {
    const needed = this.variables.map((_, v) => told[v] !== undefined || weights[v] !== undefined || wanted.includes(v));
    const waiting = needed.flatMap((is, v) => (is ? [v] : []));
    while (waiting.length) {
      const v = waiting.pop();
      for (const parent of done[v] ? [] : this.variables[v].parents) {
        if (!needed[parent]) waiting.push(parent);
        needed[parent] = true;
      }
    }
    return needed;
  }
}

// two signs of 64 for each axis
const SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
function decoded(text) {
  return Array.from({ length: text.length / 2 }, (_, i) => 64 * SIGNS.indexOf(text[2 * i]) + SIGNS.indexOf(text[2 * i + 1]));
}

// The factors of one case; in two worlds with `other`
class World {
  constructor(engine, evidence, needed, other) {
    Object.assign(this, { engine, other, count: engine.count, factors: [], sizes: new Map(), or: new Set(), turns: new Map() });
    this.told = [...evidence.told];
    this.weights = [...evidence.weights];
    if (other && other.outcome !== undefined) this.tellCopy(other);
    this.done = evidence.done;
    evidence.families ||= [];
    engine.variables.forEach((v, i) => {
      if (needed[i] && !this.done[i]) this.take(this.copied(i) ? this.family(v, i, [i, 2 * this.count + i]) : (evidence.families[i] ||= this.family(v, i, [i])));
    });
  }

  take({ factors, sizes, or, turns }) {
    this.factors.push(...factors);
    for (const [axis, size] of sizes) this.sizes.set(axis, size);
    for (const axis of or) this.or.add(axis);
    for (const [axis, later] of turns) this.turns.set(axis, later);
  }

  tellCopy({ outcome, absent }) {
    const { length } = this.engine.variables[outcome].states, copy = 2 * this.count + outcome;
    if (absent || length === 2) this.told[copy] = absent ? 0 : 1;
    else this.weights[copy] = Array.from({ length }, (_, s) => Number(s > 0));
  }

  copied(i) { return Boolean(this.other && this.other.copied.has(i) && !this.done[i]); }

  // the axis of a variable in the other world; undefined where it is healthy there by decree
  copy(i) {
    if (this.other && this.other.healthy.has(i)) return undefined;
    return this.copied(i) ? 2 * this.count + i : i;
  }

  // the factors of a variable, the sizes of its own axes, which of these join as causes do, and what they turn into
  family(v, i, axes) {
    const made = { factors: [], sizes: [], or: [], turns: [] };
    for (const axis of axes) if (this.weights[axis]) made.factors.push({ axes: [axis], values: this.weights[axis] });
    for (const axis of axes) made.sizes.push([axis, v.states.length]);
    if (v.table) made.factors.push(this.table(v, i, axes));
    else this.noisyOr(v, i, axes, made);
    return made;
  }

  // ---- noisy-ORs: one helper for each world, and one factor for the leak and for each mechanism

  noisyOr(v, i, axes, made) {
    const [leak, ...strengths] = this.engine.numbers[i], helpers = axes.map((axis) => this.helper(axis, leak, made));
    const start = this.switches(helpers, [], () => axes.map(() => true), leak);
    if (helpers.length > 1 || helpers[0].adds || helpers[0].absent) made.factors.push(start);
    for (const { axis, of, adds } of helpers) {
      // what a helper says of its variable; alone in its world, together with the leak
      const [off, any] = helpers.length > 1 ? [1, 1] : start.values;
      if (of !== undefined && !adds) made.factors.push({ axes: [of, axis], values: [off, 0, -off, any] });
    }
    v.or.forEach((when, m) => made.factors.push(...this.mechanism(when, strengths[m], helpers)));
  }

  // How a switch reads in the world of this axis. Told to be absent: nothing is on. Told to be present, or rare: "nothing"
  // and "on", which join as causes do. Else "nothing" and "any", which are multiplied; "on" is the difference.
  helper(axis, leak, made) {
    const told = this.told[axis], helper = axis + this.count;
    if (told === 0) return { absent: true };
    const adds = told === 1 || this.weights[axis] !== undefined || leak < SMALLEST_LEAK;
    made.sizes.push([helper, 2]);
    if (adds) made.or.push(helper);
    if (adds && told === undefined) made.turns.push([helper, axis]);
    return { axis: helper, of: axis, adds };
  }

  mechanism(when, p, helpers) {
    const here = when.map(([parent, states]) => [parent, states]), worlds = [here];
    if (helpers.length > 1) worlds.push(when.map(([parent, states]) => [this.copy(parent), states]));
    const conditions = worlds.map((conditions) => this.open(conditions));
    if (conditions.every((open) => open === undefined)) return [];
    const free = [...new Set(conditions.flatMap((open) => (open || []).map(([axis]) => axis)))];
    const holds = (states) => conditions.map((open) => open !== undefined && open.every(([axis, allowed]) => allowed.includes(states[free.indexOf(axis)])));
    return [this.switches(helpers, free, holds, p)];
  }

  // what is left of conditions when what is told is met; undefined where it is not
  open(conditions) {
    const left = [];
    for (const [axis, states] of conditions) {
      const told = axis === undefined ? 0 : this.told[axis];
      if (told === undefined) left.push([axis, states]);
      else if (!states.includes(told)) return undefined;
    }
    return left;
  }

  // a switch that is on with p where the conditions hold, in this world and in the other
  switches(helpers, free, holds, p) {
    const open = helpers.filter(({ absent }) => !absent), values = [], sizes = free.map((axis) => this.size(axis));
    for (const states of combinations(sizes)) {
      const [here, there = false] = holds(states);
      const on = [[here || there ? 1 - p : 1, there && !here ? p : 0], [here && !there ? p : 0, here && there ? p : 0]];
      values.push(...this.read(on, helpers));
    }
    return { axes: [...free, ...open.map(({ axis }) => axis)], values };
  }

  // the four chances (off or on, here and there) as the helpers read them
  read(on, [one, other = { absent: true }]) {
    const rows = along(on.map((row) => along(row, other)), one, (a, b) => a.map((p, i) => p + b[i]));
    return rows.flat();
  }

  // ---- tables

  table(v, i, axes) {
    const [cells, size] = [this.engine.numbers[i], v.states.length];
    const parents = v.table.map((parent) => this.copied(i) ? [parent, this.copy(parent)] : [parent]);
    const every = [...new Set(parents.flat())].filter((axis) => axis !== undefined), free = every.filter((axis) => this.told[axis] === undefined);
    const row = (world, states) => v.table.reduce((place, parent, k) => place * this.engine.variables[parent].states.length + this.stateOf(parents[k][world], free, states), 0);
    const values = [];
    for (const states of combinations(free.map((axis) => this.size(axis)))) {
      const [here, there] = axes.map((_, world) => cells.slice(row(world, states) * size, (row(world, states) + 1) * size));
      const joint = axes.length > 1 ? overlap(here, there) : here.map((p) => [p]);
      values.push(...this.toldRows(joint, axes));
    }
    return { axes: [...free, ...axes.filter((axis) => this.told[axis] === undefined)], values };
  }

  stateOf(axis, free, states) {
    if (axis === undefined) return 0;
    return this.told[axis] ?? states[free.indexOf(axis)];
  }

  toldRows(joint, [here, there]) {
    const rows = this.told[here] === undefined ? joint : [joint[this.told[here]]];
    return rows.flatMap((row) => (this.told[there] === undefined ? row : [row[this.told[there]]]));
  }

  size(axis) { return this.engine.variables[axis % this.count].states.length; }

  // ---- the elimination, in an order restricted to what is left

  laid(order) {
    const place = this.places(order), shown = [...place.keys()];
    const by = (values) => shown.map((axis) => values(axis));
    const leaves = this.factors.map(({ axes, values }) => ({ axes: axes.map((axis) => place.get(axis)), values }));
    const run = new Elimination(leaves, by((axis) => this.sizes.get(axis)), by((axis) => this.or.has(axis)), by((axis) => place.get(this.turns.get(axis))));
    run.at = place;
    run.place = Array.from({ length: this.count }, (_, i) => place.get(i));
    return run;
  }

  // an order of all axes: always that whose product with all that it meets is smallest (Python: inference/elimination.py)
  smallestFirst() {
    const near = new Map(), order = [], bits = (axis) => Math.log2(this.sizes.get(axis));
    const meet = (scope) => { for (const axis of scope) { if (!near.has(axis)) near.set(axis, new Set()); for (const other of scope) if (other !== axis) near.get(axis).add(other); } };
    this.factors.forEach(({ axes }) => meet(axes));
    for (const pair of this.turns) meet(pair);
    while (near.size) {
      let first, least = Infinity;
      for (const [axis, others] of near) {
        let load = bits(axis);
        for (const other of others) load += bits(other);
        if (load < least) [first, least] = [axis, load];
      }
      const others = near.get(first);
      for (const other of others) near.get(other).delete(first);
      meet(others);
      near.delete(first);
      order.push(first);
    }
    return order;
  }

  // a variable comes after the helper that turns into it
  places(order) {
    const left = order.filter((axis) => this.sizes.has(axis) && this.told[axis] === undefined), late = new Map();
    const at = new Map(left.map((axis, i) => [axis, i]));
    for (const [helper, axis] of this.turns) if (at.get(axis) < at.get(helper)) late.set(axis, at.get(helper) + 0.5);
    const rank = (axis) => late.get(axis) ?? at.get(axis);
    if (late.size) left.sort((one, other) => rank(one) - rank(other));
    return new Map(left.map((axis, i) => [axis, i]));
  }
}

// [off, on] as a helper reads it: off alone, both, or off and the sum
function along([off, on], { absent, adds }, plus = (a, b) => a + b) {
  if (absent) return [off];
  return [off, adds ? on : plus(off, on)];
}

// P(state, state') of two distributions that one uniform draw decides: the overlaps of their quantiles
function overlap(here, there) {
  let low = 0;
  return here.map((p) => {
    const high = low + p, row = [];
    let from = 0;
    for (const q of there) {
      row.push(Math.max(Math.min(high, from + q) - Math.max(low, from), 0));
      from += q;
    }
    low = high;
    return row;
  });
}

function* combinations(sizes) {
  const states = sizes.map(() => 0);
  for (;;) {
    yield states;
    let last = sizes.length - 1;
    for (; last >= 0 && ++states[last] === sizes[last]; last--) states[last] = 0;
    if (last < 0) return;
  }
}
