// Uploads one file with progress. XMLHttpRequest, because fetch does not tell how much was sent.
import { changeHeaders, signedOut, type Schemas } from './client';
import { Problem, unreachable, type ProblemDocument } from './problem';

export interface Upload {
  done: Promise<Schemas['Media']>;
  abort: () => void;
}

export function uploadMedia(file: Blob, onProgress: (share: number) => void): Upload {
  const request = new XMLHttpRequest();
  const done = new Promise<Schemas['Media']>((resolve, reject) => {
    request.open('POST', '/api/media');
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    request.setRequestHeader('Accept', 'application/json, application/problem+json');
    for (const [name, value] of Object.entries(changeHeaders('POST'))) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.ontimeout = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as Schemas['Media']);
      else reject(refusal(request));
    };
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

function refusal(request: XMLHttpRequest): Problem {
  if (request.status === 401) signedOut();
  const document = (request.response ?? {}) as Partial<ProblemDocument>;
  return new Problem({
    request_id: request.getResponseHeader('X-Request-Id') ?? '',
    ...document,
    status: request.status,
  });
}
