// Elimination of dense tables over typed arrays: one pass up, one down, scaled (Python: inference/bucket_tree.py).
// An axis is its place in the order. A tensor is { axes, strides, size }. Axes are multiplied state by state and
// summed out, or, where `or` says so, are the two states "nothing yet" and "present" of a noisy-OR: two tensors
// that have the axis join as causes do, absent only where both are, which adds and never subtracts.
const LOOKED_AT = 16;

function tensorOf(axes, sizes) {
  const strides = new Array(axes.length);
  let size = 1;
  for (let i = axes.length - 1; i >= 0; i--) {
    strides[i] = size;
    size *= sizes[axes[i]];
  }
  return { axes, strides, size };
}

// leaves: [{ axes, values }], the last axis changing fastest. sizes, or, turns: by axis. An `or` axis that has met all its
// causes turns into the variable turns[axis], a later axis, or counts where it is present (turns[axis] undefined).
export class Elimination {
  constructor(leaves, sizes, or, turns) {
    Object.assign(this, { sizes, or, turns, products: [] });
    this.states = sizes.map((size) => [0, 1, 2].map(() => Array.from({ length: size }, (_, s) => s)));
    this.tensors = leaves.map(({ axes }) => tensorOf(axes, sizes));
    this.values = leaves.map(({ values }) => values);
    this.root = this.lay();
  }

  add(axes, values) {
    this.values[this.tensors.length] = values;
    return this.tensors.push(tensorOf(axes, this.sizes)) - 1;
  }

  // the products in their order: buckets by the axis that goes first; an axis that no other tensor has goes at once
  lay() {
    const count = this.sizes.length, buckets = Array.from({ length: count + 1 }, () => []);
    const users = new Int32Array(count);
    const put = (t) => {
      const { axes } = this.tensors[t];
      buckets[axes.reduce((first, axis) => Math.min(first, axis), count)].push(t);
      for (const axis of axes) users[axis]++;
    };
    this.tensors.forEach((_, t) => put(t));
    for (const later of this.turns) if (later !== undefined) users[later]++;
    for (let axis = 0; axis < count; axis++) if (buckets[axis].length) put(this.emptied(buckets[axis], users));
    return this.joined(buckets[count], new Set());
  }

  emptied(bucket, users) {
    const scope = new Set();
    for (const t of bucket) for (const axis of this.tensors[t].axes) {
      users[axis]--;
      scope.add(axis);
    }
    const drop = new Set([...scope].filter((axis) => users[axis] === 0));
    const turning = [...drop].filter((axis) => this.turns[axis] !== undefined);
    turning.forEach((axis) => drop.delete(axis));
    let out = this.joined(bucket, drop);
    for (const axis of turning) {
      users[this.turns[axis]]--;
      const same = this.add([this.turns[axis], axis], Float64Array.of(1, 0, 0, 1));
      out = this.multiplied(out, same, new Set([axis]), true);
    }
    return out;
  }

  // multiply the tensors two by two, the smallest first; axes are dropped with the last product
  joined(bucket, drop) {
    if (bucket.length === 1 && !drop.size) return bucket[0];
    const ranked = [...bucket], size = (t) => this.tensors[t].size;
    while (ranked.length < 2) ranked.push(this.add([], Float64Array.of(1)));
    ranked.sort((one, other) => size(one) - size(other) || one - other);
    while (ranked.length > 2) {
      const first = ranked.shift(), near = ranked.slice(0, LOOKED_AT).map((t) => this.jointSize(first, t));
      const [second] = ranked.splice(near.indexOf(Math.min(...near)), 1);
      const out = this.multiplied(first, second, new Set()), place = ranked.findIndex((t) => size(t) > size(out));
      ranked.splice(place < 0 ? ranked.length : place, 0, out);
    }
    return this.multiplied(ranked[0], ranked[1], drop);
  }

  jointSize(one, other) {
    const { axes } = this.tensors[one];
    let size = this.tensors[one].size;
    for (const axis of this.tensors[other].axes) if (!axes.includes(axis)) size *= this.sizes[axis];
    return size;
  }

  multiplied(one, other, drop, plain = false) {
    const every = [...new Set([...this.tensors[one].axes, ...this.tensors[other].axes])].sort((a, b) => a - b);
    const out = this.add(every.filter((axis) => !drop.has(axis)));
    this.products.push({ one, other, out, every, plain });
    return out;
  }

  // where the terms of a product lie in its three tensors: each term is the sum of an outer and an inner offset
  terms({ one, other, out, every, plain }) {
    const three = [this.tensors[one], this.tensors[other], this.tensors[out]];
    const dims = every.map((axis) => this.dimension(axis, three, plain));
    let inner = dims.length, count = 1;
    const total = dims.reduce((n, { pairs }) => n * pairs[0].length, 1);
    while (inner > 0 && count * count < total) count *= dims[--inner].pairs[0].length;
    return { outer: unfolded(dims.slice(0, inner)), inner: unfolded(dims.slice(inner)) };
  }

  dimension(axis, three, plain) {
    const strides = three.map(({ axes, strides }) => strides[axes.indexOf(axis)] ?? 0);
    return { strides, pairs: this.or[axis] && !plain ? joining(strides) : this.states[axis] };
  }

  // log P(evidence), after every step a pause; steps are kept for the way down
  *up() {
    let log = 0;
    for (const product of this.products) {
      const { one, other, out } = product, values = new Float64Array(this.tensors[out].size), terms = this.terms(product);
      accumulate(values, this.values[one], this.values[other], terms, [2, 0, 1]);
      log += Math.log(scaled(values));
      this.values[out] = values;
      if (this.wanted) product.terms = terms;
      yield;
    }
    const [z] = this.values[this.root];
    return z > 0 ? Math.log(z) + log : -Infinity;
  }

  // [P(axis, evidence), up to a factor] of the wanted axes, by derivatives of Z, in steps
  *down() {
    const read = this.readFrom(), live = this.tensors.map((_, t) => read.has(t)), found = new Map();
    for (const { one, other, out } of this.products) live[out] ||= live[one] || live[other];
    const slopes = [];
    const reach = (t, slope) => {
      slopes[t] = slope;
      for (const axis of read.get(t) || []) found.set(axis, this.marginal(axis, t, slope));
    };
    reach(this.root, Float64Array.of(1));
    for (const { one, other, out, terms } of this.products.reverse()) {
      for (const [mine, partner, at] of [[one, other, [0, 2, 1]], [other, one, [1, 2, 0]]]) {
        if (!live[mine] || !slopes[out]) continue;
        const slope = new Float64Array(this.tensors[mine].size);
        accumulate(slope, slopes[out], this.values[partner], terms, at);
        scaled(slope);
        reach(mine, slope);
      }
      yield;
    }
    return found;
  }

  // from which tensor each wanted axis is read: the smallest that has it
  readFrom() {
    const smallest = new Map(), read = new Map();
    this.tensors.forEach(({ axes, size }, t) => {
      for (const axis of axes) {
        const best = smallest.get(axis);
        if (this.wanted.has(axis) && (best === undefined || size < this.tensors[best].size)) smallest.set(axis, t);
      }
    });
    for (const [axis, t] of smallest) read.set(t, [...(read.get(t) || []), axis]);
    return read;
  }

  marginal(axis, t, slope) {
    const { axes, strides, size } = this.tensors[t], values = this.values[t], stride = strides[axes.indexOf(axis)];
    const states = this.sizes[axis], sums = new Float64Array(states);
    for (let i = 0; i < size; i++) sums[Math.floor(i / stride) % states] += values[i] * slope[i];
    return sums;
  }
}

// the states of one, other and out that belong together where an axis joins as causes do
const BOTH = [[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1]], EITHER = [[0, 1, 1], [1, 0, 1], [1, 1, 1]];
const ALIKE = [[0, 1], [0, 1], [0, 1]], PRESENT = [[1], [1], [1]];
function joining([one, other, out]) {
  if (one && other) return out ? BOTH : EITHER;
  return out ? ALIKE : PRESENT;
}

function unfolded(dims) {
  const size = dims.reduce((n, { pairs }) => n * pairs[0].length, 1);
  return [0, 1, 2].map((which) => {
    const list = new Int32Array(size);
    let length = 1;
    // the first dimension last, so that what is there already is repeated behind itself
    for (let d = dims.length - 1; d >= 0; d--) {
      const states = dims[d].pairs[which], stride = dims[d].strides[which];
      for (let s = states.length - 1; s >= 0; s--) for (let i = 0; i < length; i++) list[s * length + i] = list[i] + states[s] * stride;
      length *= states.length;
    }
    return list;
  });
}

// into += one * other, term by term; roles: which of the three offsets belong to into, one and other
function accumulate(into, one, other, { outer, inner }, [to, from, by]) {
  const o = outer[to], p = outer[from], q = outer[by], a = inner[to], b = inner[from], c = inner[by];
  for (let i = 0; i < o.length; i++) {
    const x = o[i], y = p[i], z = q[i];
    for (let j = 0; j < a.length; j++) into[x + a[j]] += one[y + b[j]] * other[z + c[j]];
  }
}

// divide by the largest value, and return it
function scaled(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  if (largest > 0 && largest !== 1) for (let i = 0; i < values.length; i++) values[i] /= largest;
  return largest;
}

// run to the end without a pause
export function finished(steps) {
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}
