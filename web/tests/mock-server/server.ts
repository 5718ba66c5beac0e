// A server that answers as the OpenAPI document says, for looking at and walking through the page without the real program.
// It checks what a careless page would forget: the CSRF token, Idempotency-Key on POST, If-Match on edits, the CSP.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, relative } from 'node:path';
import type { Schemas } from '@/api/client';
import { Refusal, type Handler } from './calls';
import { planningRoutes, seedSeries } from './planning';
import { check, fromInput, seedPosts, timelineOf, dueOf } from './posts';
import * as seed from './seed';
import { seedChannels, seedLists, seedNotices, seedPast, seedRules, topicRoutes } from './topics';

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};
export const csp = "default-src 'self'; img-src 'self' data: https:; style-src 'self' 'unsafe-inline'";
const dot = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const builds = new Map<string, Map<string, Buffer>>();

// Read once, so that a build that runs beside the tests does not pull the files away under them.
function builtFiles(folder: string): Map<string, Buffer> {
  let files = builds.get(folder);
  if (!files) {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = entries.map((entry) => join(entry.parentPath, entry.name));
    files = new Map(paths.map((path) => [`/${relative(folder, path)}`, readFileSync(path)]));
    builds.set(folder, files);
  }
  return files;
}

export interface MockOptions {
  folder: string;
  // Nobody has registered yet, and nothing is connected.
  fresh?: boolean;
  generated?: boolean;
  port?: number;
}

export class MockServer {
  readonly seen: { method: string; path: string; headers: IncomingMessage['headers']; body: unknown }[] = [];
  needsOwner: boolean;
  signedIn: boolean;
  accounts = seed.accounts;
  sources: Schemas['Source'][];
  trends: Schemas['TrendDetail'][];
  posts: Schemas['Post'][];
  series: Schemas['Series'][];
  invitations: Schemas['Invitation'][];
  lists: Schemas['WatchList'][];
  rules: Schemas['Rule'][];
  channels: Schemas['NoticeChannel'][];
  notices: Schemas['Notice'][];
  filters: Schemas['TrendFilters'] = { hide_adult: true, hide_flagged: false, min_authors: 0, entries: [] };
  media: Schemas['Media'][] = [];
  readonly uploads = new Map<string, { length: number; received: number; media: Schemas['Media'] | null }>();
  // So many of the next pieces are not taken.
  lostPieces = 0;
  slots: Schemas['Slot'][];
  tokens: Schemas['Token'][] = [];
  user = { ...seed.owner };
  workspaces: Schemas['Workspace'][] = [seed.workspace];
  // The next move is refused, as when a worker has claimed the post.
  refuseMoves = false;
  // The timelines tell of no sending without an answer.
  withoutDoubt = false;
  private readonly streams = new Set<{ url: string; response: ServerResponse }>();
  private readonly routes: [string, RegExp, Handler][] = [];
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private server: Server | undefined;

  constructor(private readonly options: MockOptions) {
    this.needsOwner = options.fresh === true;
    this.signedIn = false;
    this.sources = options.fresh ? seed.sources.map((entry) => ({ ...entry, state: 'failing', message: 'The name cannot be resolved.', mentions_per_minute: 0 })) : seed.sources.map((entry) => ({ ...entry }));
    if (options.fresh) this.accounts = [];
    this.trends = options.fresh ? [] : seed.makeTrends(options.generated === true);
    this.posts = options.fresh ? [] : seedPosts();
    this.series = options.fresh ? [] : seedSeries(this.posts);
    this.lists = options.fresh ? [] : seedLists();
    this.rules = options.fresh ? [] : seedRules(this.lists);
    this.channels = options.fresh ? [] : seedChannels();
    this.notices = options.fresh ? [] : seedNotices();
    if (this.trends[0]) this.trends[0].past = seedPast().slice(0, 2);
    this.invitations = [{ id: seed.newId(), role: 'approver', invited_by: seed.owner.name, created_at: seed.ago(seed.times.hour), expires_at: seed.ahead(6 * seed.times.day) }];
    const first = seed.accounts[0]!;
    this.slots = options.fresh ? [] : [{ id: seed.newId(), account_id: first.id, weekdays: [1, 2, 3, 4, 5], time: '09:00', time_zone: 'Europe/Paris' }];
    this.bindPeople();
    this.bindAccounts();
    this.bindPosts();
    for (const [method, path, handler] of topicRoutes(this)) this.on(method, path, handler);
    this.bindTrends();
    for (const [method, path, handler] of planningRoutes(this)) this.on(method, path, handler);
  }

  async start(): Promise<string> {
    this.server = createServer((request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => this.server!.listen(this.options.port ?? 0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.timers.forEach(clearTimeout);
    this.streams.forEach(({ response }) => response.end());
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  tell(url: string, name: string, data: unknown): void {
    for (const stream of this.streams) {
      if (stream.url === url) stream.response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  }

  tellTrends(): void {
    this.tell('/api/trends/stream', 'trends', this.trendList());
  }

  private later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, ms);
    this.timers.add(timer);
  }

  private on(method: string, path: string, handler: Handler): void {
    const pattern = new RegExp(`^${path.replace(/\{[a-z]+\}/g, '([^/]+)')}$`);
    this.routes.push([method, pattern, handler]);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://mock');
    response.setHeader('X-Request-Id', 'req-mock-0001');
    if (url.pathname === '/api/events' || url.pathname === '/api/trends/stream') {
      // Which of the list's filters were asked for; the list that is told here knows none.
      const asked = [...url.searchParams.keys()].some((name) => name !== 'limit');
      return this.openStream(url.pathname, response, asked);
    }
    if (url.pathname.startsWith('/media/')) return void response.writeHead(200, { 'Content-Type': 'image/png' }).end(dot);
    const isApi = url.pathname.startsWith('/api/') || url.pathname.startsWith('/automation/');
    if (!isApi) return this.serveFile(url.pathname, response);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    try {
      if (url.pathname.startsWith('/api/media/uploads')) return this.serveUpload(request, response, url.pathname, Buffer.concat(chunks));
      const result = this.answer(request, url, Buffer.concat(chunks));
      if (result === undefined) response.writeHead(204).end();
      else response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(result));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, detail, errors, code } = error;
      const title = { 401: 'Unauthorized', 404: 'Not found', 409: 'Conflict', 422: 'Invalid' }[status] ?? 'Refused';
      response
        .writeHead(status, { 'Content-Type': 'application/problem+json' })
        .end(JSON.stringify({ type: 'about:blank', title, status, detail, code, errors, request_id: 'req-mock-0001' }));
    }
  }

  private answer(request: IncomingMessage, url: URL, raw: Buffer): unknown {
    const method = request.method ?? 'GET';
    const isJson = String(request.headers['content-type']).includes('json');
    const body = isJson && raw.length > 0 ? (JSON.parse(raw.toString()) as Record<string, unknown>) : { bytes: raw.length };
    this.seen.push({ method, path: url.pathname, headers: request.headers, body });
    const open = ['/api/setup', '/api/register', '/api/login'].includes(url.pathname);
    if (!open && !this.signedIn) throw new Refusal(401, 'Please sign in.');
    if (!open && method !== 'GET' && request.headers['x-csrf-token'] !== this.user.csrf_token) {
      throw new Refusal(403, 'The CSRF token is missing.', [], 'csrf');
    }
    if (!open && method === 'POST' && !request.headers['idempotency-key']) throw new Refusal(400, 'The Idempotency-Key is missing.');
    if ((method === 'PUT' || method === 'PATCH') && /^\/api\/posts\//.test(url.pathname) && !request.headers['if-match']) {
      throw new Refusal(428, 'If-Match is missing.');
    }
    for (const [wanted, pattern, handler] of this.routes) {
      const found = wanted === method ? pattern.exec(url.pathname) : null;
      if (found) {
        const parameters = found.slice(1).map(decodeURIComponent);
        return handler({ method, path: url.pathname, query: url.searchParams, body, headers: request.headers, parameters });
      }
    }
    throw new Refusal(404, `The mock has no ${method} ${url.pathname}.`);
  }

  // Resumable uploads, as far as the page uses them.
  private serveUpload(request: IncomingMessage, response: ServerResponse, path: string, raw: Buffer): void {
    const method = request.method ?? 'GET';
    this.seen.push({ method, path, headers: request.headers, body: { bytes: raw.length } });
    if (method !== 'GET' && request.headers['x-csrf-token'] !== this.user.csrf_token) throw new Refusal(403, 'The CSRF token is missing.', [], 'csrf');
    const id = method === 'POST' ? seed.newId() : path.slice(path.lastIndexOf('/') + 1);
    if (method === 'POST') this.uploads.set(id, { length: Number(request.headers['upload-length']), received: 0, media: null });
    const upload = this.uploads.get(id) ?? this.lost();
    if (method === 'PATCH') {
      if (Number(request.headers['upload-offset']) !== upload.received) throw new Refusal(409, 'The upload stands elsewhere.');
      if (this.lostPieces-- > 0) throw new Refusal(503, 'The store is away.');
      upload.received += raw.length;
      if (upload.received === upload.length) upload.media = this.newMedia(upload.length);
    }
    if (method === 'DELETE') this.uploads.delete(id);
    if (method === 'GET') {
      const { length, received, media } = upload;
      return void response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id, length, received, expires_at: seed.ago(-3600), media }));
    }
    response.writeHead(method === 'POST' ? 201 : 204, {
      'Tus-Resumable': '1.0.0',
      'Upload-Offset': upload.received,
      'Upload-Length': upload.length,
      Location: `/api/media/uploads/${id}`,
    });
    response.end();
  }

  private newMedia(bytes: number): Schemas['Media'] {
    const id = seed.newId();
    const url = `http://public.example/media/${id}?expires=1&signature=x`;
    const made = { id, content_type: 'image/png', bytes, width: 1200, height: 800, animated: false, alt_text: '', url, created_at: seed.ago(0) };
    this.media.push(made);
    return made;
  }

  private openStream(url: string, response: ServerResponse, asked: boolean): void {
    if (!this.signedIn) return void response.writeHead(401).end();
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': hello\n\n');
    if (asked) return;
    const stream = { url, response };
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    if (url === '/api/trends/stream' && !asked) response.write(`event: trends\ndata: ${JSON.stringify(this.trendList())}\n\n`);
  }

  private serveFile(path: string, response: ServerResponse): void {
    const files = builtFiles(this.options.folder);
    const name = files.has(path) ? path : '/index.html';
    response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': csp });
    response.end(files.get(name));
  }

  private bindPeople(): void {
    this.on('GET', '/api/setup', () => ({ needs_owner: this.needsOwner, version: '0.1.0', demonstration: this.options.generated === true, public_url: '' }));
    this.on('POST', '/api/register', ({ body }) => {
      if (String(body['password']).startsWith('password')) {
        throw new Refusal(422, 'Some fields cannot be taken.', [{ field: 'password', message: 'Is among the most used passwords.' }]);
      }
      this.needsOwner = false;
      this.signedIn = true;
      this.user = { ...this.user, name: String(body['name']), email: String(body['email']) };
      return this.user;
    });
    this.on('POST', '/api/login', ({ body }) => {
      if (body['password'] !== 'correct horse battery') throw new Refusal(401, 'E-mail or password is wrong.', [], 'bad_credentials');
      this.signedIn = true;
      return this.user;
    });
    this.on('POST', '/api/logout', () => {
      this.signedIn = false;
      return undefined;
    });
    this.on('GET', '/api/user', () => this.user);
    this.on('PATCH', '/api/user', ({ body }) => (this.user = { ...this.user, name: String(body['name'] ?? this.user.name) }));
    this.on('GET', '/api/tokens', () => ({ items: this.tokens, next_cursor: null }));
    this.on('POST', '/api/tokens', ({ body }) => {
      const token = { id: seed.newId(), name: String(body['name']), created_at: seed.ago(0), expires_at: (body['expires_at'] as string) ?? null, last_used_at: null };
      this.tokens = [token, ...this.tokens];
      return { ...token, token: 'st_4f9c0a7be21d4c55b1f0c3e8' };
    });
    this.on('DELETE', '/api/tokens/{id}', ({ parameters }) => {
      this.tokens = this.tokens.filter((token) => token.id !== parameters[0]);
      return undefined;
    });
    this.on('PATCH', '/api/workspaces/{id}', ({ body }) => {
      this.user = { ...this.user, workspace: { ...this.user.workspace, ...(body as Partial<Schemas['Workspace']>) } };
      this.tell('/api/events', 'account', { type: 'account', id: '' });
      return this.user.workspace;
    });
    this.on('GET', '/api/workspaces/{id}/members', () => ({
      items: [
        { user_id: this.user.id, name: this.user.name, email: this.user.email, role: 'owner' },
        { user_id: seed.newId(), name: 'Jonas Lind', email: 'jonas@example.org', role: 'editor' },
      ],
      next_cursor: null,
    }));
    this.on('GET', '/api/workspaces', () => ({ items: this.workspaces, next_cursor: null }));
    this.on('POST', '/api/workspaces/{id}/enter', ({ parameters }) => {
      const workspace = this.workspaces.find((entry) => entry.id === parameters[0]) ?? this.lost();
      return (this.user = { ...this.user, workspace, csrf_token: 'csrf-after-moving' });
    });
    this.on('POST', '/api/invitations/accept', () => {
      const workspace = { ...seed.workspace, id: seed.newId(), name: 'Lighthouse Press' };
      this.workspaces = [...this.workspaces, workspace];
      return workspace;
    });
    this.on('POST', '/api/workspaces/{id}/invitations', () => ({ token: 'inv_8c1', expires_at: seed.ahead(7 * seed.times.day), url: '/register?invitation=inv_8c1' }));
  }

  private bindAccounts(): void {
    this.on('GET', '/api/networks', () => ({ items: seed.networks }));
    this.on('GET', '/api/accounts', () => ({ items: this.accounts, next_cursor: null }));
    this.on('POST', '/api/accounts', ({ body }) => {
      const settings = body['settings'] as Record<string, string>;
      if (settings['app_password'] === 'wrong') {
        throw new Refusal(422, 'Bluesky did not accept this.', [{ field: 'settings.app_password', message: 'Bluesky: Invalid identifier or password.' }]);
      }
      const made = seed.account(String(body['network']), settings['identifier'] ?? settings['title'] ?? 'new account');
      if (!seed.accounts.some((entry) => entry.id === made.id)) seed.accounts.push(made);
      this.accounts = [...this.accounts, made];
      return body['network'] === 'nostr' ? { ...made, shown_once: { secret_key: 'nsec1exampleexample' } } : made;
    });
    const one = (id: string) => this.accounts.find((entry) => entry.id === id) ?? this.lost();
    this.on('PATCH', '/api/accounts/{id}', ({ parameters, body }) => {
      const changed = { ...one(parameters[0]!), state: body['paused'] ? ('paused' as const) : ('connected' as const) };
      this.accounts = this.accounts.map((entry) => (entry.id === changed.id ? changed : entry));
      return changed;
    });
    this.on('DELETE', '/api/accounts/{id}', ({ parameters }) => {
      this.accounts = this.accounts.filter((entry) => entry.id !== parameters[0]);
      return undefined;
    });
    this.on('POST', '/api/accounts/{id}/test', ({ parameters }) =>
      one(parameters[0]!).state === 'broken' ? { ok: false, broken: true, message: 'No relay accepts the key.' } : { ok: true, broken: false, message: 'It works.' },
    );
    this.on('GET', '/api/slots', ({ query }) => ({ items: this.slots.filter((slot) => slot.account_id === query.get('account_id')), next_cursor: null }));
    this.on('POST', '/api/slots', ({ body }) => {
      const slot = { id: seed.newId(), ...body } as Schemas['Slot'];
      this.slots = [...this.slots, slot];
      return slot;
    });
    this.on('DELETE', '/api/slots/{id}', ({ parameters }) => {
      this.slots = this.slots.filter((slot) => slot.id !== parameters[0]);
      return undefined;
    });
    this.on('GET', '/api/slots/next', ({ query }) => {
      if (!this.slots.some((slot) => slot.account_id === query.get('account_id'))) throw new Refusal(404, 'This account has no queue slots.');
      return { at: seed.ahead(5 * seed.times.hour), local: '', time_zone: 'Europe/Paris' };
    });
    this.on('GET', '/api/accounts/{id}/best-times', () => ({
      items: [{ weekday: 4, time: '18:00', at: seed.ahead(30 * seed.times.hour), posts: 9, percent_above_average: 35 }],
      time_zone: 'Europe/Paris',
      posts: 42,
      posts_needed: 20,
      message: 'From likes, reposts and replies of 42 posts.',
    }));
  }

  private bindPosts(): void {
    this.on('GET', '/api/posts', ({ query }) => {
      const [state, from, to, words] = ['state', 'from', 'to', 'q'].map((name) => query.get(name));
      const items = this.posts.filter(
        (post) =>
          (!state || post.state === state) &&
          (!query.get('series_id') || post.series?.id === query.get('series_id')) &&
          (!words || post.parts.some((part) => part.text.toLowerCase().includes(words.toLowerCase()))) &&
          (!from || !to || (post.due_at !== null && post.due_at >= from && post.due_at < to)),
      );
      return { items, next_cursor: null };
    });
    this.on('POST', '/api/posts/validate', ({ body }) => check(body as unknown as Schemas['PostInput']));
    this.on('POST', '/api/posts', ({ body }) => {
      const made = fromInput(this.valid(body), this.media);
      this.posts = [made, ...this.posts];
      if (made.when.type === 'now') this.publish(made.id);
      return made;
    });
    this.on('GET', '/api/posts/{id}', ({ parameters }) => this.post(parameters[0]!));
    this.on('PUT', '/api/posts/{id}', ({ parameters, body, headers }) => {
      const before = this.matching(parameters[0]!, headers);
      const made = { ...fromInput(this.valid(body), this.media), id: before.id, version: before.version + 1 };
      this.put(made);
      if (made.when.type === 'now') this.publish(made.id);
      return made;
    });
    this.on('PATCH', '/api/posts/{id}', ({ parameters, body, headers }) => {
      const before = this.matching(parameters[0]!, headers);
      if (this.refuseMoves) throw new Refusal(409, 'A worker has already taken this post: it is about to go out.', [], 'claimed');
      const due_at = dueOf(body['when'] as Schemas['When']);
      const moved = { ...before, due_at, version: before.version + 1, targets: before.targets.map((entry) => ({ ...entry, due_at })) };
      return this.put(moved);
    });
    this.on('DELETE', '/api/posts/{id}', ({ parameters }) => {
      this.posts = this.posts.filter((post) => post.id !== parameters[0]);
      return undefined;
    });
    const change = (name: string, state: Schemas['Post']['state'], targets: Schemas['TargetState']) =>
      this.on('POST', `/api/posts/{id}/${name}`, ({ parameters }) => {
        const before = this.post(parameters[0]!);
        return this.put({ ...before, state, targets: before.targets.map((entry) => (entry.state === 'published' ? entry : { ...entry, state: targets })) });
      });
    change('cancel', 'cancelled', 'cancelled');
    change('approve', 'scheduled', 'scheduled');
    change('reject', 'draft', 'draft');
    this.on('POST', '/api/posts/{id}/publish', ({ parameters }) => {
      this.publish(parameters[0]!);
      return this.post(parameters[0]!);
    });
    this.on('GET', '/api/posts/{id}/timeline', ({ parameters }) => ({
      items: timelineOf(this.post(parameters[0]!)).filter((entry) => !this.withoutDoubt || entry.event !== 'unknown'),
    }));
    this.on('POST', '/api/posts/{id}/targets/{target}/decide', ({ parameters, body }) => {
      const before = this.post(parameters[0]!);
      const state = body['decision'] === 'it_was_published' ? 'published' : body['decision'] === 'send_again' ? 'scheduled' : 'cancelled';
      const targets = before.targets.map((entry) => (entry.id === parameters[1] ? { ...entry, state: state as Schemas['TargetState'] } : entry));
      return this.put({ ...before, state: 'published', targets });
    });
    this.on('POST', '/api/media', ({ body }) => this.newMedia(Number(body['bytes'])));
    this.on('PATCH', '/api/media/{id}', ({ parameters, body }) => {
      const found = this.media.find((entry) => entry.id === parameters[0]) ?? this.lost();
      found.alt_text = String(body['alt_text']);
      return found;
    });
    this.on('POST', '/automation/api/ai/caption', () => ({
      text: 'The northern lights are being seen far south tonight.\n\n#northernlights #aurora',
      hashtags: ['#northernlights', '#aurora'],
      offline: true,
      model: '',
      note: 'Composed without a language model, from the trend’s evidence alone. Set OPENAI_BASE_URL and OPENAI_MODEL for richer ones.',
    }));
  }

  private bindTrends(): void {
    this.on('GET', '/api/trends', ({ query }) => {
      const list = this.trendList();
      const words = (query.get('q') ?? '').toLowerCase();
      const items = list.items.filter(
        (trend) =>
          (!words || trend.label.toLowerCase().includes(words)) &&
          (!query.get('kind') || trend.kind === query.get('kind')) &&
          (!query.get('lang') || trend.languages.some((entry) => entry.id === query.get('lang'))) &&
          (!query.get('source') || trend.sources.some((entry) => entry.id === query.get('source'))),
      );
      const topic = this.lists.find((entry) => entry.id === query.get('watch_list'));
      if (!topic) return { ...list, items };
      const own = items.filter((trend) => topic.keywords.some((word) => [trend.label, ...trend.terms, ...trend.aliases].join(' ').toLowerCase().includes(word)));
      return { ...list, items: own.map((trend) => ({ ...trend, relevance: 0.8 })) };
    });
    this.on('GET', '/api/trends/{id}', ({ parameters }) => this.trends.find((trend) => trend.id === parameters[0]) ?? this.lost());
    this.on('GET', '/api/source-types', () => ({ items: seed.sourceTypes }));
    this.on('GET', '/api/sources', () => ({ items: this.sources, next_cursor: null }));
    this.on('POST', '/api/sources', ({ body }) => {
      const type = seed.sourceTypes.find((entry) => entry.id === body['type'])!;
      const made = seed.source(type.id, type.label, { state: 'starting', mentions: 0, mentions_per_minute: 0, lag_seconds: null, last_mention_at: null });
      this.sources = [...this.sources, made];
      return made;
    });
    this.on('POST', '/api/sources/demonstration', ({ body }) => {
      const enabled = body['enabled'] === true;
      const made = seed.source('demonstration', 'Demonstration', { generated: true, enabled, state: enabled ? 'connected' : 'off' });
      this.sources = [...this.sources.filter((entry) => !entry.generated), made];
      this.options.generated = enabled;
      this.trends = enabled ? seed.makeTrends(true) : [];
      return made;
    });
    this.on('PATCH', '/api/sources/{id}', ({ parameters, body }) => {
      this.sources = this.sources.map((entry) =>
        entry.id === parameters[0] ? { ...entry, enabled: body['enabled'] === true, state: body['enabled'] ? 'connected' : 'off', message: '' } : entry,
      );
      return this.sources.find((entry) => entry.id === parameters[0]);
    });
    this.on('DELETE', '/api/sources/{id}', ({ parameters }) => {
      this.sources = this.sources.filter((entry) => entry.id !== parameters[0]);
      return undefined;
    });
    this.on('POST', '/automation/api/trends/fetch', () => ({ sources: 2 }));
  }

  private trendList() {
    const items = this.trends.map(({ samples: _samples, series: _series, our_posts: _ours, past: _past, co_terms: _terms, ...trend }) => trend);
    return { items, at: seed.ago(0), generated: this.options.generated === true, hidden: 2 };
  }

  private lost(): never {
    throw new Refusal(404, 'There is no such thing here.', [], 'not_found');
  }

  private post(id: string): Schemas['Post'] {
    return this.posts.find((entry) => entry.id === id) ?? this.lost();
  }

  private matching(id: string, headers: IncomingMessage['headers']): Schemas['Post'] {
    const found = this.post(id);
    if (headers['if-match'] !== `"${found.version}"`) throw new Refusal(412, 'Someone else has changed this post meanwhile.', [], 'version');
    return found;
  }

  private put(changed: Schemas['Post']): Schemas['Post'] {
    this.posts = this.posts.map((entry) => (entry.id === changed.id ? changed : entry));
    this.tell('/api/events', 'post', { type: 'post', id: changed.id });
    return changed;
  }

  private valid(body: Record<string, unknown>): Schemas['PostInput'] {
    const input = body as unknown as Schemas['PostInput'];
    const errors = check(input).checks.flatMap((entry) => entry.errors);
    if (errors.length > 0) throw new Refusal(422, 'One account cannot take this text.', errors, 'invalid');
    return input;
  }

  private publish(id: string): void {
    const step = (state: Schemas['Post']['state'], targets: Schemas['TargetState']) => {
      const found = this.posts.find((entry) => entry.id === id);
      if (!found) return;
      const published = targets === 'published' ? { url: 'https://bsky.app/profile/harbour.studio/post/3l', published_at: seed.ago(0) } : {};
      this.put({ ...found, state, targets: found.targets.map((entry) => ({ ...entry, state: targets, ...published })) });
    };
    this.later(300, () => step('publishing', 'sending'));
    this.later(900, () => step('published', 'published'));
  }
}
