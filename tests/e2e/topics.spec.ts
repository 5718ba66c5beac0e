// Trends, topics, rules, notices and filters as a person uses them, with the demonstration's stream.
import { expect, type Page, test } from "@playwright/test";
import { owner } from "./harness/api.ts";
import { Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";

let program: Program;

test.beforeEach(async ({ page }) => {
  program = await Program.start();
  await page.goto(program.url);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password").fill(owner.password);
  await page.getByRole("button", { name: "Create the owner" }).click();
  await expect(page.getByRole("heading", { name: "Trends", level: 1 })).toBeVisible();
});

test.afterEach(async () => {
  await program.remove();
});

const rows = (page: Page) => page.getByRole("list", { name: "Trends, best first" }).getByRole("listitem");

// Opens the first trend of the demonstration; answers with its name.
async function openFirstTrend(page: Page): Promise<string> {
  await page.goto(`${program.url}/sources`);
  await page.getByRole("button", { name: /demonstration/i }).first().click();
  await page.goto(`${program.url}/trends`);
  await expect(rows(page).first()).toBeVisible({ timeout: 90_000 });
  await rows(page).first().getByRole("link").first().click();
  await expect(page.getByRole("heading", { name: "Why it is a trend" })).toBeVisible();
  return (await page.getByRole("heading", { level: 1 }).textContent())!;
}

test("a trend is understood, watched as a topic, acted on by a rule that is tried first", async ({ page }) => {
  const name = await openFirstTrend(page);
  await expect(page.getByRole("img", { name: /Observed and expected mentions/ })).toBeVisible();
  await page.getByText("The numbers as a table").click();
  await expect(page.getByRole("columnheader", { name: "Expected" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "When it rose before" })).toBeVisible();

  // Its names become the words of a topic, which finds it again while it is written.
  await page.getByRole("button", { name: "More about this trend" }).click();
  await page.getByRole("menuitem", { name: "Watch it as a topic" }).click();
  await expect(page.getByRole("heading", { name: "New topic" })).toBeVisible();
  await page.getByLabel("Name").fill("What I follow");
  await page.getByLabel("A text as people might write it").fill(`Have you seen ${name} today?`);
  await expect(page.getByText(/^Found, by/)).toBeVisible();
  const tried = page.getByRole("region", { name: "Try it" });
  await expect(tried.getByRole("listitem").first()).toBeVisible();
  await page.getByText("More ways to find it").click();
  await page.getByRole("button", { name: "Add an expression" }).first().click();
  const expression = page.getByLabel("Regular expression 1", { exact: true });
  await expression.fill("a(b");
  await expect(page.getByText(/"a\(b" is not a regular expression: missing \)/)).toBeVisible();
  await expression.fill("storm-?warning");
  await expect(page.getByText(/"a\(b" is not/)).toBeHidden();
  await page.getByRole("button", { name: "Make the topic" }).click();
  await expect(page.getByRole("heading", { name: "How often it is mentioned" })).toBeVisible();
  await page.getByRole("link", { name: "What is rising" }).click();
  await expect(rows(page).first().getByText(/about your topic/)).toBeVisible({ timeout: 30_000 });

  // Its feed is open to whoever knows the address.
  await page.getByRole("link", { name: "My topics" }).first().click();
  await page.getByRole("link", { name: "What I follow", exact: true }).click();
  const address = await page.getByLabel("RSS").inputValue();
  expect(await (await fetch(address)).text()).toContain("<title>Rising: What I follow</title>");

  // A rule that only tells; the dry run says of each story why it would not have acted.
  await page.getByRole("link", { name: "New rule" }).click();
  await expect(page.getByText("something rises in “What I follow”")).toBeVisible();
  await page.getByRole("switch", { name: "Write a post" }).click();
  await page.getByRole("button", { name: "Try it" }).click();
  const dryRun = page.getByRole("region", { name: "Dry run" });
  await expect(dryRun.getByText(/It would have done nothing about \d+ stor/)).toBeVisible();
  await expect(dryRun.getByText("It is from the demonstration, not from people.").first()).toBeVisible();
  await page.getByLabel("Name of the rule").fill("Tell me");
  await page.getByRole("button", { name: "Start the rule" }).click();
  await expect(page.getByRole("heading", { name: "What it did, and why not" })).toBeVisible();
  await page.getByRole("switch", { name: "Tell me is on" }).click();
  await expect(page.getByText("Tell me rests.")).toBeVisible();

  // The topic is needed by it.
  await page.getByRole("link", { name: "My topics" }).first().click();
  await page.getByRole("button", { name: "More about What I follow" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText('The rule "Tell me" needs this watch list.')).toBeVisible();
});

test("a topic is blocked, counted as hidden, shown on demand, and taken back; the past is searched", async ({ page }) => {
  const name = await openFirstTrend(page);
  // A story may be listed under another of its names the next moment; its address stays.
  const linked = page.locator(`main a[href="${new URL(page.url()).pathname}"]`);
  await page.getByRole("button", { name: "More about this trend" }).click();
  await page.getByRole("menuitem", { name: "Never show this topic" }).click();
  await expect(page.getByText(/is blocked: it is shown no more/)).toBeVisible();
  await expect(page.getByText(/hidden by the workspace’s filters/)).toBeVisible({ timeout: 30_000 });
  await expect(linked).toHaveCount(0);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(linked).toBeVisible({ timeout: 30_000 });

  // The past is filtered like the present.
  await page.getByRole("link", { name: "Past trends" }).click();
  await expect(page.getByRole("heading", { name: "Past trends" })).toBeVisible();
  await page.getByRole("searchbox", { name: "Words" }).fill(name.replace(/^[#$]/, ""));
  await expect(page).toHaveURL(/q=/);
  await expect(linked).toHaveCount(0);

  await page.goto(`${program.url}/settings/trends`);
  await page.getByRole("button", { name: /^Take .* off the list$/ }).click();
  await expect(page.getByText("Nothing on this list.").first()).toBeVisible();
  await page.goto(`${program.url}/trends/past`);
  await page.getByRole("searchbox", { name: "Words" }).fill(name.replace(/^[#$]/, ""));
  await expect(linked).toBeVisible();
  await page.getByRole("searchbox", { name: "Words" }).fill("nothing like it has ever been");
  await expect(page.getByText("No past trend fits")).toBeVisible();
  await page.goto(`${program.url}/settings/trends`);
  await page.getByLabel("Hide what looks coordinated").click();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("switch", { name: "Hide what looks coordinated" })).toBeChecked();
});

test("a channel is added, its secret shown once, and a test tells whether it arrives", async ({ page }) => {
  const receiver = await Receiver.start();
  try {
    await page.goto(`${program.url}/settings/notices`);
    await page.getByRole("button", { name: "Add a channel" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Team chat");
    await dialog.getByLabel("Address").fill(receiver.url);
    await dialog.getByRole("button", { name: "Add the channel" }).click();
    await expect(page.getByText("It is shown only now")).toBeVisible();
    const channel = page.getByRole("listitem", { name: "Team chat" });
    await channel.getByRole("button", { name: "Test" }).click();
    await expect(channel.getByText("The test arrived")).toBeVisible();
    await receiver.stop();
    await channel.getByRole("button", { name: "Test" }).click();
    await expect(channel.getByText("The test arrived")).toBeHidden();
    await expect(channel.getByText(/Nobody answers there/)).toBeVisible({ timeout: 30_000 });
  } finally {
    await receiver.stop().catch(() => undefined);
  }
});
