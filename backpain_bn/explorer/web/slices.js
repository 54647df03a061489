// Long work in slices: whoever clicks meanwhile is served first.
const SLICE = 8;

export class Slices {
  // run steps to their end, then say what came of them; work that has not ended is given up
  start(steps, done) {
    this.stop();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    port1.onmessage = () => {
      const end = performance.now() + SLICE;
      let step = steps.next();
      while (!step.done && performance.now() < end) step = steps.next();
      this.longest = Math.max(this.longest || 0, performance.now() - end + SLICE);
      if (!step.done) { port2.postMessage(""); return; }
      this.stop();
      done(step.value);
    };
    port2.postMessage("");
  }

  stop() {
    if (this.port) this.port.close();
    this.port = undefined;
  }
}
