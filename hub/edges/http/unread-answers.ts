import type { Socket } from 'node:net';

/** An answer that the client has not read completely. */
interface UnreadAnswer {
  readonly bytes: number;
  readonly socket: Socket;
}

interface Reader {
  bytes: number;
  /** Oldest first. */
  readonly answers: Set<UnreadAnswer>;
}

/**
 * Answers that are ready and not read yet. A slow reader delays nobody, but uses
 * memory: if the total exceeds the bound, the connection of the oldest answer of the
 * address with the most is closed.
 */
export class UnreadAnswers {
  readonly #maxBytes: number;
  readonly #readers = new Map<string, Reader>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns to be called when it was read, or its connection is closed. */
  hold(address: string, answer: UnreadAnswer): () => void {
    const reader = this.#readers.get(address) ?? { bytes: 0, answers: new Set<UnreadAnswer>() };
    this.#readers.set(address, reader);
    reader.answers.add(answer);
    reader.bytes += answer.bytes;
    this.#bytes += answer.bytes;
    this.#makeRoomBeside(answer);
    return () => {
      if (reader.answers.has(answer)) this.#letGo(address, reader, answer);
    };
  }

  /** One answer may go beyond the bound, so that none is too large for an idle hub. */
  #makeRoomBeside(answer: UnreadAnswer): void {
    while (this.#bytes - answer.bytes >= this.#maxBytes) {
      let largest: [string, Reader] | undefined;
      for (const entry of this.#readers) {
        if (!largest || entry[1].bytes > largest[1].bytes) largest = entry;
      }
      const [oldest] = largest?.[1].answers ?? [];
      if (!largest || !oldest) return;
      this.#letGo(...largest, oldest);
      oldest.socket.destroy();
      if (oldest === answer) return;
    }
  }

  #letGo(address: string, reader: Reader, answer: UnreadAnswer): void {
    reader.answers.delete(answer);
    reader.bytes -= answer.bytes;
    this.#bytes -= answer.bytes;
    if (reader.answers.size === 0) this.#readers.delete(address);
  }
}
