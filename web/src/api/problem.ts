// An answer that is an error, as one thing that every screen can show: RFC 9457 detail, each bad field, the request id.
import type { components } from './schema';

export type ProblemDocument = components['schemas']['Problem'];
export interface FieldMessage {
  field: string;
  message: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly fields: FieldMessage[];
  readonly requestId: string;

  constructor(parts: Partial<ProblemDocument> & { status: number }) {
    super(parts.detail || parts.title || 'The request failed.');
    this.name = 'Problem';
    this.status = parts.status;
    this.code = parts.code ?? '';
    this.title = titleOf(parts.status, parts.title);
    this.detail = parts.detail || (parts.title ? '' : 'The server gave no reason.');
    this.fields = parts.errors ?? [];
    this.requestId = parts.request_id ?? '';
  }

  // Nothing was answered: whether the request took effect is not known.
  get unanswered(): boolean {
    return this.status === 0;
  }

  messageFor(field: string): string {
    return this.fields
      .filter((entry) => entry.field === field)
      .map((entry) => entry.message)
      .join(' ');
  }
}

// "Unprocessable Content" is for machines.
function titleOf(status: number, given?: string): string {
  if (status === 0) return given || 'No answer from the server';
  if (status === 400 || status === 422) return 'Something is not right';
  if (status === 401) return 'Please sign in';
  if (status === 403) return 'Not allowed';
  if (status === 404) return 'Not found';
  if (status === 409) return 'This changed in the meantime';
  if (status === 412) return 'Someone else changed this meanwhile';
  if (status === 429) return 'Too many requests';
  return status >= 500 ? 'The server had a problem' : given || 'The request was refused';
}

export function unreachable(): Problem {
  return new Problem({
    status: 0,
    code: 'unreachable',
    title: 'No answer from the server',
    detail: 'Check that SocialTrend is running and that this device is online, then try again.',
  });
}

export function problemFrom(body: unknown, response: Response): Problem {
  const request_id = response.headers.get('X-Request-Id') ?? '';
  if (body !== null && typeof body === 'object' && ('detail' in body || 'title' in body)) {
    const document = body as Partial<ProblemDocument>;
    return new Problem({ ...document, status: response.status, request_id: document.request_id ?? request_id });
  }
  return new Problem({ status: response.status, request_id });
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return unreachable();
  return new Problem({ status: 0, code: 'page_error', title: 'The page had a problem', detail: String(error) });
}
