// The explorer as a widget: the page's own scripts, and a case that Python and the page both read and set.
function render({ model, el }) {
  const seen = () => ({ case: model.get("case"), flags: model.get("red_flags"), does: model.get("does"), treats: model.get("treats"), voice: model.get("voice"), follows: model.get("_follows") });
  el.innerHTML = model.get("_page");
  el.append(Object.assign(document.createElement("style"), { textContent: model.get("_hides") }));
  let last = JSON.stringify(seen());
  const explorer = explore(el.querySelector(".bp"), { model: model.get("_model"), ...seen() }, (findings, flags, voice, does, treats) => {
    last = JSON.stringify({ case: findings, flags, does, treats, voice, follows: model.get("_follows") });
    model.set("case", findings);
    model.set("red_flags", flags);
    model.set("does", does);
    model.set("treats", treats);
    model.set("voice", voice);
    model.save_changes();
  });
  const follow = () => {
    const next = seen(), text = JSON.stringify(next);
    if (text === last) return;
    last = text;
    explorer.set(next.case, next.flags, next.voice, next.does, next.treats, next.follows);
  };
  model.on("change", follow);
  el.querySelector(".bp").explorer = explorer;
  return () => {
    model.off("change", follow);
    explorer.destroy();
  };
}
export default { render };
