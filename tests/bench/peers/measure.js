// What every peer's program measures, in one way: jobs that do nothing but note when they began.
//
//   node PEER.js drain COUNT     jobs are queued first, then one worker drains them
//   node PEER.js burst COUNT     jobs are due at one instant, with the worker running
//
// Prints one line of JSON.
export const [, , mode, countText] = process.argv;
export const count = Number(countText);

const quantile = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))];

export class Measure {
  constructor() {
    this.starts = [];
    this.done = new Promise((resolve) => (this.resolve = resolve));
  }
  began() {
    this.starts.push(Date.now());
    if (this.starts.length === count) this.resolve();
  }
  // `finished` waits until the queue itself knows that all jobs are done.
  async report(version, started, due, finished) {
    await this.done;
    await finished();
    const seconds = (performance.now() - started) / 1000;
    const late = this.starts.map((start) => start - due).sort((a, b) => a - b);
    const answer = { version, seconds, rate: count / seconds,
      resident_mb: process.resourceUsage().maxRSS * 1024 / 1e6 };
    if (mode === 'burst') {
      answer.lateness_ms = { p50: quantile(late, 0.5), p90: quantile(late, 0.9),
        p99: quantile(late, 0.99), max: late.at(-1) };
    }
    console.log(JSON.stringify(answer));
    process.exit(0);
  }
}

export const settled = async (isSettled) => {
  while (!(await isSettled())) await new Promise((resolve) => setTimeout(resolve, 2));
};
