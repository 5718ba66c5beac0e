// Real servers of other people, on loopback: a Bluesky PDS, a Nostr relay and an S3 store (tests/servers).
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, freePort } from "./child.ts";

const servers = join(import.meta.dirname, "../../servers");
// The relay's own library: Node.js 20 has no WebSocket of its own.
const WebSocket = createRequire(join(servers, "nostr/package.json"))("ws");

export class BlueskyServer {
  private constructor(readonly url: string, private readonly child: Child, private readonly state: string) {}

  static async start(): Promise<BlueskyServer> {
    const state = await mkdtemp(join(tmpdir(), "socialtrend-pds-"));
    const port = await freePort();
    const env = { ...process.env, STATE_DIR: state, PORT: `${port}`, PLC_PORT: `${await freePort()}` };
    const child = new Child("node", ["start.cjs"], { cwd: join(servers, "bluesky"), env });
    await child.printed(/READY/);
    return new BlueskyServer(`http://127.0.0.1:${port}`, child, state);
  }

  // A new person on the server, with an app password.
  async person(name: string): Promise<{ handle: string; password: string; did: string }> {
    const handle = `${name}-${Math.random().toString(36).slice(2, 8)}.test`;
    const account = await this.call("com.atproto.server.createAccount", { handle, email: `${handle}@example.com`, password: "long-enough-1" });
    const app = await this.call("com.atproto.server.createAppPassword", { name: "socialtrend" }, account.accessJwt);
    return { handle, password: app.password, did: account.did };
  }

  // The posts in the repository of a person, newest first.
  async posts(did: string): Promise<{ uri: string; cid: string; value: { text: string; reply?: unknown; embed?: unknown; facets?: unknown[] } }[]> {
    const answer = await fetch(`${this.url}/xrpc/com.atproto.repo.listRecords?repo=${did}&collection=app.bsky.feed.post&limit=100`);
    return (await answer.json()).records;
  }

  private async call(method: string, body: object, token?: string): Promise<any> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (token) headers.authorization = `Bearer ${token}`;
    const answer = await fetch(`${this.url}/xrpc/${method}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  }

  async stop(): Promise<void> {
    await this.child.end("SIGKILL");
    await rm(this.state, { recursive: true, force: true });
  }
}

export class NostrRelay {
  private constructor(readonly url: string, private readonly child: Child) {}

  static async start(): Promise<NostrRelay> {
    const port = await freePort();
    const child = new Child("node", ["start.cjs"], { cwd: join(servers, "nostr"), env: { ...process.env, PORT: `${port}` } });
    await child.printed(/READY/);
    return new NostrRelay(`ws://127.0.0.1:${port}`, child);
  }

  // Every text note that the relay holds.
  async notes(): Promise<{ id: string; pubkey: string; content: string; tags: string[][] }[]> {
    const socket = new WebSocket(this.url);
    const notes: { id: string; pubkey: string; content: string; tags: string[][] }[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => socket.send(JSON.stringify(["REQ", "all", { kinds: [1] }]));
      socket.onerror = () => reject(new Error("the relay does not answer"));
      socket.onmessage = (message: { data: unknown }) => {
        const [type, , event] = JSON.parse(message.data as string);
        if (type === "EVENT") notes.push(event);
        if (type === "EOSE") resolve();
      };
    });
    socket.close();
    return notes;
  }

  async stop(): Promise<void> {
    await this.child.end("SIGKILL");
  }
}

// An S3-compatible server that checks signatures.
export class S3Server {
  private constructor(readonly port: number, private readonly child: Child, private readonly state: string) {}

  static async start(): Promise<S3Server> {
    const state = await mkdtemp(join(tmpdir(), "socialtrend-s3-"));
    const port = await freePort();
    const child = new Child("node", ["start.cjs"], { cwd: join(servers, "s3"), env: { ...process.env, STATE_DIR: state, PORT: `${port}` } });
    await child.printed(/READY/);
    return new S3Server(port, child, state);
  }

  // What makes the program keep its media here.
  get settings(): Record<string, string> {
    const endpoint = encodeURIComponent(`http://127.0.0.1:${this.port}`);
    return {
      MEDIA_URL: `s3://media/pictures?endpoint=${endpoint}&path_style=true`,
      MEDIA_S3_ACCESS_KEY_ID: "S3RVER",
      MEDIA_S3_SECRET_ACCESS_KEY: "S3RVER",
    };
  }

  async stop(): Promise<void> {
    await this.child.end("SIGKILL");
    await rm(this.state, { recursive: true, force: true });
  }
}
