// The command line: what a person sees who types something wrong, and the small commands.
import { expect, test } from "@playwright/test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { command, Program } from "./harness/program.ts";

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
  for (const name of ["all-in-one", "backend", "automation", "worker", "frontend", "migrate", "doctor", "config", "healthcheck", "version", "replay", "detect", "rehearse"]) {
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
