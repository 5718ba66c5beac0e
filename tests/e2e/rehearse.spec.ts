// A campaign against the stand-ins that the program itself serves: every network, and what goes wrong with them.
import { expect, test } from "@playwright/test";
import { Api } from "./harness/api.ts";
import { command, Program } from "./harness/program.ts";
import { Rehearsal } from "./harness/rehearsal.ts";

let program: Program;
let rehearsal: Rehearsal;
let api: Api;
const accounts = new Map<string, string>();
// These want a picture with every post.
const pictures = ["pixelfed", "instagram"];

test.beforeAll(async () => {
  [program, rehearsal] = await Promise.all([Program.start(), Rehearsal.start()]);
  api = await Api.first(program.url);
  for (const { name, network, settings } of rehearsal.networks) {
    accounts.set(name, (await api.post("/api/accounts", { network, settings })).id);
  }
});

test.afterAll(async () => {
  await program.remove();
  expect(await rehearsal.stop()).toBe(0);
});

async function publish(text: string, names: string[]): Promise<any> {
  const variants = names.map((name) => ({ account_id: accounts.get(name) }));
  return await api.post("/api/posts", { parts: [{ text }], variants, when: { type: "now" } });
}

test("every network is an account of its own, and takes a post once", async () => {
  const names = [...accounts.keys()].filter((name) => !pictures.includes(name));
  expect(new Set(accounts.values()).size).toBe(accounts.size);
  expect(names.length).toBeGreaterThanOrEqual(11);
  const post = await publish("To all of them at once", names);
  await api.postUntil(post.id, (current) => current.state === "published");
  for (const name of names) {
    const { accepted, posts } = await rehearsal.received(name);
    expect({ name, accepted, text: posts[0]?.text }).toEqual({ name, accepted: 1, text: "To all of them at once" });
  }
});

test("an answer that Telegram loses becomes a question, and is not repeated", async () => {
  await rehearsal.order({ network: "telegram", next: ["drop_answer"] });
  const post = await publish("Lost on the way back", ["telegram"]);
  const asked = await api.postUntil(post.id, (current) => current.targets[0].state === "needs_decision");
  expect(asked.targets[0].state).toBe("needs_decision");
  const lost = (await rehearsal.received("telegram")).posts.filter(({ text }) => text === "Lost on the way back");
  expect(lost).toMatchObject([{ count: 1 }]);
});

test("a token that Discord takes back pauses the account, and nothing else", async () => {
  await rehearsal.order({ network: "discord", next: ["revoke"] });
  const post = await publish("Nobody is listening", ["discord", "slack"]);
  const state = (current: any, network: string) => current.targets.find((target: any) => target.network === network).state;
  await api.postUntil(post.id, (current) => state(current, "discord") === "paused" && state(current, "slack") === "published");
});

test("unknown names and plans are refused with exit code 2", async () => {
  for (const args of [["--networks", "myspace"], ["--faults", "rate=2"]]) {
    expect((await command(["rehearse", "--port", "0", ...args])).code).toBe(2);
  }
});
