// The whole walk in a browser: first start, demonstration trends, write about one, connect a real account, schedule, see
// it there once, and the timeline that tells how.
import { expect, type Page, test } from "@playwright/test";
import { owner } from "./harness/api.ts";
import { Program } from "./harness/program.ts";
import { Rehearsal } from "./harness/rehearsal.ts";
import { BlueskyServer, NostrRelay } from "./harness/servers.ts";

let program: Program;

test.beforeEach(async () => {
  program = await Program.start();
});

test.afterEach(async () => {
  await program.remove();
});

async function createOwner(page: Page): Promise<void> {
  await page.goto(program.url);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Create the owner" }).click();
  await expect(page.getByRole("heading", { name: "Trends", level: 1 })).toBeVisible();
}

async function startDemonstration(page: Page): Promise<void> {
  await page.goto(`${program.url}/sources`);
  await page.getByRole("button", { name: /demonstration/i }).first().click();
  await page.goto(`${program.url}/trends`);
  await expect(page.getByText("Generated demonstration.")).toBeVisible({ timeout: 60_000 });
}

async function connect(page: Page, network: string, fields: Record<string, string>): Promise<void> {
  await page.goto(`${program.url}/accounts`);
  await page.getByRole("button", { name: "Connect an account" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: network }).click();
  for (const [label, value] of Object.entries(fields)) await dialog.getByLabel(label).fill(value);
  await dialog.getByRole("button", { name: "Connect", exact: true }).click();
}

// The wall time some seconds from now, as the date field wants it, in the zone of the browser.
async function localTimeIn(page: Page, seconds: number): Promise<string> {
  return await page.evaluate((ahead) => {
    const at = new Date(Date.now() + ahead * 1000);
    return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  }, seconds);
}

test("from the first start to a post on a real PDS, about a demonstration trend", async ({ page }) => {
  const bluesky = await BlueskyServer.start();
  try {
    await createOwner(page);
    const person = await bluesky.person("ada");
    await connect(page, "Bluesky", { "Server": bluesky.url, "Handle": person.handle, "App password": person.password });
    await expect(page.getByText(person.handle).first()).toBeVisible();

    await startDemonstration(page);
    const rows = page.getByRole("list", { name: "Trends, best first" }).getByRole("listitem");
    await expect(rows.first()).toBeVisible({ timeout: 60_000 });
    await rows.first().getByRole("link").first().click();
    await page.getByRole("link", { name: "Write about this" }).click();
    await expect(page.getByRole("heading", { name: "Write a post" })).toBeVisible();

    await page.getByRole("button", { name: "Suggest a caption" }).click();
    const caption = page.getByRole("dialog");
    await caption.getByRole("button", { name: "Suggest" }).click();
    await expect(caption.getByText("Composed offline", { exact: true })).toBeVisible();
    await caption.getByRole("button", { name: "Use this text" }).click();
    const editor = page.getByRole("region", { name: "Content of the post" }).getByRole("textbox");
    await expect(editor).not.toHaveValue("");
    const text = await editor.inputValue();

    const account = page.getByRole("checkbox", { name: person.handle });
    if (!(await account.isChecked())) await page.getByText(person.handle).first().click();
    await page.getByText("At a time").click();
    await page.getByLabel("Date and time").fill(await localTimeIn(page, 2));
    await page.getByRole("button", { name: /^Schedule/ }).click();

    await expect(page.getByText("Published").first()).toBeVisible({ timeout: 30_000 });
    const records = await bluesky.posts(person.did);
    expect(records.map((record) => record.value.text)).toEqual([text]);
    await expect(page.getByRole("link", { name: "See it on Bluesky" })).toBeVisible();
    await expect(page.getByText("Timeline")).toBeVisible();
  } finally {
    await bluesky.stop();
  }
});

test("a note to a real Nostr relay, published now", async ({ page }) => {
  const relay = await NostrRelay.start();
  try {
    await createOwner(page);
    await connect(page, "Nostr", { "Relays": relay.url });
    await page.getByRole("button", { name: "I have kept it" }).click();
    await expect(page.getByRole("heading", { name: /npub/ })).toBeVisible();
    await page.goto(`${program.url}/compose`);
    await page.getByRole("region", { name: "Content of the post" }).getByRole("textbox").fill("Hello from the page #nostr");
    const account = page.getByRole("checkbox").first();
    if (!(await account.isChecked())) await page.getByText(/npub/).first().click();
    await page.getByText("Now", { exact: true }).click();
    await page.getByRole("button", { name: "Publish now" }).click();
    await expect(page.getByText("Published").first()).toBeVisible({ timeout: 30_000 });
    expect((await relay.notes()).map((note) => note.content)).toEqual(["Hello from the page #nostr"]);
  } finally {
    await relay.stop();
  }
});

test("the demonstration's planted events are at the top, each by many people, and its flood is not", async ({ page }) => {
  await createOwner(page);
  await startDemonstration(page);
  const rows = page.getByRole("list", { name: "Trends, best first" }).getByRole("listitem");
  await expect(rows.first()).toBeVisible({ timeout: 60_000 });
  await expect(rows.first().getByText("Generated demonstration")).toBeVisible();
  // The flood is one account that repeats itself: it would have few authors and many posts for each.
  const trends = await page.evaluate(async () => {
    const list = await (await fetch("/api/trends")).json();
    return await Promise.all(list.items.map(async (item: { id: string }) => await (await fetch(`/api/trends/${item.id}`)).json()));
  });
  expect(trends.length).toBeGreaterThan(0);
  for (const trend of trends) {
    // Events are planted with a hashtag and a word of their own: a story shows one of them and keeps the other.
    expect([trend.label, ...trend.aliases].some((name) => name.startsWith("#")), trend.label).toBe(true);
    expect(trend.authors, trend.label).toBeGreaterThanOrEqual(5);
    expect(trend.posts_per_author, trend.label).toBeLessThan(4);
  }
});

test("repeat, approve, pause and decide, as a person does it", async ({ page }) => {
  const rehearsal = await Rehearsal.start(["--networks", "telegram"]);
  const editor = page.getByRole("region", { name: "Content of the post" }).getByRole("textbox");
  const compose = async (text: string) => {
    await page.goto(`${program.url}/compose`);
    await editor.fill(text);
    const account = page.getByRole("checkbox", { name: /Telegram/ });
    if (!(await account.isChecked())) await page.getByText("Telegram").first().click();
  };
  const write = async (text: string) => {
    await compose(text);
    await page.getByText("Now", { exact: true }).click();
  };
  try {
    await createOwner(page);
    const { token, chat, server } = rehearsal.stand("telegram").settings as Record<string, string>;
    await connect(page, "Telegram", { "Bot token": token!, "Channel or group": chat!, "Server": server! });
    await expect(page.getByRole("dialog")).toBeHidden();
    await page.goto(`${program.url}/settings`);
    await page.getByLabel("Approval before publishing").click();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();

    // A series waits as a whole; its dates are shown before it is made.
    await compose("What happens every Monday");
    await page.getByText("Repeat", { exact: true }).click();
    await page.getByLabel("First time").fill((await localTimeIn(page, 86_400)).slice(0, 16));
    await page.getByLabel("Ends").selectOption("after");
    await page.getByLabel("Number of times").fill("3");
    await expect(page.getByText("Then it ends.")).toBeVisible();
    await expect(page.getByRole("region", { name: "The next dates" }).getByRole("listitem")).toHaveCount(3);
    await page.getByRole("button", { name: "Send for approval" }).click();
    await expect(page.getByText("Waiting for approval").first()).toBeVisible();

    // Nothing goes out unapproved; the queue names both.
    await write("Approved in the queue");
    await page.getByRole("button", { name: "Send for approval" }).click();
    await expect(page.getByText("Waiting for approval").first()).toBeVisible();
    await page.goto(`${program.url}/approvals`);
    await page.getByRole("listitem", { name: /^Series by/ }).getByRole("button", { name: "Approve the series" }).click();
    await expect(page.getByRole("listitem", { name: /^Series by/ })).toHaveCount(0);
    expect((await rehearsal.received("telegram")).accepted).toBe(0);
    await page.getByRole("listitem", { name: /^Post by/ }).getByRole("button", { name: "Approve" }).click();
    await expect(page.getByText("Nothing waits for approval")).toBeVisible();
    await expect.poll(async () => (await rehearsal.received("telegram")).accepted, { timeout: 30_000 }).toBe(1);

    // Paused, it waits and says so; resumed, it goes out, and its lost answer becomes a question.
    await page.goto(`${program.url}/settings`);
    await page.getByLabel("Approval before publishing").click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Pause all publishing" }).click();
    await page.getByRole("button", { name: "Pause publishing", exact: true }).click();
    await expect(page.getByText("Publishing is paused.").first()).toBeVisible();
    await write("Held, then lost on the way back");
    await page.getByRole("button", { name: "Publish now" }).click();
    await expect(page.getByText("Paused", { exact: true }).first()).toBeVisible({ timeout: 30_000 });
    await rehearsal.order({ network: "telegram", next: ["drop_answer"] });
    await page.getByRole("button", { name: "Resume publishing" }).click();
    const decision = page.getByRole("region", { name: "Your decision" });
    await expect(decision).toBeVisible({ timeout: 60_000 });
    await expect(decision.getByText(/is the post there/)).toBeVisible();
    await expect(page.getByText("No clear answer came")).toBeVisible();
    await decision.getByRole("button", { name: "It is there" }).click();
    await expect(page.getByText("Published").first()).toBeVisible();
    const { posts } = await rehearsal.received("telegram");
    expect(posts.map(({ text, count }) => [text, count]).sort()).toEqual([["Approved in the queue", 1], ["Held, then lost on the way back", 1]]);

    await page.goto(`${program.url}/settings/audit`);
    for (const words of ["paused all publishing", "approved a post", "approved a repeating post", "decided about a post"]) {
      await expect(page.getByText(words).first()).toBeVisible();
    }
  } finally {
    await rehearsal.stop();
  }
});
