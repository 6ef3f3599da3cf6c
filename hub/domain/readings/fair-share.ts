import { AppError } from '#protocol/errors.ts';

/** Reads of one asker at once, and reads that wait for those. */
const MAX_RUNNING = 2;
const MAX_WAITING = 8;

interface Line {
  running: number;
  readonly waiting: (() => void)[];
}

/** Keeps one asker's costly reads from taking the turns of all others. */
export class FairShare {
  readonly #lines = new Map<string, Line>();

  /** @throws `rate_limited` when too many of this asker's reads wait already. */
  async run<T>(asker: string, read: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(asker) ?? { running: 0, waiting: [] };
    this.#lines.set(asker, line);
    if (line.running < MAX_RUNNING) {
      line.running += 1;
    } else {
      if (line.waiting.length >= MAX_WAITING) throw new AppError('rate_limited');
      // Whoever ends hands its place on, so the count stays.
      await new Promise<void>((resolve) => line.waiting.push(resolve));
    }
    try {
      return await read();
    } finally {
      const next = line.waiting.shift();
      if (next) next();
      else line.running -= 1;
      if (line.running === 0) this.#lines.delete(asker);
    }
  }
}
