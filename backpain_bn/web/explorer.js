// The explorer: a picture drawn by graph.py comes alive. `explore(root, {model, case, flags}, told)` returns {set(case, flags)};
// `told(case, flags)` is called after every click.
export function explore(root, data, told) {
  const { model } = data, $ = (selector) => root.querySelector(selector);
  const svg = $(".bp-graph"), nodes = new Map(), variables = new Map(model.variables.map((v) => [v.id, v]));
  const circuit = compile(model), slices = model.variables.map((_, i) => slice(i));
  const index = new Map(model.variables.map((v, i) => [v.id, i]));
  const hidden = new Set(), outcome = variables.get(model.outcome);
  const wide = model.box[0] - 16;
  let voice = Object.keys(model.voices)[0], kase = { ...data.case }, flags = { ...data.flags }, before, now, timer;

  function slice(i) {
    const start = model.variables.slice(0, i).reduce((n, v) => n + v.states.length, 0);
    return [start, start + model.variables[i].states.length];
  }
  const parameters = () => model.voices[voice].parameters;
  const percent = (p) => (p > 0 && p < 0.005 ? "under 1" : p < 1 && p > 0.995 ? "over 99" : String(Math.round(100 * p))) + "\u00a0%";
  const words = (state) => state.replaceAll("_", " ");
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const element = (tag, text, attributes = {}) => {
    const made = Object.assign(document.createElement(tag), attributes);
    if (text !== undefined) made.textContent = text;
    return made;
  };

  function likelihood(findings) {
    const row = new Float64Array(model.states).fill(1);
    for (const [id, state] of Object.entries(findings)) {
      const [start, stop] = slices[index.get(id)];
      row.fill(0, start, stop);
      row[start + variables.get(id).states.indexOf(state)] = 1;
    }
    return row;
  }
  const answer = (findings) => posterior(circuit, likelihood(findings), parameters(), slices);
  const present = (beliefs, id) => 1 - beliefs.marginals[slices[index.get(id)][0]];

  // do(variable = state): its table becomes a certainty, whatever its parents
  function certain(own, v, state) {
    const [start, stop] = v.place;
    if (v.cause === "or") for (let p = start; p < stop; p += 2) { own[p + 1] = p === start ? state : 0; own[p] = 1 - own[p + 1]; }
    else for (let p = start; p < stop; p++) own[p] = Number((p - start) % v.states.length === state);
  }

  function descendants(id, found = new Set()) {
    for (const [from, to] of model.links) if (from === id && !found.has(to)) { found.add(to); descendants(to, found); }
    return found;
  }

  // P(outcome not healthy | do(settings), findings)
  function pain(findings, settings) {
    const own = Float64Array.from(parameters());
    for (const [id, state] of Object.entries(settings)) certain(own, variables.get(id), state);
    const row = likelihood(findings), all = logEvidence(circuit, row, own);
    const [start] = slices[index.get(outcome.id)], spared = row[start];
    for (let s = start + 1; s < start + outcome.states.length; s++) row[s] = 0;
    row[start] = spared;
    return 1 - Math.exp(logEvidence(circuit, row, own) - all);
  }

  function contributors() {
    const causes = model.variables.filter((v) => v.cause), rows = [];
    for (const v of causes) {
      const below = descendants(v.id).add(v.id), around = Object.fromEntries(Object.entries(kase).filter(([id]) => !below.has(id)));
      const healthy = pain(around, { [v.id]: 0 }), [start] = slices[index.get(v.id)];
      let share = 0, likely = 0;
      for (let s = 1; s < v.states.length; s++) {
        const p = now.marginals[start + s], risk = pain(around, { [v.id]: s });
        likely += p;
        if (risk > 0) share += p * (1 - healthy / risk);
      }
      rows.push({ v, likely, share, fraction: likely > 0 ? share / likely : 0 });
    }
    const risks = Object.fromEntries(Object.entries(kase).filter(([id]) => variables.get(id).role === "risk_factor"));
    const bare = pain({}, Object.fromEntries(causes.map((v) => [v.id, 0]))) / pain(risks, {});
    return { rows: rows.sort((a, b) => b.share - a.share), bare };
  }

  // red flags: set (a combination is all yes), never cleared by silence
  const fired = () => model.rules.filter(([, , , any]) => any.some((each) => each.every((id) => flags[id] === "yes")));
  const urgent = () => fired().filter(([, urgency]) => urgency !== "soon");

  function showFlags() {
    const alarm = $(".bp-alarm"), set = fired();
    alarm.hidden = set.length === 0;
    alarm.replaceChildren(...set.map(([label, urgency, action]) => {
      const part = element("p");
      part.append(element("strong", `${urgency.toUpperCase()}, to be checked: ${label}. `), action);
      return part;
    }));
    const open = model.questions.filter(([id]) => !flags[id]).length;
    $(".bp-flags-count").textContent = open ? `(${open} not asked, so not cleared)` : "(all asked)";
  }

  function showAnswer() {
    const box = $(".bp-answer");
    if (urgent().length) {
      box.replaceChildren(element("h2", "Not ranked"), element("p", "A red flag is set: no causes are ranked until a clinician has looked at this."));
      $(".bp-sources").textContent = "";
      return;
    }
    const { rows, bare } = contributors(), list = element("ol"), free = kase[outcome.id] === outcome.states[0], cited = new Set();
    for (const { v, likely, share, fraction } of rows.filter((row) => row.share >= 0.005).slice(0, 6)) {
      const known = kase[v.id], item = element("li"), part = free ? "" : `, so about ${percent(share)} of this pain is due to it`;
      item.append(element("strong", known ? `${v.label}: ${words(known)}, as you told. ` : `${v.label}: ${percent(likely)} likely `));
      item.append(known ? `This accounts for about ${percent(fraction)} of the risk${free ? "" : " and so of this pain"}.`
        : `(${percent(present(before, v.id))} among runners in general). Where present, it accounts for about ${percent(fraction)} of the risk${part}.`);
      const direct = linksOf(v.id).filter(([from, , strength]) => from === v.id && strength > 0).sort((a, b) => b[2] - a[2])[0];
      if (direct) {
        item.append(element("small", ` ${capital(model.grades[direct[3]])} [${direct[4].join(", ")}${direct[5].length ? "; against: " + direct[5].join(", ") : ""}].`));
        [...direct[4], ...direct[5]].forEach((id) => cited.add(id));
      }
      list.append(item);
    }
    const kinds = linksInto(outcome.id).filter(([from]) => variables.get(from).role === "presentation")
      .map(([from]) => `${variables.get(from).short} ${percent(present(now, from))}`);
    box.replaceChildren(
      element("h2", free ? "What would contribute" : "What most likely contributes"),
      element("p", "Told: " + (Object.entries(kase).map(([id, s]) => `${variables.get(id).short}: ${words(s)}`).join("; ") || "nothing yet") + "."),
      element("p", kinds.length ? `Likely kind: ${kinds.join(", ")}.` : ""), list,
      element("p", `No identified cause: about ${percent(Math.min(bare, 1))} would be there without any of the listed causes. Shares overlap and do not add up.`));
    $(".bp-sources").textContent = "Sources: " + [...cited].map((id) => `${id}: ${(model.sources[id] || model.claims[id] || ["judgement of the authors"])[0]}`
      + (model.sources[id] && model.sources[id][2] === "C" ? " (not verified)" : "")).join("; ") + ".";
  }

  const links = () => model.links.map(([from, to, ...rest], i) => [from, to, model.voices[voice].strengths[i], ...rest]);
  const linksOf = (id) => links().filter(([from, to]) => from === id || to === id);
  const linksInto = (id) => links().filter(([, to]) => to === id);

  function showInfo(id) {
    const v = variables.get(id), list = element("ul");
    svg.classList.toggle("focused", Boolean(v));
    const mine = v ? linksOf(id) : [], near = new Set(mine.flatMap(([from, to]) => [from, to]));
    for (const [other, { box }] of nodes) box.classList.toggle("near", near.has(other));
    for (const line of svg.querySelectorAll(".links .link")) line.classList.toggle("near", Boolean(v) && (line.dataset.from === id || line.dataset.to === id));
    if (!v) return;
    for (const [from, to, strength, grade, sources, against] of mine.sort((a, b) => b[2] - a[2])) {
      const item = element("li", `${capital(variables.get(from).short)} → ${variables.get(to).short}: ${percent(strength)}, ${model.grades[grade]} `);
      item.append(element("small", `[${sources.join(", ")}${against.length ? "; against: " + against.join(", ") : ""}]`, {
        title: [...sources, ...against].map((s) => `${s}: ${(model.sources[s] || model.claims[s] || ["judgement"]).slice(0, 2).join(": ")}`).join("\n") }));
      list.append(item);
    }
    $(".bp-info").replaceChildren(element("h2", v.label), element("p", v.question || "Not asked: worked out from the rest."), list);
  }

  function describe(id) {
    const v = variables.get(id), state = kase[id];
    return state ? words(state) : percent(present(now, id));
  }

  function draw() {
    for (const [id, { box, bar, tick, value }] of nodes) {
      const p = present(now, id);
      bar.setAttribute("width", (wide * p).toFixed(1));
      tick.setAttribute("d", `M${(8 + wide * present(before, id)).toFixed(1)} 18v10`);
      value.textContent = describe(id);
      box.classList.toggle("told", id in kase);
      box.setAttribute("aria-pressed", String(id in kase));
      box.setAttribute("aria-label", `${variables.get(id).label}: ${describe(id)}`);
    }
  }

  function update(changed) {
    const start = performance.now(), next = answer(kase);
    if (next.logEvidence === -Infinity) {
      if (changed) delete kase[changed];
      $(".bp-time").textContent = "These findings cannot hold together; the last one was taken back.";
      return;
    }
    now = next;
    draw();
    $(".bp-time").textContent = `answered in ${(performance.now() - start).toFixed(1)} ms`;
    root.dataset.ready = "yes";
    clearTimeout(timer);
    timer = setTimeout(() => { showFlags(); showAnswer(); root.dataset.ranked = String(Date.now()); }, 0);
    if (changed !== undefined && told) told({ ...kase }, { ...flags });
  }

  function press(id) {
    const { states } = variables.get(id), next = states.indexOf(kase[id]) - 1;
    // the unhealthy state first, then the next, then clear
    if (!(id in kase)) kase[id] = states[states.length - 1];
    else if (next >= 0) kase[id] = states[next];
    else delete kase[id];
    update(id);
  }

  function place() {
    const columns = [...new Set(model.variables.map((v) => v.role))].filter((role) => !hidden.has(role));
    const roles = [...svg.querySelectorAll(".head")].map((head) => head.dataset.role), at = new Map();
    for (const role of roles) {
      const column = roles.filter((r) => columns.includes(r)).indexOf(role), x = column * (model.box[0] + model.box[2]) + 8;
      const head = svg.querySelector(`.head[data-role="${role}"]`);
      head.style.display = column < 0 ? "none" : "";
      head.setAttribute("x", x + model.box[0] / 2);
      for (const v of model.variables.filter((w) => w.role === role)) {
        const { box, y } = nodes.get(v.id);
        box.style.display = column < 0 ? "none" : "";
        box.setAttribute("transform", `translate(${x} ${y})`);
        if (column >= 0) at.set(v.id, [x, y]);
      }
    }
    for (const line of svg.querySelectorAll(".links .link")) {
      const from = at.get(line.dataset.from), to = at.get(line.dataset.to);
      line.style.display = from && to ? "" : "none";
      if (from && to) line.setAttribute("d", curve(from, to));
    }
    const width = Math.max(1, columns.length) * (model.box[0] + model.box[2]) - model.box[2] + 16;
    svg.setAttribute("viewBox", `0 0 ${width} ${svg.viewBox.baseVal.height}`);
    svg.setAttribute("width", width);
  }

  // the same curve as graph.py's path()
  function curve([x, y], [x1, y1]) {
    const [w, h] = model.box, a = x + w, b = y + h / 2, d = y1 + h / 2;
    if (x1 > x) return `M${a} ${b}C${(a + x1) / 2} ${b} ${(a + x1) / 2} ${d} ${x1} ${d}`;
    const bow = Math.max(a, x1 + w) + 14 + Math.abs(d - b) / 12;
    return `M${a} ${b}C${bow} ${b} ${bow} ${d} ${x1 + w} ${d}`;
  }

  function wireNodes() {
    for (const box of svg.querySelectorAll(".node")) {
      const y = Number(box.getAttribute("transform").match(/[ ,]([\d.]+)\)/)[1]), id = box.dataset.id;
      nodes.set(id, { box, y, bar: box.querySelector(".bar"), tick: box.querySelector(".tick"), value: box.querySelector(".value") });
      box.addEventListener("click", () => press(id));
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(id); }
        if (event.key === "Delete" || event.key === "Backspace") { event.preventDefault(); delete kase[id]; update(id); }
        if (event.key.startsWith("Arrow")) { event.preventDefault(); step(id, event.key); }
      });
      box.addEventListener("focus", () => showInfo(id));
      box.addEventListener("mouseenter", () => showInfo(id));
      box.addEventListener("mouseleave", () => showInfo(document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined));
      box.addEventListener("blur", () => showInfo(undefined));
    }
  }

  function step(id, key) {
    const spot = (name) => nodes.get(name).box.getAttribute("transform").match(/[\d.]+/g).map(Number);
    const [x, y] = spot(id), ahead = { ArrowUp: ([a, b]) => a === x && b < y, ArrowDown: ([a, b]) => a === x && b > y,
      ArrowLeft: ([a]) => a < x, ArrowRight: ([a]) => a > x }[key];
    const far = ([a, b]) => Math.abs(a - x) * 10 + Math.abs(b - y);
    const found = [...nodes.keys()].filter((name) => nodes.get(name).box.style.display !== "none" && ahead(spot(name)))
      .sort((m, n) => far(spot(m)) - far(spot(n)))[0];
    if (found) nodes.get(found).box.focus();
  }

  function wireControls() {
    const names = new Map([...svg.querySelectorAll(".head")].map((head) => [head.dataset.role, head.textContent]));
    for (const [role, name] of names) {
      const button = element("button", name, { type: "button" });
      button.setAttribute("aria-pressed", String(!hidden.has(role)));
      button.dataset.role = role;
      button.addEventListener("click", () => {
        hidden.has(role) ? hidden.delete(role) : hidden.add(role);
        button.setAttribute("aria-pressed", String(!hidden.has(role)));
        place();
      });
      $(".bp-roles").append(button);
    }
    $(".bp-find").addEventListener("input", (event) => {
      const wanted = event.target.value.trim().toLowerCase();
      for (const [id, { box }] of nodes) box.classList.toggle("miss", wanted !== "" && !(variables.get(id).label + id).toLowerCase().includes(wanted));
    });
    for (const name of Object.keys(model.voices)) $(".bp-voice").append(element("option", words(name), { value: name }));
    $(".bp-voice-label").hidden = Object.keys(model.voices).length < 2;
    $(".bp-voice").addEventListener("change", (event) => { voice = event.target.value; thick(); before = answer({}); update(); });
    $(".bp-clear").addEventListener("click", () => { kase = {}; update(null); });
    for (const [id, text] of model.questions) {
      const field = element("fieldset"), legend = element("legend", text);
      field.append(legend, ...["yes", "no", ""].map((value) => {
        const label = element("label"), input = element("input", undefined, { type: "radio", name: `${root.id}-${id}`, value, checked: (flags[id] || "") === value });
        input.addEventListener("change", () => {
          if (value) flags[id] = value; else delete flags[id];
          update(null);
        });
        label.append(input, value || "not asked");
        return label;
      }));
      $(".bp-questions").append(field);
    }
  }

  function thick() {
    for (const [from, to, strength, grade] of links()) {
      const line = svg.querySelector(`.link[data-from="${from}"][data-to="${to}"]`);
      if (line) { line.setAttribute("stroke-width", (0.6 + 4.4 * Math.sqrt(strength)).toFixed(2)); line.setAttribute("class", `link ${grade.replace(" ", "-")}`); }
    }
  }

  root.id ||= `bp-${Math.random().toString(36).slice(2)}`;
  wireNodes();
  if ([...svg.querySelectorAll(".head")].length > 4) hidden.add("test");
  wireControls();
  place();
  thick();
  before = answer({});
  update();
  return {
    set(newCase, newFlags) { kase = { ...newCase }; flags = { ...newFlags }; update(); },
    marginals: () => Object.fromEntries(model.variables.map((v, i) => [v.id, [...now.marginals.slice(...slices[i])]])),
    contributors: () => contributors(),
  };
}
