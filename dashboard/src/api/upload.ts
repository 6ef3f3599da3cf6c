import type { z } from 'zod';
import { AppError } from '#protocol/errors.ts';
import { Problem } from '#protocol/http/problem.ts';

export interface UploadRequest {
  readonly path: string;
  readonly file: Blob;
  /** The share that has left this machine, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Sends a file unchanged. `fetch` reports no upload progress, so this uses XMLHttpRequest. */
export function upload<T extends z.ZodType>(
  schema: T,
  request: UploadRequest,
): Promise<z.infer<T>> {
  const { path, file, onProgress, signal } = request;
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open('POST', path);
    call.setRequestHeader('content-type', 'application/octet-stream');
    call.upload.addEventListener('progress', ({ loaded, total }) => {
      onProgress(total === 0 ? 0 : loaded / total);
    });
    call.addEventListener('load', () => {
      const answer = parseJson(call.responseText);
      const parsed = call.status < 300 ? schema.safeParse(answer) : undefined;
      if (parsed?.success) resolve(parsed.data);
      else reject(new AppError(Problem.safeParse(answer).data?.code ?? 'internal'));
    });
    const unreachable = () => reject(new AppError('hub_unreachable'));
    call.addEventListener('error', unreachable);
    call.addEventListener('abort', () => reject(new AppError('cancelled')));
    signal.addEventListener('abort', () => call.abort(), { once: true });
    call.send(file);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
