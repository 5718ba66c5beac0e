// The REST API as a client with a personal token sees it.
import { expect } from "@playwright/test";

export const owner = { name: "Ada Owner", email: "ada@example.com", password: "a long enough password", workspace: "Studio", time_zone: "Europe/Paris" };

export class Api {
  private constructor(readonly url: string, private readonly token: string) {}

  // Registers the owner and makes a token for them.
  static async first(url: string): Promise<Api> {
    const registered = await fetch(`${url}/api/register`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(owner) });
    expect(registered.status, await registered.clone().text()).toBe(201);
    return await Api.signIn(url);
  }

  static async signIn(url: string): Promise<Api> {
    const form = new URLSearchParams({ grant_type: "password", username: owner.email, password: owner.password });
    const answer = await fetch(`${url}/automation/token`, { method: "POST", body: form });
    expect(answer.status, await answer.clone().text()).toBe(200);
    return new Api(url, (await answer.json()).access_token);
  }

  get authorization(): string {
    return `Bearer ${this.token}`;
  }

  async raw(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    return await fetch(this.url + path, {
      method, headers: { authorization: this.authorization, ...json, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  async call(method: string, path: string, body?: unknown): Promise<any> {
    const answer = await this.raw(method, path, body);
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
    return text === "" ? undefined : JSON.parse(text);
  }

  get = (path: string) => this.call("GET", path);
  post = (path: string, body: unknown = {}) => this.call("POST", path, body);

  // The post, once `done` says so; polls, for the API is what a client has.
  async postUntil(id: string, done: (post: any) => boolean, timeout = 30_000): Promise<any> {
    let post: any;
    await expect.poll(async () => done((post = await this.get(`/api/posts/${id}`))), { timeout, intervals: [100] }).toBe(true);
    return post;
  }
}
