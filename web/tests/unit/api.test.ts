import { afterEach, describe, expect, test, vi } from 'vitest';
import { answer, api, useSessionFor } from '@/api/client';
import { Intention, newKey } from '@/api/keys';
import { Problem, problemFrom } from '@/api/problem';

afterEach(() => {
  vi.unstubAllGlobals();
  useSessionFor(null, () => undefined);
});

function serve(status: number, body: unknown, headers: Record<string, string> = {}) {
  const seen: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    seen.push(request);
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    return Promise.resolve(new Response(text, { status, headers: { 'Content-Type': 'application/json', ...headers } }));
  });
  return seen;
}
const caught = (promise: Promise<unknown>) => promise.then(() => undefined, (error: unknown) => error as Problem);

describe('requests', () => {
  test('a change carries the CSRF token and every POST a key of its own; reading neither', async () => {
    useSessionFor('token-1', () => undefined);
    const seen = serve(200, { items: [], next_cursor: null });
    await answer(api.GET('/api/accounts'));
    await answer(api.POST('/api/sources/demonstration', { body: { enabled: true } }));
    await answer(api.POST('/api/sources/demonstration', { body: { enabled: true } }));
    await answer(api.PATCH('/api/accounts/{id}', { params: { path: { id: 'a' } }, body: { paused: true } }));
    const header = (name: string) => seen.map((request) => request.headers.get(name));
    expect(header('X-CSRF-Token')).toEqual([null, 'token-1', 'token-1', 'token-1']);
    const keys = header('Idempotency-Key');
    expect(keys[0]).toBeNull();
    expect(keys[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[2]).not.toBe(keys[1]);
    expect(keys[3]).toBeNull();
  });

  test('a problem keeps its detail, fields and request id', async () => {
    serve(422, { type: 'about:blank', title: 'Invalid', status: 422, detail: 'Look.', code: 'invalid', errors: [{ field: 'name', message: 'is empty' }], request_id: 'r1' });
    const problem = await caught(answer(api.GET('/api/accounts')));
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ status: 422, detail: 'Look.', requestId: 'r1', unanswered: false });
    expect(problem?.messageFor('name')).toBe('is empty');
    expect(problem?.messageFor('other')).toBe('');
  });

  test('an error that is no problem document is still told, with the id of its header', async () => {
    serve(502, '<html>Bad gateway</html>', { 'Content-Type': 'text/html', 'X-Request-Id': 'r2' });
    const problem = await caught(answer(api.GET('/api/accounts')));
    expect(problem).toMatchObject({ status: 502, title: 'The server had a problem', requestId: 'r2' });
  });

  test('no answer at all is told apart', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    expect(await caught(answer(api.GET('/api/accounts')))).toMatchObject({ status: 0, unanswered: true });
  });

  test('401 ends the session', async () => {
    const ended = vi.fn();
    useSessionFor('t', ended);
    serve(401, { title: 'Unauthorized', detail: 'Sign in.', status: 401 });
    await caught(answer(api.GET('/api/accounts')));
    expect(ended).toHaveBeenCalledOnce();
  });

  test('nothing in the answer is fine', async () => {
    serve(204, undefined);
    expect(await answer(api.DELETE('/api/slots/{id}', { params: { path: { id: 's' } } }))).toBeUndefined();
  });
});

describe('keys', () => {
  test('work without a secure context and do not repeat', () => {
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const keys = new Set(Array.from({ length: 100 }, newKey));
    expect(keys.size).toBe(100);
  });

  test('one intention keeps its key until answered or changed', () => {
    const intention = new Intention();
    const first = intention.keyFor({ text: 'a' });
    expect(intention.keyFor({ text: 'a' })).toBe(first);
    expect(intention.keyFor({ text: 'b' })).not.toBe(first);
    const again = intention.keyFor({ text: 'b' });
    intention.answered();
    expect(intention.keyFor({ text: 'b' })).not.toBe(again);
  });
});

test('a problem without any body has a title', () => {
  expect(problemFrom(undefined, new Response(null, { status: 404 })).title).toBe('Not found');
});
