// Every answer of the page's own scripts to each case, as plain data.
const { model, voice, cases } = given;
const network = new Reasoner(model), sentences = new Sentences(network);
network.speak(voice);

function way(chain) {
  if (!chain) return null;
  const { variables, strengths, grade } = chain;
  return { path: variables.map((it) => it.id), strengths, grade };
}

function row({ v, present, prior, share, protects }, findings, now) {
  const { traced, direct } = network.ways(v, findings, now);
  return { variable: v.id, present, prior, share, protects, traced: way(traced), direct: way(direct) };
}

function adviceWords([text, grade, from]) {
  return `${text} [${grade}: ${from.map((id) => model.sources[id][0]).join(", ")}]`;
}

function answer(findings) {
  const now = network.posterior(findings);
  const known = now.logEvidence > -Infinity;
  const found = { log: known ? now.logEvidence : null, marginals: [...now.marginals] };
  if (!known) return { ...found, conflict: Object.keys(network.conflict(findings)) };
  if (model.words.unranked) return found;
  const ranked = finished(network.contributors(findings, now)), { rows, unexplained } = ranked;
  const { sections, sources } = sentences.report(ranked, findings, now);
  const kinds = network.kinds(findings, now);
  const { fired } = redFlags(model, {}, implied(model, findings));
  return {
    ...found,
    unexplained,
    kinds: kinds.rows.map((kind) => kind.now),
    neither: kinds.neither ?? null,
    advice: sentences.advice(findings, fired).map(adviceWords),
    rows: rows.map((each) => row(each, findings, now)),
    sections: sections.map(({ title, items, notes }) => [title, items.map(({ text, details }) => [text, details]), notes]),
    sources: sources.map((id) => model.sources[id]),
  };
}

console.log(JSON.stringify(cases.map(answer)));
