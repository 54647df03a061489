// Where boxes stand and where links run, as layout.py lays them: a link that passes a column has a lane of its own in it.
const MARGIN = 10, TOP = 44, GAP = 16, LANE = 12, NARROWEST = 98, EASY = 150, WIDEST = 216, NEAREST = 40, FURTHEST = 110, PORT = 8, SWEEPS = 5;
const between = (low, x, high) => Math.min(Math.max(x, low), high);
const figure = (x) => String(Number(x.toPrecision(5)));
const curve = (x, y, u, v) => `C${[(x + u) / 2, y, (x + u) / 2, v, u, v].map(figure).join(" ")}`;

// middles near the wanted ones such that nothing overlaps and all lies between top and bottom
function stacked(wanted, sizes, top, bottom) {
  const order = wanted.map((_, i) => i).sort((i, j) => wanted[i] - wanted[j] || i - j), places = [...wanted];
  let free = top;
  for (const i of order) {
    places[i] = Math.max(wanted[i], free + sizes[i] / 2);
    free = places[i] + sizes[i] / 2;
  }
  free = bottom;
  for (const i of order.reverse()) {
    places[i] = Math.min(places[i], free - sizes[i] / 2);
    free = places[i] - sizes[i] / 2;
  }
  return places;
}

// columns: [{ key, title, members }]; heights: Map of what is shown; links: [[from, to]]. A slot is a member, or a lane.
export class Layout {
  constructor(columns, heights, links, width, narrowest = NARROWEST) {
    const shown = columns.map((one) => ({ ...one, members: one.members.filter((each) => heights.has(each)) })).filter(({ members }) => members.length);
    Object.assign(this, { heights, links, columns: shown, at: new Map() });
    shown.forEach(({ members }, place) => members.forEach((each) => this.at.set(each, place)));
    this.widths(shown.length, width, narrowest);
    shown.forEach((column, place) => { column.left = MARGIN + place * (this.box + this.between); });
    this.chains = links.map((link) => this.chain(link));
    this.slots = shown.map(({ members }) => [...members]);
    for (const chain of this.chains) for (const lane of chain.slice(1, -1)) this.slots[lane.column].push(lane);
    this.tall = Math.max(0, ...this.slots.map((column) => column.reduce((sum, slot) => sum + this.size(slot), 0)));
    this.settle();
    this.findPorts();
    this.routes = links.map((link, i) => this.route(link, this.chains[i], this.ports[i]));
    this.places = new Map([...this.at].map(([each, place]) => [each, [shown[place].left, this.middles.get(each) - heights.get(each) / 2]]));
    const bowed = links.some(([one, other]) => this.at.get(one) === this.at.get(other) && this.at.get(one) === shown.length - 1);
    this.width = Math.max(shown.length * (this.box + this.between) - this.between, 0) + 2 * MARGIN + (bowed ? NEAREST : 0);
    this.height = TOP + this.tall;
  }

  widths(count, width, narrowest) {
    const room = width - 2 * MARGIN, share = Math.floor((room + NEAREST) / Math.max(count, 1)) - NEAREST;
    this.box = share < narrowest ? Math.max(EASY, narrowest) : Math.min(share, Math.max(WIDEST, narrowest));
    this.between = between(NEAREST, Math.floor((room - count * this.box) / Math.max(count - 1, 1)), FURTHEST);
  }

  // the slots that a link passes: its start, a lane in every column between, its end
  chain([one, other]) {
    const start = this.at.get(one), end = this.at.get(other), step = end > start ? 1 : -1, lanes = [];
    if (start !== end) for (let column = start + step; column !== end; column += step) lanes.push({ column });
    return [one, ...lanes, other];
  }

  size(slot) { return this.heights.has(slot) ? this.heights.get(slot) + GAP : LANE; }

  // every slot near those that it is linked with, as far as there is room
  settle() {
    const near = new Map(this.slots.flat().map((slot) => [slot, []]));
    for (const chain of this.chains) for (let i = 1; i < chain.length; i++) {
      near.get(chain[i - 1]).push(chain[i]);
      near.get(chain[i]).push(chain[i - 1]);
    }
    this.middles = new Map(this.slots.flatMap((column) => column.map((slot, row) => [slot, TOP + (row + 0.5) * (this.tall / column.length)])));
    for (let sweep = 0; sweep < SWEEPS; sweep++) for (const column of sweep % 2 ? [...this.slots].reverse() : this.slots) {
      const wanted = column.map((slot) => this.wanted(slot, near.get(slot)));
      stacked(wanted, column.map((slot) => this.size(slot)), TOP, TOP + this.tall).forEach((middle, row) => this.middles.set(column[row], middle));
    }
  }

  wanted(slot, near) {
    return near.length ? near.reduce((sum, other) => sum + this.middles.get(other), 0) / near.length : this.middles.get(slot);
  }

  // the heights at which each link leaves its start and reaches its end
  findPorts() {
    const sides = new Map();
    this.ports = this.links.map(() => [0, 0]);
    this.links.forEach((link, i) => link.forEach((each, which) => {
      const right = this.at.get(link[1 - which]) >= this.at.get(each), side = right ? "right" : "left", chain = this.chains[i];
      const ends = sides.get(each) || sides.set(each, { left: [], right: [] }).get(each);
      ends[side].push([this.middles.get(which ? chain.at(-2) : chain[1]), i, which]);
    }));
    for (const [each, both] of sides) for (const ends of [both.left, both.right]) {
      const step = Math.min(PORT, (this.heights.get(each) - PORT) / ends.length);
      ends.sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2]);
      ends.forEach(([, i, which], place) => { this.ports[i][which] = this.middles.get(each) + (place - (ends.length - 1) / 2) * step; });
    }
  }

  route([one, other], chain, [y0, y1]) {
    const start = this.at.get(one), end = this.at.get(other), left = (column) => this.columns[column].left, forward = end > start;
    if (start === end) {
      const x = left(start) + this.box, bow = x + Math.min(18 + Math.abs(y1 - y0) / 8, this.between - 8);
      return { path: `M${figure(x)} ${figure(y0)}C${[bow, y0, bow, y1, x, y1].map(figure).join(" ")}`, middle: [x + 0.75 * (bow - x), (y0 + y1) / 2] };
    }
    let x = left(start) + (forward ? this.box : 0), y = y0, path = `M${figure(x)} ${figure(y)}`, middle;
    for (const lane of [...chain.slice(1, -1), undefined]) {
      const column = lane ? lane.column : end, height = lane ? this.middles.get(lane) : y1, near = left(column) + (forward ? 0 : this.box);
      middle ||= [(x + near) / 2, (y + height) / 2];
      path += curve(x, y, near, height);
      [x, y] = [near, height];
      if (lane) {
        x = left(column) + (forward ? this.box : 0);
        path += `L${figure(x)} ${figure(y)}`;
      }
    }
    return { path, middle };
  }
}
