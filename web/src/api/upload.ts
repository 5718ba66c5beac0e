// Uploads one file with progress: a small one in one request, a larger one in pieces that go on after a break.
import { changeHeaders, signedOut, type Schemas } from './client';
import { Problem, unreachable, type ProblemDocument } from './problem';

export interface Upload {
  done: Promise<Schemas['Media']>;
  abort: () => void;
}

export interface UploadWatch {
  progress: (share: number) => void;
  // It is interrupted and goes on by itself, or has gone on.
  waiting: (waits: boolean) => void;
}

// What a slow line sends within some seconds; below it, beginning anew costs less than pieces.
const one_request_max = 512 * 1024;

export function uploadMedia(file: File, watch: UploadWatch): Upload {
  return file.size <= one_request_max ? uploadAtOnce(file, watch) : uploadInPieces(file, watch);
}

// The protocol's client is loaded with the first large file.
function uploadInPieces(file: File, watch: UploadWatch): Upload {
  const stop = new AbortController();
  const done = import('./resumable_upload').then((module) => module.uploadResumable(file, watch, stop.signal), () => Promise.reject(unreachable()));
  return { done, abort: () => stop.abort() };
}

// XMLHttpRequest, because fetch does not tell how much was sent.
function uploadAtOnce(file: File, watch: UploadWatch): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Schemas['Media']>((resolve, reject) => {
    request.open('POST', '/api/media');
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    for (const [name, value] of Object.entries(changeHeaders('POST'))) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) watch.progress(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.ontimeout = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Schemas['Media']);
      else reject(refusal(request.status, request.response as unknown, request.getResponseHeader('X-Request-Id')));
    };
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

export function refusal(status: number, body: unknown, requestId: string | null | undefined): Problem {
  if (status === 401) signedOut();
  const document = (body ?? {}) as Partial<ProblemDocument>;
  return new Problem({ request_id: requestId ?? '', ...document, status });
}
