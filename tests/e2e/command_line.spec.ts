// The command line: what a person sees who types something wrong, and the small commands.
import { expect, test } from "@playwright/test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./harness/api.ts";
import { command, Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";

test("wrong settings: one line each that says what to change, exit code 2", async () => {
  const wrong = await command([], { PORT: "99999" });
  expect(wrong.code).toBe(2);
  expect(wrong.output).toContain("PORT=99999 (environment): must be a whole number from 0 to 65535");
  const unknown = await command(["--set", "PROT=1"]);
  expect(unknown.code).toBe(2);
  expect(unknown.output).toContain("PROT");
  expect((await command(["nonsense"])).code).toBe(2);
  const key = (await command(["config", "--make-key"])).output.trim();
  const away = await command(["backend"], { DATABASE_URL: "postgres://ada:s3cret@127.0.0.1:1/none", APP_KEY: key });
  expect(away.code).toBe(1);
  expect(away.output.trim().split("\n")).toHaveLength(1);
  expect(away.output).toContain("127.0.0.1");
  expect(away.output).not.toContain("s3cret");
});

test("config prints every key with origin and masks secrets", async () => {
  const shown = await command(["config"], { OPENAI_API_KEY: "sk-very-secret", PORT: "9999" });
  expect(shown.code).toBe(0);
  expect(shown.output).toContain("PORT=9999");
  expect(shown.output).toContain("(environment)");
  expect(shown.output).not.toContain("sk-very-secret");
});

test("version, key and help", async () => {
  expect((await command(["version"])).output).toMatch(/^socialtrend \d+\.\d+\.\d+\n$/);
  expect((await command(["config", "--make-key"])).output).toMatch(/^\w+:[A-Za-z0-9+/]{43}=\n$/);
  const help = await command(["--help"]);
  expect(help.code).toBe(0);
  for (const name of ["all-in-one", "backend", "automation", "worker", "frontend", "migrate", "doctor", "config", "healthcheck", "version", "replay", "detect", "rehearse", "post", "trends", "accounts", "backup", "restore"]) {
    expect(help.output).toContain(name);
  }
});

test("a role refuses a database without its schema, and names the command", async () => {
  const folder = await mkdtemp(join(tmpdir(), "socialtrend-schema-"));
  const role = await command(["worker", "--port", "0"], {}, folder);
  expect(role.code).toBe(1);
  expect(role.output).toContain("socialtrend migrate");
  const migrated = await command(["migrate"], {}, folder);
  expect(migrated.code, migrated.output).toBe(0);
  expect((await command(["migrate"], {}, folder)).output).toContain("up to date");
  await rm(folder, { recursive: true });
});

test("healthcheck asks a running process", async () => {
  const program = await Program.start();
  const well = await command(["healthcheck", "--url", `${program.url}/api/health/ready`]);
  expect(well.code, well.output).toBe(0);
  await program.remove();
  expect((await command(["healthcheck", "--url", `${program.url}/api/health/ready`])).code).toBe(1);
});

test("doctor finds a healthy program healthy and names what is wrong", async () => {
  const program = await Program.start();
  const well = await command(["doctor"], {}, program.folder);
  expect(well.code, well.output).toBe(0);
  await program.remove();
  const broken = await command(["doctor"], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" });
  expect(broken.code).toBe(1);
  expect(broken.output).toContain("database");
});

test("the idle program is small", async () => {
  const program = await Program.start();
  expect((await fetch(`${program.url}/api/health/ready`)).status).toBe(200);
  expect(await program.residentBytes()).toBeLessThan(60 * 1024 * 1024);
  await program.remove();
});

test("post writes, schedules and follows a post of a running server", async () => {
  const program = await Program.start();
  const receiver = await Receiver.start();
  const client = (...words: string[]) =>
    command(words, { SOCIALTREND_URL: program.url!, SOCIALTREND_TOKEN: api.authorization.slice("Bearer ".length) });
  const api = await Api.first(program.url!);
  try {
    const account = await api.post("/api/accounts", {
      network: "webhook", settings: { url: receiver.url, secret: "a-secret-of-sixteen-bytes", deduplicates: "yes" },
    });
    expect((await client("accounts")).output).toContain(account.id);

    const night = await client("post", "create", "In the night of the change", "-a", "webhook", "--local", "2027-03-28T02:30", "--zone", "Europe/Paris");
    expect(night.code, night.output).toBe(0);
    expect(night.output).toContain("2027-03-28T01:30:00Z");

    const sent = await client("post", "create", "From the terminal", "--account", account.id, "--now", "--json");
    expect(sent.code, sent.output).toBe(0);
    const id = JSON.parse(sent.output).id;
    await api.postUntil(id, (post) => post.state === "published");
    expect(receiver.deliveries).toHaveLength(1);
    expect((await client("post", "show", id)).output).toContain("published");
    expect((await client("post", "timeline", id)).output).toContain("webhook");
    expect((await client("post", "list", "--state", "published")).output).toContain("From the terminal");

    const refused = await client("post", "create", "To nobody", "-a", "nobody", "--now");
    expect(refused.code).toBe(1);
    expect(refused.output).toContain("there is no account nobody");
    const stranger = await command(["post", "list"], { SOCIALTREND_URL: program.url! });
    expect(stranger.code).toBe(1);
    expect(stranger.output).toContain("SOCIALTREND_TOKEN");
    expect((await command(["trends"], { SOCIALTREND_URL: "http://127.0.0.1:1" })).output).toContain("Is the server running?");
  } finally {
    await receiver.stop();
    await program.remove();
  }
});

test("backup while it runs, restore into another folder", async () => {
  const program = await Program.start();
  const folder = await mkdtemp(join(tmpdir(), "socialtrend-backup-"));
  const here = { DATA_DIR: program.folder };
  try {
    const api = await Api.first(program.url!);
    const receiver = await Receiver.start();
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url, secret: "a-secret-of-sixteen-bytes", deduplicates: "yes" } });
    await receiver.stop();
    await api.post("/api/posts", { parts: [{ text: "Worth keeping" }], variants: [{ account_id: account.id }], when: { type: "draft" } });
    const saved = await command(["backup", join(folder, "monday")], here);
    expect(saved.code, saved.output).toBe(0);
    expect((await command(["backup", join(folder, "monday")], here)).output).toContain("name a new folder");
    expect((await command(["restore", join(folder, "monday")], here)).output).toContain("--replace");

    const other = { DATA_DIR: join(folder, "other") };
    const restored = await command(["restore", join(folder, "monday")], other);
    expect(restored.code, restored.output).toBe(0);
    expect((await command(["migrate"], other)).output).toContain("up to date");
    expect((await command(["restore", join(folder, "monday"), "--replace"], other)).code).toBe(0);
    await writeFile(join(folder, "monday", "socialtrend.db"), "no database");
    const damaged = await command(["restore", join(folder, "monday"), "--replace"], other);
    expect(damaged.code).toBe(1);
    expect((await command(["migrate"], other)).output).toContain("up to date");
  } finally {
    await program.remove();
    await rm(folder, { recursive: true });
  }
});
