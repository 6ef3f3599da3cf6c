import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import type { GroupCommit } from '../store/group-commit.ts';
import { dropOrphans } from '../store/readings.ts';

const PIECE = 5_000;
/** Between two pieces others get their turn; with nothing left it looks again later. */
const BUSY_MS = 50;
const IDLE_MS = 10 * 60_000;

/** Takes the readings of removed units away, in pieces that hold up nobody. */
export class OrphanSweeper {
  readonly #deps: { readonly writer: GroupCommit; readonly clock: Clock; readonly log: Logger };
  #timer: Timer | undefined;
  #closed = false;

  constructor(deps: { readonly writer: GroupCommit; readonly clock: Clock; readonly log: Logger }) {
    this.#deps = deps;
  }

  start(): void {
    this.#schedule(BUSY_MS);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#timer = this.#deps.clock.after(delayMs, () => {
      void this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    let dropped = 0;
    try {
      dropped = await this.#deps.writer.run((tx) => dropOrphans(tx, PIECE));
    } catch (error) {
      this.#deps.log.error({ err: error }, 'orphaned readings not removed');
    }
    this.#schedule(dropped > 0 ? BUSY_MS : IDLE_MS);
  }
}
