// How sure the shares are: every number drawn from its range at once (Python: uncertainty/draws.py, but for numbers that were converted
// from a published ratio, which are drawn like the others here).
const DRAWS = 100, LEVEL = 0.9, INSIDE = 1e-12;

// numbers between 0 and 1, the same ones every time
function chances(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(chance) {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
}

// the logarithm of a draw from a Gamma distribution (Marsaglia and Tsang 2000)
function logGamma(shape, chance) {
  if (shape < 1) return logGamma(shape + 1, chance) + Math.log(1 - chance()) / shape;
  const d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(chance), v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - chance()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

// draws from the Beta distribution of this mean and standard deviation, or one without two peaks
function betas(p, sd, chance) {
  const nu = Math.max((p * (1 - p)) / sd ** 2 - 1, 1 / Math.max(p, 1 - p));
  return Float64Array.from({ length: DRAWS }, () => {
    const odds = Math.exp(logGamma((1 - p) * nu, chance) - logGamma(p * nu, chance));
    return Math.min(Math.max(1 / (1 + odds), INSIDE), 1 - INSIDE);
  });
}

function permutation(chance) {
  const places = Array.from({ length: DRAWS }, (_, i) => i);
  for (let i = DRAWS - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [places[i], places[j]] = [places[j], places[i]];
  }
  return places;
}

// The draws of all numbers of a voice, [values of each variable] each. sd and study stand beside the values; numbers of one study and one
// place in their row are high in the same draws.
export function numbersDrawn(variables, values, { sd, study }) {
  const chance = chances(1), ranks = new Map(), draws = Array.from({ length: DRAWS }, () => values.map((own) => [...own]));
  let place = 0;
  variables.forEach((v, i) => {
    const size = v.or ? 1 : v.states.length;
    for (let cell = 0; cell < values[i].length; cell++, place++) {
      if (!sd[place]) continue;
      let sample = betas(values[i][cell], sd[place], chance);
      if (study[place] >= 0) {
        const key = `${study[place]} ${v.or ? 1 : cell % size}`, rank = ranks.get(key) || permutation(chance);
        ranks.set(key, rank);
        const sorted = sample.sort();
        sample = rank.map((at) => sorted[at]);
      }
      draws.forEach((draw, d) => { draw[i][cell] = sample[d]; });
    }
    if (!v.or) for (const draw of draws) rowsMadeWhole(draw[i], values[i], size);
  });
  return draws;
}

// the first state of a row takes what the others leave; where they leave nothing, all make room
function rowsMadeWhole(cells, own, size) {
  for (let row = 0; row < cells.length; row += size) {
    let rest = 0;
    for (let s = 1; s < size; s++) rest += cells[row + s];
    cells[row] = own[row] > 0 ? Math.max(1 - rest, INSIDE) : 0;
    const total = cells[row] + rest;
    for (let s = 0; s < size; s++) cells[row + s] /= total;
  }
}

// where 90 of 100 draws lie
export function ends(sample) {
  const sorted = Float64Array.from(sample).sort(), quantile = (q) => {
    const at = q * (sorted.length - 1), low = Math.floor(at);
    return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  };
  return [quantile((1 - LEVEL) / 2), quantile((1 + LEVEL) / 2)];
}
