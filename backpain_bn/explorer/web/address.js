// A case as the part of an address behind the #, and a copy of the page with its case.
const FLAG = "flag.", DO = "do.", TREAT = "treat.";

// Variables as name=state, or name={"state": likelihood}; what was set as do.name=state; what was put right as treat.name=its healthy
// state; red flags as flag.name=answer; the voice, where it is not the first.
export function addressOf({ findings, flags, does, treats, voice }, model) {
  const parts = new URLSearchParams();
  for (const [id, finding] of Object.entries(findings)) parts.append(id, typeof finding === "string" ? finding : JSON.stringify(finding));
  for (const [id, answer] of Object.entries(flags)) parts.append(FLAG + id, answer);
  for (const [id, state] of Object.entries(does || {})) parts.append(DO + id, state);
  for (const id of treats || []) parts.append(TREAT + id, model.variables.find((v) => v.id === id).states[0]);
  if (voice) parts.append(FLAG, voice);
  return parts.toString();
}

// What an address says of this model; what the model does not know is left out. Red flags may be written in any case, and a yes
// stands whatever else is said.
export function caseOf(text, model) {
  const findings = {}, flags = {}, does = {}, treats = [], byId = new Map(model.variables.map((v) => [v.id, v])), asked = new Map(model.questions.map(([id]) => [(FLAG + id).toLowerCase(), id]));
  let voice = "";
  for (const [name, value] of new URLSearchParams(text)) {
    const flag = asked.get(name.toLowerCase()), answer = value.trim().toLowerCase();
    if (name === FLAG) voice = Object.hasOwn(model.voices, value) ? value : "";
    else if (flag && (answer === "yes" || answer === "no")) flags[flag] = flags[flag] === "yes" ? "yes" : answer;
    else if (name.startsWith(DO) && byId.get(name.slice(DO.length))?.states.includes(value)) does[name.slice(DO.length)] = value;
    else if (name.startsWith(TREAT) && treatable(byId.get(name.slice(TREAT.length)), model) && !treats.includes(name.slice(TREAT.length))) treats.push(name.slice(TREAT.length));
    else if (byId.has(name)) {
      const finding = findingOf(value, byId.get(name).states);
      if (finding !== undefined) findings[name] = finding;
    }
  }
  return { case: findings, flags, does, treats, voice };
}

// whether one can ask what would be so had a variable been healthy
export function treatable(v, model) {
  return v !== undefined && !v.unordered && v.id !== model.variables[model.outcome]?.id;
}

function findingOf(value, states) {
  if (states.includes(value)) return value;
  try {
    const likely = Object.entries(JSON.parse(value));
    const sound = likely.every(([state, weight]) => states.includes(state) && Number.isFinite(weight) && weight >= 0) && likely.some(([, weight]) => weight > 0);
    return sound ? Object.fromEntries(likely) : undefined;
  } catch {
    return undefined;
  }
}

// The page as it was before its scripts ran, with another case in it; where no script runs it shows that case too: its picture, the
// paths in it (as places of variables), and its red flags.
export function copyOf(page, data, { picture, paths, alert }) {
  const holder = new DOMParser().parseFromString(page, "text/html");
  holder.querySelector(".bp").dataset.paths = JSON.stringify(paths);
  holder.querySelector(".bp-graph").replaceWith(picture);
  fillAlarm(holder.querySelector(".bp-alarm"), alert);
  const signs = { "<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029" };
  holder.getElementById("bp-data").textContent = JSON.stringify(data).replace(/[<\u2028\u2029]/g, (sign) => signs[sign]);
  return `<!doctype html>${holder.documentElement.outerHTML}`;
}
