// The main job by the REST API, as the README tells it: connect a real Bluesky account, schedule, see it there once.
import { expect, test } from "@playwright/test";
import { Api } from "./harness/api.ts";
import { Program } from "./harness/program.ts";
import { BlueskyServer, NostrRelay } from "./harness/servers.ts";

let program: Program;
let bluesky: BlueskyServer;
let relay: NostrRelay;
let api: Api;

test.beforeAll(async () => {
  [program, bluesky, relay] = await Promise.all([Program.start(), BlueskyServer.start(), NostrRelay.start()]);
  api = await Api.first(program.url);
});

test.afterAll(async () => {
  await Promise.all([program.remove(), bluesky.stop(), relay.stop()]);
});

async function connectBluesky(): Promise<{ account: any; did: string }> {
  const person = await bluesky.person("ada");
  const settings = { service: bluesky.url, identifier: person.handle, app_password: person.password };
  return { account: await api.post("/api/accounts", { network: "bluesky", settings }), did: person.did };
}

test("a post scheduled for two seconds later is on the PDS once, and the timeline tells how", async () => {
  const { account, did } = await connectBluesky();
  const text = "Halley's comet is rising. Read https://example.org/halley #comet";
  const at = new Date(Date.now() + 2_000).toISOString();
  const post = await api.post("/api/posts", { parts: [{ text }], variants: [{ account_id: account.id }], when: { type: "at", at } });
  expect(post.state).toBe("scheduled");

  const published = await api.postUntil(post.id, (current) => current.state === "published");
  const records = await bluesky.posts(did);
  expect(records.map((record) => record.value.text)).toEqual([text]);
  expect(records[0]!.value.facets).toHaveLength(2);
  expect(published.targets[0].remote_id).toContain(did);
  expect(published.targets[0].url).toContain("https://bsky.app/profile/");
  expect(new Date(published.targets[0].published_at).getTime()).toBeGreaterThanOrEqual(Date.parse(at) - 1);

  const timeline = (await api.get(`/api/posts/${post.id}/timeline`)).items.map((entry: any) => entry.event);
  for (const event of ["created", "claimed", "attempt", "published"]) expect(timeline).toContain(event);
});

test("a thread goes out in one go, each part answering the one before", async () => {
  const { account, did } = await connectBluesky();
  const parts = [{ text: "One" }, { text: "Two" }, { text: "Three" }];
  const post = await api.post("/api/posts", { parts, variants: [{ account_id: account.id }], when: { type: "now" } });
  await api.postUntil(post.id, (current) => current.state === "published");
  const records = await bluesky.posts(did);
  const byText = new Map(records.map((record) => [record.value.text, record]));
  expect(records).toHaveLength(3);
  const root = byText.get("One")!;
  const reply = (name: string) => byText.get(name)!.value.reply as any;
  expect(reply("Two").parent).toEqual({ uri: root.uri, cid: root.cid });
  expect(reply("Three").parent).toEqual({ uri: byText.get("Two")!.uri, cid: byText.get("Two")!.cid });
  expect(reply("Three").root).toEqual({ uri: root.uri, cid: root.cid });
});

test("an image is uploaded with its alternative text", async () => {
  const { account, did } = await connectBluesky();
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  const answer = await fetch(`${program.url}/api/media?alt_text=A%20dot`, {
    method: "POST", body: png,
    headers: { authorization: api.authorization, "content-type": "application/octet-stream" },
  });
  expect(answer.status, await answer.clone().text()).toBe(201);
  const media = await answer.json();
  expect(media.content_type).toBe("image/png");
  const parts = [{ text: "Look", media: [media.id] }];
  const post = await api.post("/api/posts", { parts, variants: [{ account_id: account.id }], when: { type: "now" } });
  await api.postUntil(post.id, (current) => current.state === "published");
  const embed = (await bluesky.posts(did))[0]!.value.embed as any;
  expect(embed.images[0].alt).toBe("A dot");
  expect(embed.images[0].image.mimeType).toBe("image/png");
});

test("what the network would refuse is refused before anything is stored", async () => {
  const { account } = await connectBluesky();
  const input = { parts: [{ text: "x".repeat(301) }], variants: [{ account_id: account.id }], when: { type: "now" } };
  const before = (await api.get("/api/posts")).items.length;
  const answer = await api.raw("POST", "/api/posts", input);
  expect(answer.status).toBe(422);
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  const problem = await answer.json();
  expect(JSON.stringify(problem.errors)).toContain("300");
  expect((await api.get("/api/posts")).items).toHaveLength(before);
  const check = await api.post("/api/posts/validate", input);
  expect(check.ok).toBe(false);
  expect(check.checks[0].counts[0]).toEqual({ used: 301, max: 300, unit: "graphemes" });
});

test("a note is on the Nostr relay once", async () => {
  const account = await api.post("/api/accounts", { network: "nostr", settings: { relays: [relay.url] } });
  const post = await api.post("/api/posts", { parts: [{ text: "Hello relay #nostr" }], variants: [{ account_id: account.id }], when: { type: "now" } });
  const published = await api.postUntil(post.id, (current) => current.state === "published");
  const notes = await relay.notes();
  expect(notes.map((note) => note.content)).toEqual(["Hello relay #nostr"]);
  expect(published.targets[0].remote_id).toContain(notes[0]!.id);
});

test("a feed needs no account anywhere", async () => {
  const account = await api.post("/api/accounts", { network: "feed", settings: { title: "Studio news" } });
  const post = await api.post("/api/posts", { parts: [{ text: "News <one> & two" }], variants: [{ account_id: account.id }], when: { type: "now" } });
  await api.postUntil(post.id, (current) => current.state === "published");
  const rss = await (await fetch(`${program.url}/feeds/${account.id}/rss.xml`)).text();
  expect(rss).toContain("News &lt;one&gt; &amp; two");
  const feed = await (await fetch(`${program.url}/feeds/${account.id}/feed.json`)).json();
  expect(feed.items).toHaveLength(1);
});

test("the same Idempotency-Key answers the first answer again", async () => {
  const { account } = await connectBluesky();
  const input = { parts: [{ text: "Once" }], variants: [{ account_id: account.id }], when: { type: "draft" } };
  const key = { "idempotency-key": crypto.randomUUID() };
  const first = await (await api.raw("POST", "/api/posts", input, key)).json();
  const second = await (await api.raw("POST", "/api/posts", input, key)).json();
  expect(second.id).toBe(first.id);
  expect((await api.raw("POST", "/api/posts", { ...input, language: "en" }, key)).status).toBe(422);
});
