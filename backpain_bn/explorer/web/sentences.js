// What the network says of one case, in words: those of Python, from the phrases that the page carries.
const SHOWN = 6, SMALLEST_SHARE = 0.005, SPACE = "\u00a0%";

export function percent(p) {
  const up = Math.round(100 * p), rounded = up - 100 * p === 0.5 && up % 2 ? up - 1 : up;
  if (p > 0 && p < 1 && rounded === 0) return "under 1" + SPACE;
  if (p > 0 && p < 1 && rounded === 100) return "over 99" + SPACE;
  return rounded + SPACE;
}
export const words = (state) => state.replaceAll("_", " ");
// states of which one holds; a comma parts them where one has an "or" in its name
function either(states) {
  const names = states.map(words);
  return names.join(names.some((name) => name.includes(" or ")) ? ", or " : " or ");
}
export const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const isTold = (finding) => typeof finding === "string", isYesNo = (v) => v.states.length === 2 && v.states[0] === "no" && v.states[1] === "yes";

function shortLabel(v) {
  if (!v.label || v.label === v.id) return v.id;
  const label = v.label.split(" (")[0], second = label[1];
  if (second && (second === "-" || second !== second.toLowerCase())) return label;
  return label.slice(0, 1).toLowerCase() + label.slice(1);
}

// a cause where something is put down to it: its unhealthy states in brackets, or the one that was told
export function blamed(v, finding) {
  if (isYesNo(v)) return v.short;
  const bad = isTold(finding) && finding !== v.states[0];
  return `${v.short} (${either(bad ? [finding] : v.states.slice(1))})`;
}

// the first letter as a capital, unless it begins a name that stands for a label
const atStart = (v, text) => (v.bare ? text : capital(text));

// which states a box counts; nothing where that is a plain yes
function unhealthyWords(v) {
  if (isYesNo(v)) return "";
  return v.states.length === 2 ? words(v.states[1]) : `not ${words(v.states[0])}`;
}

export class Sentences {
  constructor(network) {
    Object.assign(this, { network, model: network.model, words: network.words });
  }

  phrase(name, fields = {}) {
    return filled(this.model, name, fields);
  }

  finding(finding) {
    if (isTold(finding)) return words(finding);
    return this.phrase("uncertain", { weights: Object.entries(finding).map(([state, weight]) => `${state} ${Number(weight.toPrecision(6))}`).join(", ") });
  }

  // the contributors as they are read, what was told first: sections of { title, items: [{ v, cause, text, details }], notes }, all
  // items, and the ids of all sources
  report({ rows, unexplained }, findings, now) {
    const { outcome } = this.network, present = isTold(findings[outcome.id]) && findings[outcome.id] !== outcome.states[0];
    const loud = rows.filter((row) => row.share >= SMALLEST_SHARE), isKnown = ({ v }) => isTold(findings[v.id]), title = this.phrase(present ? "contributes" : "would_contribute");
    const told = loud.filter(isKnown).map((row) => this.item(row, findings, now, present)), others = loud.filter((row) => !isKnown(row)).slice(0, SHOWN).map((row) => this.item(row, findings, now, present));
    const notes = this.notes(rows, unexplained, findings), items = [...told, ...others], sources = new Set(items.flatMap(({ v }) => this.network.voice.cites[v.cite].flat()));
    for (const { ways } of items) for (const way of [ways.traced, ways.direct]) if (way) way.cites.flat(2).forEach((id) => sources.add(id));
    if (!rows.some(isKnown)) return { sections: [{ title, items: others, notes }], items, sources: [...sources] };
    const little = rows.filter((row) => isKnown(row) && row.share < SMALLEST_SHARE).map(({ v }) => this.stated(v, findings[v.id]));
    const first = { title: this.phrase("causes_told", { title }), items: told, notes: little.length ? [this.phrase("little", { causes: little.join("; ") })] : [] };
    return { sections: [first, { title: this.phrase("causes_not_told", { title }), items: others, notes }], items, sources: [...sources] };
  }

  item(row, findings, now, present) {
    const ways = this.network.ways(row.v, findings, now);
    return { v: row.v, ways, details: this.details(ways, findings), ...this.cause(row, findings[row.v.id], present) };
  }

  notes(rows, unexplained, findings) {
    const spared = rows.filter((row) => row.protects >= SMALLEST_SHARE).map(({ v }) => this.named(v, findings[v.id]));
    const notes = [this.phrase("no_cause", { share: percent(unexplained), outcome: this.words.outcome, subjects: this.words.subjects })];
    if (spared.length) notes.push(this.phrase("protects", { causes: spared.join("; ") }));
    return [...notes, this.phrase("overlap")];
  }

  // a variable with what was told of it: the label alone where a plain question is answered yes
  stated(v, finding) {
    return isYesNo(v) && finding === "yes" ? v.short : `${v.short}: ${words(finding)}`;
  }

  cause({ v, present, prior, share }, finding, told) {
    const due = this.phrase(told ? "due" : "would_be_due", { share: percent(share), outcome: this.words.outcome }), named = this.named(v, finding);
    if (!isTold(finding)) {
      const fields = { cause: named, present: percent(present), prior: percent(prior), population: this.words.population, due };
      return { cause: named, text: this.phrase("cause_suspected", fields) };
    }
    const cause = this.phrase(isYesNo(v) ? "as_told_yes_no" : "as_told", { cause: named, finding });
    return { cause, text: this.phrase("cause_told", { cause, due }) };
  }

  named(v, finding) {
    if (isYesNo(v)) return v.label;
    return `${v.label}: ${either(isTold(finding) ? [finding] : v.states.slice(1))}`;
  }

  details({ traced, direct }, findings) {
    const found = [];
    if (traced) found.push(this.path(traced, findings), this.evidence(traced));
    if (direct) found.push(this.untraced(direct, findings), this.evidence(direct));
    return found;
  }

  path({ variables }, findings) {
    const steps = variables.map((v) => (isYesNo(v) ? v.short : `${v.short}: ${words(isTold(findings[v.id]) ? findings[v.id] : v.states.at(-1))}`));
    return `${atStart(variables[0], steps.join(" > "))}.`;
  }

  untraced(way, findings) {
    const path = this.path(way, findings);
    return this.model.traces ? this.phrase("untraced", { path }) : path;
  }

  evidence({ grade, cites }) {
    return this.phrase("evidence", { grade: this.words.grades[grade], sources: cites.map((cite) => this.ids(cite)).join("; ") });
  }

  ids([sources, against]) {
    const names = (list) => list.map((id) => this.model.sources[id][0]).join(", ");
    return (names(sources) || "no source") + (against.length ? `; against: ${names(against)}` : "");
  }

  // [text, grade in words, sources] of the advice that goes with the findings; while any red flag is set, only where to be looked at
  advice(findings, flagged) {
    return this.model.advice.filter(([, when, , , caution]) => when.every(([id, state]) => findings[id] === state) && !(flagged && caution))
      .map(([text, , sources, grade]) => [text, this.words.grades[grade], sources]);
  }
}

// The answers that findings give already: yes, or no where the question contradicts one of them.
export function implied(model, findings) {
  const told = new Set(Object.entries(findings).map(([id, finding]) => `${id}=${certain(finding)}`)), found = {};
  for (const [id, , , contradicts] of model.questions) if (contradicts.some((one) => told.has(one))) found[id] = "no";
  for (const [id, , finding] of model.questions) if (told.has(finding)) found[id] = "yes";
  return found;
}

// the state that was told, also where it is the only one that likelihoods leave
function certain(finding) {
  if (isTold(finding)) return finding;
  const left = Object.keys(finding).filter((state) => finding[state] !== 0);
  return left.length === 1 ? left[0] : null;
}

export const filled = (model, name, fields = {}) => model.phrases[name].replace(/\{(\w+)\}/g, (_, field) => fields[field]);

// Red flags: a rule fires when a combination is all yes; what was not asked is never cleared. What follows from findings
// counts where a question has no answer of its own, and a yes over a no.
export const answersOf = (told, follows) => ({ ...told, ...Object.fromEntries(Object.entries(follows).filter(([id, answer]) => !told[id] || answer === "yes")) });

export function redFlags(model, told, follows = {}) {
  const answers = answersOf(told, follows);
  const yes = (id) => answers[id] === "yes", because = (ids) => ids.map((id) => model.called[id]).join(", "), say = (name, fields) => filled(model, name, fields);
  const fired = model.rules.map(([label, urgency, action, any]) => {
    const met = any.filter((each) => each.every(yes));
    return { label, urgency, action, reasons: [...new Set(met.flat())], set: met.length > 0 };
  }).filter((rule) => rule.set);
  const urgent = fired.filter((rule) => rule.urgency !== "soon"), acted = urgent.length ? urgent : fired, lines = [];
  for (const { urgency, label, reasons, action } of acted) lines.push(say("flag_fired", { urgency: urgency.toUpperCase(), rule: label, reasons: because(reasons) }), `  ${action}`);
  if (new Set(acted.map((rule) => rule.urgency)).size > 1) lines.push(say("flag_first"));
  const also = fired.slice(acted.length);
  if (also.length) lines.push(say("flag_also", { rules: also.map((rule) => `${rule.label}: ${because(rule.reasons)}`).join("; ") }));
  if (urgent.length) lines.push(model.words.withheld);
  const ids = model.questions.map(([id]) => id), used = new Set(fired.flatMap((rule) => rule.reasons)), noted = ids.filter((id) => yes(id) && !used.has(id));
  if (noted.length) lines.push(say("flag_noted", { answers: because(noted), common: model.words.common }));
  const overruled = ids.filter((id) => told[id] === "no" && yes(id));
  if (overruled.length) lines.push(say("flag_overruled", { answers: because(overruled) }));
  const alarms = [...lines], open = ids.filter((id) => answers[id] !== "yes" && answers[id] !== "no"), denied = ids.filter((id) => answers[id] === "no");
  const parts = { flag_denied: denied.filter((id) => told[id]), flag_follows: denied.filter((id) => !told[id]) };
  for (const [name, part] of Object.entries(parts)) if (part.length && open.length) lines.push(say(name, { answers: because(part) }));
  if (open.length > model.few) lines.push(say("flag_count", { open: open.length, every: `${ids.length} warning signs` }));
  else if (open.length) lines.push(say("flag_open", { answers: because(open) }));
  else if (!fired.length && model.rules.length) lines.push(say(noted.length ? "flag_not_met" : "flag_none_reported", { caution: say("flag_caution") }));
  return { urgent: urgent.length > 0, fired: fired.length > 0, alarm: alarms.length > 0, alarms, lines, open: open.length };
}
