// kill -9 in the middle, and start again: nothing lost, nothing doubled. Counted at the receiver.
import { expect, test } from "@playwright/test";
import { Api } from "./harness/api.ts";
import { Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";
import { BlueskyServer } from "./harness/servers.ts";

let program: Program;

test.beforeEach(async () => {
  program = await Program.start();
});

test.afterEach(async () => {
  await program.remove();
});

test("killed twice while many targets go out to a real PDS: each is there exactly once", async () => {
  const bluesky = await BlueskyServer.start();
  try {
    let api = await Api.first(program.url);
    const person = await bluesky.person("bob");
    const settings = { service: bluesky.url, identifier: person.handle, app_password: person.password };
    const account = await api.post("/api/accounts", { network: "bluesky", settings });
    const at = new Date(Date.now() + 2_000).toISOString();
    const ids: string[] = [];
    for (let index = 0; index < 20; ++index) {
      const post = await api.post("/api/posts", { parts: [{ text: `Post ${index}` }], variants: [{ account_id: account.id }], when: { type: "at", at } });
      ids.push(post.id);
    }
    for (let round = 1; round <= 2; ++round) {
      await expect.poll(async () => (await bluesky.posts(person.did)).length, { timeout: 60_000, intervals: [5] }).toBeGreaterThanOrEqual(round * 6);
      await program.kill();
      await program.restart();
    }
    api = await Api.signIn(program.url);
    for (const id of ids) await api.postUntil(id, (post) => post.state === "published", 90_000);
    const texts = (await bluesky.posts(person.did)).map((record) => record.value.text);
    expect(texts.sort()).toEqual(ids.map((_, index) => `Post ${index}`).sort());
  } finally {
    await bluesky.stop();
  }
});

test("killed while a blind network has the request: a person decides, nothing is sent twice", async () => {
  const receiver = await Receiver.start();
  try {
    let api = await Api.first(program.url);
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url } });
    receiver.answer = "hold";
    const post = await api.post("/api/posts", { parts: [{ text: "Once" }], variants: [{ account_id: account.id }], when: { type: "now" } });
    await expect.poll(() => receiver.deliveries.length).toBe(1);
    await program.kill();
    receiver.answer = "accept";
    await program.restart();
    api = await Api.signIn(program.url);
    const waiting = await api.postUntil(post.id, (current) => current.state === "needs_decision", 90_000);
    expect(receiver.deliveries).toHaveLength(1);
    expect(waiting.targets[0].state_reason).not.toBe("");
    await api.post(`/api/posts/${post.id}/targets/${waiting.targets[0].id}/decide`, { decision: "it_was_published" });
    await api.postUntil(post.id, (current) => current.state === "published");
    expect(receiver.deliveries).toHaveLength(1);
  } finally {
    await receiver.stop();
  }
});

test("an answer that is dropped after acceptance is never repeated blindly", async () => {
  const receiver = await Receiver.start();
  try {
    const api = await Api.first(program.url);
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url } });
    receiver.answer = "drop";
    const post = await api.post("/api/posts", { parts: [{ text: "Once" }], variants: [{ account_id: account.id }], when: { type: "now" } });
    const waiting = await api.postUntil(post.id, (current) => current.state === "needs_decision");
    expect(receiver.deliveries).toHaveLength(1);
    receiver.answer = "accept";
    await api.post(`/api/posts/${post.id}/targets/${waiting.targets[0].id}/decide`, { decision: "send_again" });
    await api.postUntil(post.id, (current) => current.state === "published");
    expect(receiver.deliveries).toHaveLength(2);
    const keys = receiver.deliveries.map((delivery) => delivery.headers["idempotency-key"]);
    expect(keys[0]).toBe(keys[1]);
  } finally {
    await receiver.stop();
  }
});

test("SIGTERM ends in good order with exit code 0", async () => {
  await Api.first(program.url);
  expect(await program.stop()).toBe(0);
});
