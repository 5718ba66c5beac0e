// Several automation processes on one PostgreSQL, killed one after the other: everything is counted once.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { Api } from "./harness/api.ts";
import { News } from "./harness/news.ts";
import { command, Program } from "./harness/program.ts";

const postgres = process.env.TEST_POSTGRES_URL ?? "";
const name = `socialtrend_e2e_shards_${process.pid}`;
const url = postgres.replace(/\/[^/]*$/, `/${name}`);
const lease = 15_000;

function sql(text: string, database = postgres): string {
  return execFileSync("psql", [database, "-qAtc", text]).toString().trim();
}

test.skip(postgres === "", "SKIPPED: TEST_POSTGRES_URL is not set (./test starts a server of its own)");
test.beforeAll(() => { sql(`CREATE DATABASE ${name}`); });
test.afterAll(() => { sql(`DROP DATABASE ${name} WITH (FORCE)`); });

const owner = (what: string) => sql(`SELECT owner FROM leases WHERE name LIKE '${what}' AND owner <> '' ORDER BY name LIMIT 1`, url);
const readers = () => Number(sql("SELECT COUNT(DISTINCT owner) FROM leases WHERE name LIKE 'source:%' AND owner <> ''", url));

// What the detector of the process that counts has counted, ever.
async function counted(processes: Program[]): Promise<number> {
  const all = await Promise.all(processes.map(async (process) => {
    const metrics = await fetch(`${process.url}/metrics`).then((answer) => answer.text(), () => "");
    return Number(metrics.match(/^trend_counted_mentions (\S+)$/m)?.[1] ?? 0);
  }));
  return Math.max(...all);
}

// The longest time between two lists.
class Watch {
  longest = 0;
  private last = Date.now();
  private at = "";
  private readonly timer: NodeJS.Timeout;
  constructor() {
    this.timer = setInterval(() => this.look(), 250);
  }
  private look(): void {
    const at = sql("SELECT at FROM trend_lanes WHERE lane = 'live'", url);
    this.longest = Math.max(this.longest, Date.now() - this.last);
    if (at !== this.at) this.last = Date.now();
    this.at = at;
  }
  stop(): void {
    clearInterval(this.timer);
  }
}

test("readers and the process that counts are killed; nothing is lost, nothing counted twice, no gap outlasts a lease", async () => {
  test.setTimeout(240_000);
  const key = (await command(["config", "--make-key"])).output.trim();
  const env = { DATABASE_URL: url, APP_KEY: key, BIND: "127.0.0.1", TREND_TICK: "1s", TREND_SNAPSHOT_EVERY: "3s" };
  expect((await command(["migrate"], env)).code).toBe(0);
  const [backend, ...automation] = await Promise.all(["backend", "automation", "automation", "automation"].map((role) => Program.start([role], env)));
  const process_of = (lease_owner: string) => automation.find((program) => lease_owner.includes(`-${program.pid}-`))!;
  const news = await Promise.all([1, 2, 3].map((place) => News.start(place * 1_000_000, (id) => `ordinary talk${id % 97} of place${id % 89}`)));
  let writing: NodeJS.Timeout | undefined;
  let watch: Watch | undefined;
  try {
    const api = await Api.first(backend!.url);
    for (const each of news) await api.post("/api/sources", { type: "hacker_news", settings: { base_url: each.url, every: "5s" }, enabled: true });
    // Each process takes one of them, and each reader's first cursor is kept.
    await expect.poll(readers, { timeout: 60_000 }).toBe(3);
    await expect.poll(() => sql("SELECT COUNT(*) FROM source_state WHERE resume_from <> ''", url), { timeout: 60_000 }).toBe("3");
    await expect.poll(() => owner("trends"), { timeout: 30_000 }).not.toBe("");
    watch = new Watch();
    writing = setInterval(() => news.forEach((each) => (each.newest += 7)), 200);
    await expect.poll(() => counted(automation), { timeout: 60_000 }).toBeGreaterThan(50);

    const counting = process_of(owner("trends"));
    await counting.kill();
    await expect.poll(() => owner("trends"), { timeout: lease + 10_000 }).not.toContain(`-${counting.pid}-`);
    await counting.restart();
    await expect.poll(readers, { timeout: 60_000 }).toBe(3);

    const reading = automation.find((program) => program !== process_of(owner("trends")))!;
    await reading.kill();
    await reading.restart();
    await expect.poll(readers, { timeout: 60_000 }).toBe(3);

    clearInterval(writing);
    const written = news.reduce((sum, each) => sum + each.written, 0);
    await expect.poll(() => counted(automation), { timeout: 60_000 }).toBe(written);
    await expect.poll(() => sql("SELECT COUNT(*) FROM trend_shipments", url), { timeout: 30_000 }).toBe("0");
    expect(await counted(automation)).toBe(written);
    expect(sql("SELECT SUM(shipped) > 0 FROM source_state", url)).toBe("t");
    expect(watch.longest).toBeLessThan(lease + 5_000);
  } finally {
    clearInterval(writing);
    watch?.stop();
    await Promise.all([backend, ...automation].map((program) => program!.remove()));
    await Promise.all(news.map((each) => each.stop()));
  }
});
