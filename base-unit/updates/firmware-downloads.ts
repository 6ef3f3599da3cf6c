import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { mediaTypeOf, parseProblem, type Problem } from '#protocol/http/problem.ts';
import type { UpdateOrder } from '#protocol/rollout/update-order.ts';
import type { Clock } from '#platform/clock.ts';
import { faultOfWrite } from '#platform/files/full-disk.ts';
import type { HubHttp, HubStream } from '../hub-link/hub-http.ts';
import { RangePace } from './range-pace.ts';

export interface FirmwareDownloadsDeps {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly folder: string;
  readonly http: Pick<HubHttp, 'stream'>;
  /** Who we are, fresh for each call. */
  readonly assertion: () => Promise<string>;
}

/** An answer may take this long, and as long as its bytes do on the slowest line there is. */
const ANSWER_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 1;

/** Name endings of files that are not there in full. */
const PART = '.part';

/**
 * Fetches firmware files from the hub, range by range and no faster than
 * commands bear that share the line (range-pace.ts). What a cut or a restart leaves is gone
 * on with; on the disk there is one begun file at most, none longer than its
 * order says.
 */
export class FirmwareDownloads {
  readonly #deps: FirmwareDownloadsDeps;

  constructor(deps: FirmwareDownloadsDeps) {
    this.#deps = deps;
  }

  /**
   * One at a time. Call {@link forget} once the file is kept elsewhere.
   *
   * @returns the file, whose digest is that of the order.
   * @throws AppError the hub's code, `hub_unreachable`, `update_corrupted` (and nothing is left
   *   of it then), `storage_full`.
   */
  async fetch(order: UpdateOrder, signal: AbortSignal): Promise<Uint8Array> {
    await this.#makeRoom(order);
    const path = this.#path(order);
    try {
      await this.#fetchRest(order, signal);
    } catch (error) {
      throw faultOfWrite(error);
    }
    const file = await readFile(path);
    if (createHash('sha256').update(file).digest('hex') === order.sha256) return file;
    // Going on would only make the same of it again.
    await this.forget(order);
    throw new AppError('update_corrupted');
  }

  async forget(order: Pick<UpdateOrder, 'sha256'>): Promise<void> {
    await rm(this.#path(order), { force: true });
  }

  async #fetchRest(order: UpdateOrder, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const pace = new RangePace();
    let there = await sizeOf(this.#path(order));
    while (there < order.fileBytes) {
      const startedAtMs = clock.monotonicMs();
      await this.#goOn(order, { from: there, max: pace.bytes }, signal);
      const now = await sizeOf(this.#path(order));
      // An answer without a byte of the file would be asked for again for ever.
      if (now === there) throw new AppError('hub_answer_foreign');
      there = now;
      const restMs = pace.restAfter(clock.monotonicMs() - startedAtMs);
      if (restMs > 0 && there < order.fileBytes) await this.#rest(restMs, signal);
    }
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#deps.clock.after(ms, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }

  async #goOn(
    order: UpdateOrder,
    { from: there, max }: { readonly from: number; readonly max: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { http, assertion, clock } = this.#deps;
    // It may be the whole file that is answered.
    const endMs = clock.monotonicMs() + ANSWER_MS + order.fileBytes / SLOWEST_BYTES_PER_MS;
    const last = order.fileBytes - 1;
    const wanted = Math.min(last, there + max - 1);
    const answer = await http.stream(`/api/firmware/${order.firmwareId}/image`, {
      signal,
      isLate: () => clock.monotonicMs() >= endMs,
      headers: {
        authorization: `Bearer ${await assertion()}`,
        range: `bytes=${there}-${wanted}`,
      },
    });
    // An answer that is not the hub's would replace what is here.
    const isFile = mediaTypeOf(answer.contentType) === 'application/octet-stream';
    const isOk = answer.status === 200 || answer.status === 206;
    if (isOk && !isFile) throw new AppError('hub_answer_foreign');
    const goesOn =
      answer.status === 206 &&
      [wanted, last].some((end) => answer.contentRange === `bytes ${there}-${end}/${last + 1}`);
    if (answer.status !== 200 && !goesOn) throw new AppError(await refusalOf(answer));
    const file = await open(this.#path(order), goesOn ? 'a' : 'w', 0o600);
    try {
      await append(file, { answer, room: order.fileBytes - (goesOn ? there : 0) });
    } finally {
      await file.close();
    }
  }

  /** Only the file that is wanted now stays. */
  async #makeRoom(order: UpdateOrder): Promise<void> {
    const { folder } = this.#deps;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const wanted = order.sha256 + PART;
    for (const name of await readdir(folder)) {
      if (name.endsWith(PART) && name !== wanted) await rm(join(folder, name), { force: true });
    }
    if ((await sizeOf(this.#path(order))) > order.fileBytes) await this.forget(order);
  }

  #path({ sha256 }: Pick<UpdateOrder, 'sha256'>): string {
    return join(this.#deps.folder, sha256 + PART);
  }
}

async function append(
  file: FileHandle,
  from: { readonly answer: HubStream; readonly room: number },
): Promise<void> {
  let room = from.room;
  for await (const chunk of from.answer.body()) {
    room -= chunk.length;
    if (room < 0) throw new AppError('body_too_large');
    await file.writeFile(chunk);
  }
}

/** The hub's own code; an answer of anybody else says nothing about the file. */
async function refusalOf({ status, contentType, text }: HubStream): Promise<Problem['code']> {
  const problem = parseProblem({ status, contentType, text: await text() });
  return problem?.code ?? 'hub_answer_foreign';
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
