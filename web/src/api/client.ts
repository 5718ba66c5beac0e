// The one way to the server. Types come from the OpenAPI document; every answer that is an error becomes a Problem.
import createClient, { type Middleware } from 'openapi-fetch';
import { newKey } from './keys';
import { asProblem, problemFrom } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

interface Session {
  csrfToken: string;
  onSignedOut: () => void;
}
const session: Session = { csrfToken: '', onSignedOut: () => undefined };

export function useSessionFor(csrfToken: string | null, onSignedOut: () => void): void {
  session.csrfToken = csrfToken ?? '';
  session.onSignedOut = onSignedOut;
}

export function changeHeaders(method: string): Record<string, string> {
  const headers: Record<string, string> = {};
  if (method !== 'GET' && session.csrfToken !== '') headers['X-CSRF-Token'] = session.csrfToken;
  if (method === 'POST') headers['Idempotency-Key'] = newKey();
  return headers;
}

const headersOfTheProject: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(changeHeaders(request.method))) {
      if (!request.headers.has(name)) request.headers.set(name, value);
    }
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  credentials: 'same-origin',
  // Looked up at each call, so that what is in place then is used.
  fetch: (request) => globalThis.fetch(request),
});
api.use(headersOfTheProject);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

// Awaits an answer: its data, or throws a Problem.
export async function answer<T>(request: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await request;
  } catch (error) {
    throw asProblem(error);
  }
  if (result.response.ok) return result.data as T;
  if (result.response.status === 401) session.onSignedOut();
  throw problemFrom(result.error, result.response);
}

// For requests that the typed client cannot make (upload progress).
export function signedOut(): void {
  session.onSignedOut();
}
