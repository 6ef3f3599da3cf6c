import type { Logger } from 'pino';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import {
  addReadingPartitions,
  countInDefaultPartition,
  hasPartitions,
} from '../../store/reading-partitions.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';

export interface PartitionMaintenanceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK_EVERY_MS = 3_600_000;
/** After a fault, such as a lock that somebody had for long. */
const RETRY_MS = 30_000;
const MAX_COUNTED = 1_000_000;

/** Makes partitions for readings before their week begins. */
export class PartitionMaintenance {
  readonly #deps: PartitionMaintenanceDeps;
  #cancelTimer: CancelTimer | undefined;
  #closed = false;

  constructor(deps: PartitionMaintenanceDeps) {
    this.#deps = deps;
  }

  /** This week has a partition, unless the database refuses: then the default one has its readings. */
  async start(): Promise<void> {
    if (hasPartitions(this.#deps.db)) await this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  async look(): Promise<void> {
    const { db, unitOfWork, clock, log } = this.#deps;
    const nowMs = clock.nowMs();
    const added = await unitOfWork.run(async ({ tx, hold }) => {
      await hold('hub');
      return await addReadingPartitions(tx, nowMs);
    }, WRITERS.hub);
    if (added.length > 0) log.info({ partitions: added }, 'partitions added');
    const rows = await countInDefaultPartition(db, MAX_COUNTED);
    if (rows > 0) log.warn({ rows }, 'readings in the default partition');
  }

  async #run(): Promise<void> {
    let waitMs = LOOK_EVERY_MS;
    try {
      await this.look();
    } catch (error) {
      if (this.#closed) return;
      this.#deps.log.error({ err: error }, 'partitions not added');
      waitMs = RETRY_MS;
    }
    if (this.#closed) return;
    this.#cancelTimer = this.#deps.clock.after(waitMs, () => {
      void this.#run();
    });
  }
}
