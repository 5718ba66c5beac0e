// A picture's whole way: in pieces through a killed process, kept in S3, made to fit, published.
import { expect, test } from "@playwright/test";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { crc32, deflateSync } from "node:zlib";
import { Api } from "./harness/api.ts";
import { Program } from "./harness/program.ts";
import { Receiver } from "./harness/receiver.ts";
import { S3Server } from "./harness/servers.ts";

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

// Noise, which no PNG makes small.
function noise(width: number, height: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const rows = Array.from({ length: height }, () => Buffer.concat([Buffer.of(0), randomBytes(width * 3)]));
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([magic, chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
}

// Says that `said` bytes will come, and leaves after those that are given.
async function cutOff(address: string, headers: Record<string, string>, bytes: Buffer, said: number): Promise<void> {
  const sending = request(address, { method: "PATCH", headers: { ...headers, "content-length": `${said}` } });
  sending.on("error", () => undefined); // that is the point
  const left = new Promise((resolve) => sending.once("close", resolve));
  sending.write(bytes, () => sending.socket!.end());
  await left;
}

test("a picture in pieces survives the process, lies in S3, and is published as small as the network wants it", async () => {
  const store = await S3Server.start();
  const receiver = await Receiver.start();
  const program = await Program.start([], store.settings);
  try {
    const api = await Api.first(program.url);
    const account = await api.post("/api/accounts", { network: "webhook", settings: { url: receiver.url } });
    const picture = noise(1200, 1000);
    const piece = 1024 * 1024;
    const tus = { "authorization": api.authorization, "tus-resumable": "1.0.0" };

    const begun = await fetch(`${program.url}/api/media/uploads`, { method: "POST", headers: { ...tus, "upload-length": `${picture.length}` } });
    expect(begun.status, await begun.text()).toBe(201);
    const address = program.url + begun.headers.get("location");
    const send = async (offset: number) => await fetch(address, {
      method: "PATCH", body: picture.subarray(offset, offset + piece),
      headers: { ...tus, "upload-offset": `${offset}`, "content-type": "application/offset+octet-stream" },
    });
    const stands = async () => Number((await fetch(address, { method: "HEAD", headers: tus })).headers.get("upload-offset"));
    const came = 300 * 1024;
    const headers = { ...tus, "upload-offset": "0", "content-type": "application/offset+octet-stream" };
    await cutOff(address, headers, picture.subarray(0, came), picture.length);
    await expect.poll(stands).toBe(came);
    expect((await send(came)).status).toBe(204);
    await program.kill();
    await program.restart();
    expect(await stands()).toBe(came + piece);
    for (let offset = came + piece; offset < picture.length; offset += piece) expect((await send(offset)).status).toBe(204);
    const { media } = await api.get(new URL(address).pathname);
    expect(media).toMatchObject({ width: 1200, height: 1000, bytes: picture.length, content_type: "image/png" });
    const shown = await fetch(program.url + media.url);
    expect(Buffer.from(await shown.arrayBuffer()).equals(picture)).toBe(true);

    const post = { parts: [{ text: "Noise", media: [media.id] }], variants: [{ account_id: account.id }], when: { type: "now" } };
    const verdict = await api.post("/api/posts/validate", post);
    expect(verdict.ok).toBe(true);
    expect(verdict.checks[0].notes).toEqual([{ field: "parts[0].media[0]", message: "The image is made smaller, because it is larger than 2 MB." }]);
    const made = await api.post("/api/posts", post);
    await api.postUntil(made.id, (now) => now.state === "published");
    const [sent] = JSON.parse(receiver.deliveries[0]!.body).parts[0].media;
    const bytes = Buffer.from(sent.base64, "base64");
    expect(bytes.length).toBeLessThanOrEqual(2_000_000);
    expect(bytes.length).toBeGreaterThan(500_000);
    expect(sent.content_type).toBe("image/jpeg");
  } finally {
    await program.remove();
    await receiver.stop();
    await store.stop();
  }
});
