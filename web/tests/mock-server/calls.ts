// What a handler of the mock server gets, and how it refuses.
import type { IncomingMessage } from 'node:http';

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly errors: { field: string; message: string }[] = [],
    readonly code = 'refused',
  ) {
    super(detail);
  }
}

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
  headers: IncomingMessage['headers'];
  parameters: string[];
}
export type Handler = (call: Call) => unknown;
