// Every answer of the page's own scripts to each case, as plain data.
const { model, voice, cases } = given;
const network = new Reasoner(model);
network.speak(voice);

function row({ v, present, prior, share, fraction }, findings, now) {
  const chain = network.chain(v, findings, now);
  const shares = { variable: v.id, present, prior, share, fraction };
  if (!chain) return { ...shares, path: [], strengths: [], grade: "expert" };
  const { variables, strengths, grade } = chain;
  return { ...shares, path: variables.map((it) => it.id), strengths, grade };
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
  const { rows, unexplained } = network.contributors(findings, now);
  const { title, notes, items, sources } = network.report(findings, now);
  const kinds = network.kinds(findings, now);
  const { fired } = redFlags(model, implied(model, findings, {}));
  return {
    ...found,
    unexplained,
    kinds: kinds.rows.map((kind) => kind.now),
    neither: kinds.neither ?? null,
    advice: network.advice(findings, fired).map(adviceWords),
    title,
    notes,
    rows: rows.map((each) => row(each, findings, now)),
    items: items.map(({ head, text, path, evidence }) => [`${head} ${text}`, path ? [path, evidence] : []]),
    sources: sources.map((id) => model.sources[id]),
  };
}

console.log(JSON.stringify(cases.map(answer)));
