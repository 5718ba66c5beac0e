// The page's side of resumable uploads (tus 1.0): pieces of a mebibyte; what was received stays received through lost
// connections, and, for a day, through a closed page when the same file is chosen again.
import { DetailedError, Upload } from 'tus-js-client';
import { answer, api, changeHeaders, type Schemas } from './client';
import { Problem, unreachable } from './problem';
import { refusal, type UploadWatch } from './upload';

const piece_bytes = 1024 * 1024;
const retry_delays = [300, 1000, 3000, 5000, 10_000, 20_000, 30_000];

export async function uploadResumable(file: File, watch: UploadWatch, stop: AbortSignal): Promise<Schemas['Media']> {
  const address = await send(file, watch, stop);
  const id = address.slice(address.lastIndexOf('/') + 1);
  const told = await answer(api.GET('/api/media/uploads/{id}', { params: { path: { id } } }));
  if (!told.media) throw unreachable();
  return told.media;
}

// Where it was uploaded to.
function send(file: File, watch: UploadWatch, stop: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload: Upload = new Upload(file, {
      endpoint: '/api/media/uploads',
      chunkSize: piece_bytes,
      retryDelays: retry_delays,
      removeFingerprintOnSuccess: true,
      onBeforeRequest: (request) => {
        for (const [name, value] of Object.entries(changeHeaders(request.getMethod()))) request.setHeader(name, value);
      },
      onProgress: (sent, total) => {
        watch.waiting(false);
        watch.progress(sent / total);
      },
      onShouldRetry: (error) => {
        const again = passes(error);
        watch.waiting(again);
        return again;
      },
      onSuccess: () => resolve(upload.url ?? ''),
      onError: (error) => reject(problemOf(error)),
    });
    stop.addEventListener('abort', () => {
      reject(unreachable());
      // The server forgets it within a day even when it does not hear this.
      upload.abort(true).catch(() => undefined);
    });
    if (!stop.aborted) void start(upload);
  });
}

async function start(upload: Upload): Promise<void> {
  const [previous] = await upload.findPreviousUploads();
  if (previous) upload.resumeFromPreviousUpload(previous);
  upload.start();
}

function statusOf(error: Error | DetailedError): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

// No answer, a server in trouble, or an offset that another try will learn.
function passes(error: Error | DetailedError): boolean {
  const status = statusOf(error);
  return status === 0 || status === 409 || status === 429 || status === 460 || status >= 500;
}

function problemOf(error: Error | DetailedError): Problem {
  const response = error instanceof DetailedError ? error.originalResponse : undefined;
  if (!response || response.getStatus() === 0) return unreachable();
  return refusal(response.getStatus(), parsed(response.getBody()), response.getHeader('X-Request-Id'));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
