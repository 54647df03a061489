// How the picture fits its place: columns to open and hide, size, a small map, on paper, light and dark, as a file.
const FAMILY = 'system-ui,-apple-system,"Segoe UI",Roboto,sans-serif';
const PHONE = 620, PEEK = 84, PAPER = 900, ON_PAPER = 104, SMALLEST_TEXT = 11, LARGEST_SCALE = 2;
// how high the picture is on paper, and how many letters fill the page without it, in mm
const HIGH_ON_PAPER = [50, 112], FULL_PAPER = 8200, LETTERS_IN_A_MM = 31;
const NEXT = { undefined: "all", all: "none", none: undefined };

class View extends Answer {
  wireView() {
    this.zoom = 1;
    this.opened = new Map();
    this.measureText = this.measuring();
    for (const { key, title } of this.columns) if (key !== "outcome") {
      const button = element("button", title, { type: "button", "data-key": key });
      button.addEventListener("click", () => this.turn(key));
      this.$(".bp-roles").append(button);
    }
    for (const button of this.$(".bp-zoom").children) button.addEventListener("click", () => (button.dataset.by ? this.scale(Number(button.dataset.by)) : this.exported(button.textContent)));
    const scroll = this.$(".bp-scroll");
    scroll.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.scale(Math.exp(-event.deltaY / 300), event.clientX);
    }, { passive: false });
    this.wirePinch(scroll);
    scroll.addEventListener("scroll", () => this.showMap());
    this.$(".bp-map").addEventListener("click", (event) => {
      const map = this.$(".bp-map").getBoundingClientRect(), at = (event.clientX - map.left) / map.width;
      scroll.scrollTo({ left: at * scroll.scrollWidth - scroll.clientWidth / 2, behavior: "smooth" });
    });
    this.resized = new ResizeObserver(() => { if (this.room() !== this.laid) { this.place(); this.card.keepIn(); } });
    this.resized.observe(scroll);
    this.wireTheme();
  }

  // two fingers: what lies between them stays between them
  wirePinch(scroll) {
    const spread = ([one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), middle = ([one, other]) => (one.clientX + other.clientX) / 2;
    let last;
    scroll.addEventListener("touchstart", ({ touches }) => { last = touches.length === 2 ? spread(touches) : undefined; }, { passive: true });
    scroll.addEventListener("touchmove", (event) => {
      const { touches } = event;
      if (touches.length !== 2 || !last) return;
      event.preventDefault();
      this.scale(spread(touches) / last, middle(touches));
      last = spread(touches);
    }, { passive: false });
    scroll.addEventListener("touchend", () => { last = undefined; });
  }

  // how wide words are in the font of the picture (graph.css); a widget is made before it has a style
  measuring() {
    const pen = document.createElement("canvas").getContext("2d"), known = new Map();
    return (text, size, weight) => {
      const key = `${weight} ${size} ${text}`;
      if (!known.has(key)) {
        pen.font = `${weight} ${size}px ${FAMILY}`;
        known.set(key, pen.measureText(text).width);
      }
      return known.get(key);
    };
  }

  room() { return this.paper ? PAPER : this.$(".bp-scroll").clientWidth || 1180; }

  // a column shows what matters, then all, then nothing
  turn(key) {
    const next = NEXT[this.opened.get(key)], { members } = this.columns.find((one) => one.key === key);
    if (next) this.opened.set(key, next); else this.opened.delete(key);
    if (next === "all" && members.every((v) => this.scene.shown.has(v))) this.opened.set(key, "none");
    this.place();
  }

  showColumns() {
    for (const button of this.$(".bp-roles").children) {
      const { title, members, key } = this.columns.find((one) => one.key === button.dataset.key), hidden = members.filter((v) => !this.scene.shown.has(v)).length;
      const state = this.opened.get(key);
      button.textContent = hidden ? `${title} +${hidden}` : title;
      button.className = state || "";
      button.setAttribute("aria-label", `${title}: ${hidden ? `${hidden} of ${members.length} not shown` : "all shown"}`);
    }
  }

  // what the bars of a box mean
  showTwins() {
    const key = this.$(".bp-twins"), { speakers } = this.model.words, name = this.network.name;
    key.hidden = this.alert.urgent;
    const phrase = this.beside ? "bars_of_two" : "bars_of_one", tick = this.sentences.phrase(this.otherwise ? "tick_today" : "tick_before");
    key.textContent = this.sentences.phrase(phrase, { above: speakers[name] || words(name), below: this.otherName, tick });
  }

  // lay and draw what matters now
  place() {
    if (!this.now) return;
    // before anything is ranked, and while nothing may be, nothing is suggested
    const bare = this.alert.urgent || !(this.ranked || this.paths.length || this.model.words.unranked);
    const { network, findings, now, columns, opened } = this, told = { ...findings, ...this.does, ...Object.fromEntries(this.treats.map((id) => [id, this.network.byId.get(id).states[0]])) };
    this.laid = this.room();
    this.scene = picked(network, told, now, this.alert.urgent ? [] : this.paths, columns, opened, [...this.extra], bare);
    const links = this.scene.links.map((link) => ({ ...link, hidden: this.alert.urgent })), phone = this.laid < PHONE && !this.paper;
    const narrowest = this.paper ? ON_PAPER : phone ? this.laid - PEEK : undefined;
    this.picture.draw({ ...this.scene, links, columns, says: (v) => this.says(v), width: this.laid - 2, narrowest, twins: Object.keys(this.model.voices).length > 1 && !this.alert.urgent });
    this.showColumns();
    this.showTwins();
    this.fit();
    this.relight();
  }

  fit() {
    const { svg, picture: { plan }, zoom } = this, scale = this.paper ? 1 : zoom;
    svg.style.width = this.paper ? "" : `${plan.width * scale}px`;
    svg.style.height = this.paper ? "" : `${plan.height * scale}px`;
    this.showMap();
  }

  // larger or smaller about a place in the window, or about the middle
  scale(by, place) {
    const scroll = this.$(".bp-scroll"), { left } = scroll.getBoundingClientRect(), at = place === undefined ? scroll.clientWidth / 2 : place - left, before = this.zoom;
    this.zoom = between(SMALLEST_TEXT / VALUE, before * by, LARGEST_SCALE);
    const held = (scroll.scrollLeft + at) * (this.zoom / before) - at;
    this.fit();
    scroll.scrollLeft = held;
  }

  // the whole picture in small, where it does not fit
  showMap() {
    const map = this.$(".bp-map"), scroll = this.$(".bp-scroll"), { plan, nodes } = this.picture;
    if (!plan) return;
    const over = scroll.scrollWidth > scroll.clientWidth + 1;
    map.toggleAttribute("hidden", !over);
    if (!over) return;
    map.setAttribute("viewBox", `0 0 ${plan.width} ${plan.height}`);
    const part = (kind, x, y, width, height) => drawn("rect", { class: kind, x, y, width, height });
    const boxes = [...nodes.values()].map(({ v, x, y, high }) => part(this.finding(v) === undefined ? "" : "told", x, y, plan.box, high));
    const scale = plan.width / scroll.scrollWidth;
    map.replaceChildren(...boxes, part("here", scroll.scrollLeft * scale, 0, scroll.clientWidth * scale, plan.height));
  }

  // the notebook's own theme where there is one, else the browser's
  wireTheme() {
    const asked = matchMedia("(prefers-color-scheme: dark)"), { body } = document;
    this.theme = () => {
      const light = body.dataset.jpThemeLight;
      this.root.classList.toggle("bp-dark", light ? light === "false" : body.classList.contains("vscode-dark") || asked.matches);
    };
    this.watch = new MutationObserver(this.theme);
    this.watch.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    asked.addEventListener("change", this.theme);
    this.theme();
    // on paper the picture is laid for the paper, the words are unfolded, and one page holds it all
    this.print = () => this.onPaper(true);
    this.printed = () => this.onPaper(false);
    addEventListener("beforeprint", this.print);
    addEventListener("afterprint", this.printed);
  }

  onPaper(on) {
    this.paper = on;
    this.$(".bp-sources").open = on;
    for (const fold of this.$$(".bp-causes details")) fold.open = on || this.unfolded.has(this.network.byId.get(fold.parentNode.dataset.id));
    const length = (part, weight) => weight * this.$(part).textContent.length;
    const said = length(".bp-answer", 1) - length(".bp-more", 1) + length(".bp-rest", 1) + length(".bp-alarm", 1) + length(".bp-sources", 0.5);
    this.root.style.setProperty("--room", `${Math.round(between(HIGH_ON_PAPER[0], (FULL_PAPER - said) / LETTERS_IN_A_MM, HIGH_ON_PAPER[1]))}mm`);
    this.place();
  }

  // the picture as it stands, for where no script moves it
  still() {
    const copy = this.svg.cloneNode(true);
    copy.removeAttribute("style");
    copy.classList.remove("focused");
    for (const box of copy.querySelectorAll(".node")) box.setAttribute("transform", box.style.transform.replaceAll("px", ""));
    for (const part of copy.querySelectorAll("[tabindex]")) part.removeAttribute("tabindex");
    for (const rect of copy.querySelectorAll("rect")) if (rect.style.width) { rect.setAttribute("width", parseFloat(rect.style.width)); rect.removeAttribute("style"); }
    for (const box of copy.querySelectorAll("[style]")) box.removeAttribute("style");
    return copy;
  }

  // the picture by itself, in its own colours
  fileText() {
    const copy = this.still(), { plan } = this.picture;
    copy.setAttribute("xmlns", NAMESPACE);
    if (this.root.classList.contains("bp-dark")) copy.classList.add("dark");
    copy.prepend(drawn("rect", { width: plan.width, height: plan.height, style: `fill:var(--paper)` }));
    return new XMLSerializer().serializeToString(copy);
  }

  exported(kind) {
    const text = this.fileText(), { plan } = this.picture, save = (blob) => this.download(blob, `${this.model.name}.${kind.toLowerCase()}`);
    if (kind === "SVG") { save(new Blob([text], { type: "image/svg+xml" })); return; }
    const image = new Image(), paper = document.createElement("canvas");
    Object.assign(paper, { width: 2 * plan.width, height: 2 * plan.height });
    image.onload = () => {
      paper.getContext("2d").drawImage(image, 0, 0, paper.width, paper.height);
      paper.toBlob(save);
    };
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  }

  download(blob, name) {
    const link = element("a", undefined, { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  destroy() {
    this.watch.disconnect();
    this.resized.disconnect();
    removeEventListener("beforeprint", this.print);
    removeEventListener("afterprint", this.printed);
    this.work.stop();
    this.whying.stop();
    this.ranging.stop();
    clearTimeout(this.restingAnswer);
    clearTimeout(this.resting);
  }
}
