// Exact inference in the browser: the same circuit as circuit.py, from the same factors in the same order.
// Cells: 0, 1, -1, the S likelihoods, the P parameters, then one per step A[o] = A[a] * A[b] + A[c] * A[d].
const ZERO = 0, ONE = 1, MINUS_ONE = 2, CONSTANTS = 3, SMALLEST_LEAK = 1e-3;
const range = (start, count) => Array.from({ length: count }, (_, i) => start + i);

// The factors of every P(variable | parents) and of its likelihood. Axes are numbers: the variables', then those of the helpers.
// A variable is { states, or: [[[parent, [states]], ..], ..] } (a noisy-OR) or { states, table: [parents] }; values are its parameters.
export function factored(variables, values) {
  const sizes = variables.map((v) => v.states.length), states = sizes.reduce((n, size) => n + size, 0), factors = [];
  let state = CONSTANTS, cell = CONSTANTS + states;
  variables.forEach((v, i) => {
    factors.push({ axes: [i], cells: range(state, sizes[i]), live: true });
    state += sizes[i];
    if (v.table) factors.push({ axes: [...v.table, i], cells: range(cell, values[i].length), live: false });
    else factors.push(...(values[i][1] < SMALLEST_LEAK ? chained : subtracted)(v, i, cell, sizes));
    cell += values[i].length;
  });
  return { states, sizes, factors, parameters: cell - CONSTANTS - states };
}

// for every combination of the conditions' variables (the last one changing fastest): does the mechanism's condition hold?
function holds(when, sizes) {
  return when.reduce((mask, [parent, states]) => mask.flatMap((on) => range(0, sizes[parent]).map((s) => on && states.includes(s))), [true]);
}

function subtracted(v, i, first, sizes) {
  const helper = sizes.push(2) - 1;
  return [
    { axes: [i, helper], cells: [ONE, ZERO, MINUS_ONE, ONE], live: false },
    { axes: [helper], cells: [first, ONE], live: false },
    ...v.or.map((when, m) => {
      const mask = holds(when, sizes);
      return { axes: [helper, ...when.map(([parent]) => parent)], cells: [...mask.map((on) => (on ? first + 2 + 2 * m : ONE)), ...mask.map(() => ONE)], live: false };
    }),
  ];
}

function chained(v, i, first, sizes) {
  const names = [...v.or.map(() => sizes.push(2) - 1), i];
  return [
    { axes: [names[0]], cells: [first, first + 1], live: false },
    ...v.or.map((when, m) => {
      const mask = holds(when, sizes), stays = mask.map((on) => (on ? first + 2 + 2 * m : ONE)), turns = mask.map((on) => (on ? first + 3 + 2 * m : ZERO));
      const cells = [...stays, ...turns, ...mask.map(() => ZERO), ...mask.map(() => ONE)];
      return { axes: [names[m], names[m + 1], ...when.map(([parent]) => parent)], cells, live: false };
    }),
  ];
}

// model = { states, sizes, factors, parameters: how many, order: the axes in the order of their elimination }
export function compile(model) {
  const sizes = model.sizes, steps = { a: [], b: [], c: [], d: [] }, tables = [];
  const first = CONSTANTS + model.states + model.parameters;
  let size = first, forward = true;

  function emit(a, b, c, d) {
    steps.a.push(a); steps.b.push(b); steps.c.push(c); steps.d.push(d);
    return size++;
  }

  // out[axes] = sum over all other axes of one * other
  function contract(one, other, axes) {
    const summed = [...new Set([...one.axes, ...other.axes])].filter((x) => !axes.includes(x));
    const every = [...axes, ...summed], dims = every.map((x) => sizes[x]);
    const strides = [one, other].map((f) => {
      let stride = 1; const of = {};
      for (let i = f.axes.length - 1; i >= 0; i--) { of[f.axes[i]] = stride; stride *= sizes[f.axes[i]]; }
      return every.map((x) => of[x] || 0);
    });
    const rows = dims.slice(0, axes.length).reduce((n, d) => n * d, 1), terms = dims.slice(axes.length).reduce((n, d) => n * d, 1);
    const at = new Array(dims.length).fill(0), cells = new Array(rows), start = size;
    let i = 0, j = 0, aliased = false;
    for (let row = 0; row < rows; row++) {
      const pairs = [];
      for (let term = 0; term < terms; term++) {
        const a = one.cells[i], b = other.cells[j];
        if (a !== ZERO && b !== ZERO) pairs.push(a, b);
        for (let axis = dims.length - 1; axis >= 0; axis--) {
          i += strides[0][axis]; j += strides[1][axis];
          if (++at[axis] < dims[axis]) break;
          i -= strides[0][axis] * dims[axis]; j -= strides[1][axis] * dims[axis]; at[axis] = 0;
        }
      }
      if (pairs.length === 0) cells[row] = ZERO;
      else if (pairs.length === 2 && (pairs[0] === ONE || pairs[1] === ONE)) {
        cells[row] = pairs[0] === ONE ? pairs[1] : pairs[0]; aliased = true;
      } else {
        let cell = pairs.length === 2 ? emit(pairs[0], pairs[1], ZERO, ZERO) : emit(...pairs.slice(0, 4));
        for (let p = 4; p < pairs.length; p += 2) cell = emit(cell, ONE, pairs[p], pairs[p + 1]);
        cells[row] = cell;
      }
    }
    tables.push({ start, stop: size, scaled: aliased || size === start ? null : cells.filter((cell) => cell !== ZERO), forward });
    return cells;
  }

  const history = [];
  function multiply(one, other, drop) {
    const axes = [...new Set([...one.axes, ...other.axes])].filter((x) => x !== drop);
    const out = { axes, cells: contract(one, other, axes), live: one.live || other.live };
    if (out.live) history.push([one, other, out]);
    return out;
  }

  const weight = (f) => f.cells.length, joint = (f, g) => [...new Set([...f.axes, ...g.axes])].reduce((n, x) => n * sizes[x], 1);
  const byCost = (f, g) => (f.live - g.live) || (weight(f) - weight(g));
  let factors = model.factors.map((f) => ({ axes: f.axes, cells: f.cells, live: f.live }));
  const leaves = factors.filter((f) => f.live);
  for (const axis of model.order) {
    let bucket = factors.filter((f) => f.axes.includes(axis)).sort(byCost);
    factors = factors.filter((f) => !f.axes.includes(axis));
    while (bucket.length > 2) {
      const one = bucket[0];
      const other = bucket.slice(1).reduce((best, f) => (joint(one, f) < joint(one, best) ? f : best));
      bucket = bucket.filter((f) => f !== one && f !== other);
      bucket.push(multiply(one, other, null));
      bucket.sort(byCost);
    }
    if (bucket.length === 1) bucket.unshift({ axes: [], cells: [ONE], live: false });
    factors.push(multiply(bucket[0], bucket[1], axis));
  }
  const result = factors.reduce((one, other) => multiply(one, other, null));

  forward = false;
  const forwardTables = tables.length, adjoint = new Map([[result, { axes: [], cells: [ONE], live: true }]]);
  for (const [one, other, out] of history.reverse()) {
    const upstream = adjoint.get(out);
    for (const [mine, partner] of [[one, other], [other, one]])
      if (mine.live) adjoint.set(mine, { axes: mine.axes, cells: contract(upstream, partner, mine.axes), live: true });
  }
  const gradient = new Int32Array(model.states).fill(-1);
  for (const leaf of leaves) adjoint.get(leaf).cells.forEach((cell, state) => { gradient[leaf.cells[0] - CONSTANTS + state] = cell; });
  return {
    states: model.states, first, size, gradient, evidence: result.cells[0], tables, forwardTables, cells: new Float64Array(size),
    a: Int32Array.from(steps.a), b: Int32Array.from(steps.b), c: Int32Array.from(steps.c), d: Int32Array.from(steps.d),
  };
}

function run(circuit, likelihood, parameters, count) {
  const A = circuit.cells, { a, b, c, d, first } = circuit;
  A[0] = 0; A[1] = 1; A[2] = -1;
  A.set(likelihood, CONSTANTS);
  A.set(parameters, CONSTANTS + circuit.states);
  let scale = 0;
  for (let t = 0; t < count; t++) {
    const table = circuit.tables[t];
    for (let o = table.start; o < table.stop; o++) {
      const s = o - first;
      A[o] = A[a[s]] * A[b[s]] + A[c[s]] * A[d[s]];
    }
    if (table.scaled) {
      let largest = 0;
      for (const cell of table.scaled) largest = Math.max(largest, Math.abs(A[cell]));
      if (largest > 0 && largest !== 1) {
        for (const cell of table.scaled) A[cell] /= largest;
        if (table.forward) scale += Math.log(largest);
      }
    }
  }
  return A[circuit.evidence] > 0 ? Math.log(A[circuit.evidence]) + scale : -Infinity;
}

// log P(evidence)
export function logEvidence(circuit, likelihood, parameters) {
  return run(circuit, likelihood, parameters, circuit.forwardTables);
}

// { logEvidence, marginals: Float64Array(S) }; all 0 where the evidence is impossible
export function posterior(circuit, likelihood, parameters, slices) {
  const log = run(circuit, likelihood, parameters, circuit.tables.length), marginals = new Float64Array(circuit.states);
  if (log === -Infinity) return { logEvidence: log, marginals };
  for (const [start, stop] of slices) {
    let total = 0;
    for (let s = start; s < stop; s++) total += marginals[s] = likelihood[s] * circuit.cells[circuit.gradient[s]];
    for (let s = start; s < stop; s++) marginals[s] /= total;
  }
  return { logEvidence: log, marginals };
}
