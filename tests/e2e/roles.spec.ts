// The roles as separate processes that share nothing but PostgreSQL.
import { expect, test } from "@playwright/test";
import { execFileSync } from "node:child_process";
import { Api } from "./harness/api.ts";
import { command, Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";

const postgres = process.env.TEST_POSTGRES_URL ?? "";
const name = `socialtrend_e2e_${process.pid}`;
let url: string;

function sql(text: string): void {
  execFileSync("psql", [postgres, "-qc", text]);
}

test.skip(postgres === "", "SKIPPED: TEST_POSTGRES_URL is not set (./test starts a server of its own)");

test.beforeAll(() => {
  sql(`CREATE DATABASE ${name}`);
  url = postgres.replace(/\/[^/]*$/, `/${name}`);
});

test.afterAll(() => {
  sql(`DROP DATABASE ${name} WITH (FORCE)`);
});

test("backend takes the post, two workers publish it once, the page and the probes answer", async () => {
  const key = (await command(["config", "--make-key"])).output.trim();
  const env = { DATABASE_URL: url, APP_KEY: key, BIND: "127.0.0.1" };
  const migrated = await command(["migrate"], env);
  expect(migrated.code, migrated.output).toBe(0);
  const [backend, automation, frontend, first, second] = await Promise.all(
    ["backend", "automation", "frontend", "worker", "worker"].map((role) => Program.start([role], env)));
  const receiver = await Receiver.start();
  try {
    const api = await Api.first(backend!.url);
    // What a proxy sends to automation by its path is answered there.
    const wrong = new URLSearchParams({ grant_type: "password", username: "nobody@example.org", password: "not the password" });
    expect((await fetch(`${automation!.url}/automation/token`, { method: "POST", body: wrong })).status).toBe(400);  // RFC 6749, invalid_grant
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url } });
    const posts = [];
    for (let index = 0; index < 30; ++index) {
      posts.push(await api.post("/api/posts", { parts: [{ text: `Post ${index}` }], variants: [{ account_id: account.id }], when: { type: "now" } }));
    }
    for (const post of posts) await api.postUntil(post.id, (current) => current.state === "published");
    const texts = receiver.deliveries.map((delivery) => JSON.parse(delivery.body).text ?? delivery.body);
    expect(new Set(texts).size).toBe(30);
    expect(receiver.deliveries).toHaveLength(30);

    for (const program of [backend, automation, frontend, first, second]) {
      expect((await fetch(`${program!.url}/api/health/ready`)).status).toBe(200);
      expect(await (await fetch(`${program!.url}/metrics`)).text()).toContain("process_resident_memory_bytes");
    }
    expect((await fetch(`${automation!.url}/automation/health`)).status).toBe(200);
    expect(await (await fetch(frontend!.url)).text()).toContain("<div id=\"app\"");
    expect((await fetch(`${frontend!.url}/api/posts`)).status).toBe(404);
    expect((await api.get("/api/scaling")).workers).toBe(2);

    // A worker that is killed leaves nothing behind that the other does not finish.
    await first!.kill();
    const last = await api.post("/api/posts", { parts: [{ text: "After" }], variants: [{ account_id: account.id }], when: { type: "now" } });
    await api.postUntil(last.id, (current) => current.state === "published");
  } finally {
    await receiver.stop();
    await Promise.all([backend, automation, frontend, first, second].map((program) => program!.remove()));
  }
});
