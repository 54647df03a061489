// What the picture shows of a case, as picked.py picks it: the first causes with their paths to the outcome, and what was told.
const FEW = 24;

// { shown: Set of variables, links: [{ start, end, strength, grade, cites, bridged }], ways: Map of what lies on no path to its own }. paths: [[variables]]; columns: those of the
// model; withheld: nothing is suggested, so only what was told is shown; opened: Map of a column's key to "all" or "none"; extra: variables that were asked for.
export function picked(network, findings, now, paths, columns, opened, extra, withheld = false) {
  const told = Object.keys(findings).map((id) => network.byId.get(id)), { outcome, variables } = network, whole = variables.length <= FEW;
  const chosen = new Set([...paths.flat(), ...told, ...(outcome ? [outcome] : [])]), links = new Map();
  if (whole) variables.forEach((v) => chosen.add(v));
  else if (!paths.length && !withheld) busiest(network, chosen).forEach((v) => chosen.add(v));
  for (const v of extra) chosen.add(v);
  for (const { key, members } of columns) for (const v of members) {
    if (opened.get(key) === "all") chosen.add(v);
    if (opened.get(key) === "none" && v !== outcome) chosen.delete(v);
  }
  const add = (path) => {
    const key = `${path[0].index}>${path.at(-1).index}`;
    if (!links.has(key)) links.set(key, linkOf(network, path, now));
  };
  if (whole || !(paths.length || withheld)) for (const pair of network.links) if (pair.every((v) => chosen.has(v))) add(pair);
  const ways = lonely(network, whole ? told : chosen, paths, now, withheld);
  const gone = (v) => columns.some(({ key, members }) => opened.get(key) === "none" && members.includes(v));
  for (const path of ways.values()) if (!path.includes(outcome) && !gone(path[0])) chosen.add(path[0]);
  for (const path of [...paths, ...ways.values()]) pieces(path, chosen).forEach(add);
  return { shown: chosen, links: [...links.values()], ways };
}

// the variables with most links, as many as make the chosen ones few
function busiest({ variables }, chosen) {
  const links = (v) => v.parents.length + v.children.length;
  return variables.filter((v) => !chosen.has(v)).sort((one, other) => links(other) - links(one)).slice(0, Math.max(FEW - chosen.size, 0));
}

// the strongest path between the outcome and each of these that lies on none of the paths; where there is none, the strongest
// link that leads to it
function lonely(network, some, paths, now, withheld) {
  const linked = new Set(paths.flat()), { outcome } = network, found = new Map();
  if (!outcome || !(paths.length || withheld)) return found;
  for (const v of some) if (v !== outcome && !linked.has(v)) {
    const ends = network.below(outcome).has(v) ? [outcome, v] : [v, outcome], [best] = network.bestPaths(...ends, now, 1);
    const parents = v.parents.map((parent) => network.variables[parent]), strength = (parent) => network.strength(parent, v, now);
    if (best) found.set(v, best.path);
    else if (parents.length) found.set(v, [parents.reduce((most, one) => (strength(one) > strength(most) ? one : most)), v]);
  }
  return found;
}

// the parts of a path from one variable that is shown to the next
export function pieces(path, shown) {
  const stops = path.flatMap((v, place) => (shown.has(v) ? [place] : []));
  return stops.slice(1).map((end, i) => path.slice(stops[i], end + 1));
}

export function linkOf(network, path, now) {
  const chain = network.chain(path, now), strength = chain.strengths.reduce((all, one) => all * one, 1);
  return { start: path[0], end: path.at(-1), strength, grade: chain.grade, cites: chain.cites, bridged: path.length > 2 };
}
