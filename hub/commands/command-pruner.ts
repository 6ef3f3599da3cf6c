import type { Logger } from 'pino';
import type { Clock, Timer } from '../clock.ts';
import { dropOldCommands } from '../store/commands.ts';
import type { GroupCommit } from '../store/group-commit.ts';

export interface CommandPrunerDeps {
  readonly writer: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Well above the longest time to live and the time of a long retry: until then a repeat is known. */
export const COMMANDS_KEPT_MS = 30 * 86_400_000;

const PIECE = 200;
/** Between two pieces others get their turn; with nothing left it looks again later. */
const BUSY_MS = 50;
const IDLE_MS = 3_600_000;

/** Takes away commands that ended long ago, in pieces that hold up nobody. */
export class CommandPruner {
  readonly #deps: CommandPrunerDeps;
  #timer: Timer | undefined;
  #closed = false;

  constructor(deps: CommandPrunerDeps) {
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
      void this.#prune();
    });
  }

  async #prune(): Promise<void> {
    const { writer, clock, log } = this.#deps;
    const beforeMs = clock.now() - COMMANDS_KEPT_MS;
    let dropped = 0;
    try {
      dropped = await writer.run((tx) => dropOldCommands(tx, { beforeMs, limit: PIECE }));
    } catch (error) {
      log.error({ err: error }, 'old commands not removed');
    }
    this.#schedule(dropped === PIECE ? BUSY_MS : IDLE_MS);
  }
}
