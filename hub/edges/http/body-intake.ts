import type { IncomingMessage } from 'node:http';
import { AppError } from '#protocol/errors.ts';
import type { RequestLoad } from './load-ledger.ts';

export interface BodyIntakeDeps {
  /** All bytes of bodies that are in memory. */
  readonly heldBytes: () => number;
  readonly maxHeldBytes: number;
}

export interface BodyRequest {
  readonly payload: IncomingMessage;
  readonly maxBytes: number;
  /** The key by which senders are distinguished. */
  readonly address: string;
  readonly load: RequestLoad;
}

interface UnfinishedBody {
  bytes: number;
  readonly giveUp: () => void;
}

interface Sender {
  bytes: number;
  /** Oldest first. */
  readonly bodies: Set<UnfinishedBody>;
}

/**
 * Reads bodies into memory, and counts them as they arrive. If the total would exceed
 * the bound, unfinished bodies are rejected: the oldest of the address that has the
 * most. Clients that send a body in one go are hardly ever affected; those that hold
 * many half-sent ones always are.
 */
export class BodyIntake {
  readonly #deps: BodyIntakeDeps;
  readonly #senders = new Map<string, Sender>();
  #unfinishedBytes = 0;

  constructor(deps: BodyIntakeDeps) {
    this.#deps = deps;
  }

  get unfinished(): number {
    let count = 0;
    for (const { bodies } of this.#senders.values()) count += bodies.size;
    return count;
  }

  /** Bodies that can be rejected to make room. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  unfinishedBytesOf(address: string): number {
    return this.#senders.get(address)?.bytes ?? 0;
  }

  /** @throws AppError `body_too_large`, `bad_request` (aborted), `overloaded` (rejected). */
  async read(request: BodyRequest): Promise<Buffer> {
    const { payload, maxBytes } = request;
    const declared = Number(payload.headers['content-length'] ?? 0);
    if (declared > maxBytes) throw new AppError('body_too_large', { details: { maxBytes } });
    return await new Promise<Buffer>((resolve, reject) => this.#receive(request, resolve, reject));
  }

  #receive(
    { payload, maxBytes, address, load }: BodyRequest,
    resolve: (body: Buffer) => void,
    reject: (error: AppError) => void,
  ): void {
    const chunks: Buffer[] = [];
    const sender = this.#senderAt(address);
    const settle = (): void => {
      payload.off('data', onData).off('end', onEnd).off('close', onBroken).off('error', onBroken);
      sender.bytes -= body.bytes;
      this.#unfinishedBytes -= body.bytes;
      sender.bodies.delete(body);
      if (sender.bodies.size === 0) this.#senders.delete(address);
    };
    const fail = (error: AppError): void => {
      settle();
      load.drop();
      // After an abort it may emit a late error that nothing else handles.
      payload.on('error', () => undefined);
      reject(error);
    };
    const body: UnfinishedBody = {
      bytes: 0,
      giveUp: () => fail(new AppError('overloaded')),
    };
    const onData = (chunk: Buffer): void => {
      body.bytes += chunk.length;
      sender.bytes += chunk.length;
      this.#unfinishedBytes += chunk.length;
      load.hold(chunk.length);
      chunks.push(chunk);
      if (body.bytes > maxBytes) fail(new AppError('body_too_large', { details: { maxBytes } }));
      else this.#makeRoomFor(body);
    };
    const onEnd = (): void => {
      settle();
      resolve(Buffer.concat(chunks, body.bytes));
    };
    const onBroken = (): void => fail(new AppError('bad_request'));
    sender.bodies.add(body);
    payload.on('data', onData).on('end', onEnd).on('close', onBroken).on('error', onBroken);
  }

  #senderAt(address: string): Sender {
    const known = this.#senders.get(address);
    if (known) return known;
    const sender: Sender = { bytes: 0, bodies: new Set() };
    this.#senders.set(address, sender);
    return sender;
  }

  /** One body may go beyond the bound, so that none is too large for an idle hub. */
  #makeRoomFor(body: UnfinishedBody): void {
    const { heldBytes, maxHeldBytes } = this.#deps;
    while (heldBytes() - body.bytes >= maxHeldBytes) {
      let largest: Sender | undefined;
      for (const sender of this.#senders.values()) {
        if (!largest || sender.bytes > largest.bytes) largest = sender;
      }
      const [oldest] = largest?.bodies ?? [];
      if (!oldest) return;
      oldest.giveUp();
      if (oldest === body) return;
    }
  }
}
