// A rule in the real program: killed between seeing a trend and acting on it, it acts once; people are told by all
// channels; what it planned is not sent when the trend has gone meanwhile.
import { expect, test } from "@playwright/test";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Api } from "./harness/api.ts";
import { Mailbox } from "./harness/mailbox.ts";
import { Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";

// Two days of quiet, then many people about one bridge.
function recording(): string {
  const words = ["wow", "finally", "look", "river", "traffic", "mayor", "crowd", "sunny", "ships", "photos", "music"];
  const start = Date.parse("2026-03-01T00:00:00Z");
  const lines: string[] = [];
  const say = (minute: number, author: string, text: string, tag: string) =>
    lines.push(JSON.stringify({ id: `p${lines.length}`, created_at: new Date(start + minute * 60_000).toISOString(), author, text, lang: "en", tags: [tag] }));
  for (let minute = 0; minute < 2880; ++minute) {
    say(minute, `a${(minute * 7) % 400}`, "ordinary talk about weather", "weather");
    for (let voice = 0; minute >= 2820 && voice < 5; ++voice) {
      say(minute, `b${(minute - 2820) * 5 + voice}`, `the bridge has opened today, ${words[minute % 7]} ${words[(voice + minute) % 11]}`, "bridgeopening");
    }
  }
  return lines.join("\n") + "\n";
}

// Writes captions (or keeps the program waiting for one), and takes notices (or refuses the first).
class Outside {
  holding = true;
  held = 0;
  refuse = 1;
  readonly notices = new Map<string, string>();  // by Idempotency-Key
  private readonly server = createServer((request, response) => this.take(request, response));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }
  private take(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (request.url === "/v1/chat/completions") return this.write(response);
      if (this.refuse-- > 0) return response.writeHead(503).end();
      this.notices.set(String(request.headers["idempotency-key"]), body);
      response.writeHead(204).end();
    });
  }
  private write(response: ServerResponse): void {
    if (this.holding) {
      ++this.held;
      return;
    }
    const content = "The bridge is open, at last.";
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ choices: [{ message: { role: "assistant", content } }] }));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

test("killed between trigger and action a rule acts once, tells by every channel, and holds what has died", async () => {
  test.setTimeout(240_000);
  const folder = await mkdtemp(join(tmpdir(), "socialtrend-e2e-"));
  await mkdir(join(folder, "recordings"));
  await writeFile(join(folder, "recordings", "bridge.jsonl"), recording());
  const outside = new Outside();
  await outside.start();
  const mailbox = await Mailbox.start();
  mailbox.refuse = 1;
  const receiver = await Receiver.start();
  const program = await Program.start([], { OPENAI_BASE_URL: `${outside.url}/v1`, OPENAI_TIMEOUT: "50s", SMTP_URL: mailbox.url, MAIL_FROM: "studio@example.org" }, folder);
  try {
    const api = await Api.first(program.url);
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url } });
    await api.post("/api/slots", { account_id: account.id, weekdays: [1, 2, 3, 4, 5, 6, 7], time: "00:00", time_zone: "UTC" });
    await api.post("/api/notice-channels", { name: "Hook", kind: "webhook", destination: `${outside.url}/notices`, about: ["rule"] });
    await api.post("/api/notice-channels", { name: "Mail", kind: "email", destination: "ada@example.org", about: ["rule"] });
    const list = await api.post("/api/watch-lists", { name: "Bridges", keywords: ["bridgeopening", "bridge"] });
    const rule = await api.post("/api/rules", {
      name: "Join in", watch_list_id: list.id, notify: true, freshness: "hold",
      trigger: { type: "trend", score_min: 0, authors_min: 0, sources_min: 1, relevance_min: 0 },
      conditions: { per_day_max: 1, cool_down_minutes: 0 },
      post: { mode: "slot", account_ids: [account.id] },
    });
    const source = await api.post("/api/sources", { type: "recording", settings: { file: "bridge.jsonl", speed: "max" }, enabled: true });

    await expect.poll(() => outside.held, { timeout: 60_000 }).toBeGreaterThan(0);
    await program.kill();
    outside.holding = false;
    await program.restart();
    const acted = async () => (await api.get(`/api/rules/${rule.id}/runs`)).items.filter((run: any) => run.state === "acted");
    await expect.poll(async () => (await acted()).length, { timeout: 120_000 }).toBe(1);
    const posts = (await api.get("/api/posts")).items;
    expect(posts).toHaveLength(1);
    expect(JSON.stringify(posts[0])).toContain("The bridge is open, at last.");
    expect((await acted())[0].post_id).toBe(posts[0].id);

    // Each channel has refused once, and is told once.
    await expect.poll(() => outside.notices.size, { timeout: 60_000 }).toBe(1);
    await expect.poll(() => mailbox.mails.length, { timeout: 60_000 }).toBe(1);
    expect([...outside.notices.values()][0]).toContain("Join in");
    expect(mailbox.mails[0]).toContain("To: <ada@example.org>");
    const notices = (await api.get("/api/notices")).items;
    expect(notices).toHaveLength(1);
    await expect.poll(async () => (await api.get("/api/notices")).items[0].deliveries.map((delivery: any) => delivery.state)).toEqual(["delivered", "delivered"]);
    const feed = await fetch(new URL(new URL(list.feed_url, program.url).pathname, program.url));
    expect(await feed.text()).toMatch(/bridge/i);

    // The trend goes; what was planned on it waits for a person.
    await api.call("PATCH", `/api/sources/${source.id}`, { enabled: false });
    await expect.poll(async () => (await api.get("/api/trends")).items.length, { timeout: 30_000 }).toBe(0);
    await api.call("PATCH", `/api/posts/${posts[0].id}`, { when: { type: "now" } });
    const held = await api.postUntil(posts[0].id, (post) => JSON.stringify(post).includes("needs_decision"), 60_000);
    expect(JSON.stringify(held)).toMatch(/not listed any more|not known whether/);
    expect(receiver.deliveries).toHaveLength(0);
  } finally {
    await program.remove();
    await Promise.all([outside.stop(), mailbox.stop(), receiver.stop()]);
  }
});
