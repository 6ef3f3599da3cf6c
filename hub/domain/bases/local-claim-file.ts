import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { CancelTimer, Clock } from '#platform/clock.ts';
import { writePrivateFile } from '#platform/files/private-file.ts';
import type { Outcome, OutcomeFollower } from '../../kernel/outcome.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import type { BaseService } from './base-service.ts';

export interface LocalClaimFileDeps {
  readonly path: string;
  readonly bases: BaseService;
  readonly unitOfWork: Pick<UnitOfWork, 'follow'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The code in the file is always good for at least this long. */
const RENEW_MS = LIMITS.claimCodeTtlMs / 2;

/**
 * A claim code in a file, for a base on the same machine: whoever can read the hub's
 * files may pair a base. It exists while the hub runs and no base is paired; a copied
 * code is valid no longer than that.
 */
export class LocalClaimFile implements OutcomeFollower {
  readonly #deps: LocalClaimFileDeps;
  #offering: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #closing: Promise<void> | undefined;

  constructor(deps: LocalClaimFileDeps) {
    this.#deps = deps;
    deps.unitOfWork.follow(this);
  }

  async start(siteId: SiteId): Promise<void> {
    this.#offering = this.#offer(siteId);
    await this.#offering;
  }

  /** Once a base was claimed, with this code or another, the file is of no use. */
  readonly committed = ({ events }: Outcome): void => {
    if (!events.some(({ type }) => type === 'base.added')) return;
    this.close().catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'claim code file not removed');
    });
  };

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #offer(siteId: SiteId): Promise<void> {
    const { path, bases, clock, log } = this.#deps;
    if (await bases.any()) {
      await this.#withdraw();
      return;
    }
    const { code } = await bases.createClaimCode({
      siteId,
      baseName: 'Local base',
      createdBy: null,
    });
    await writePrivateFile(path, `${code}\n`);
    log.info({ path }, 'claim code written to file');
    this.#cancelTimer = clock.after(RENEW_MS, () => {
      this.start(siteId).catch((error: unknown) => {
        log.error({ err: error }, 'claim code file not renewed');
      });
    });
  }

  async #end(): Promise<void> {
    this.#cancelTimer?.();
    // A code that is being written would else be left behind.
    await this.#offering?.catch(() => undefined);
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    await this.#withdraw();
  }

  async #withdraw(): Promise<void> {
    await this.#deps.bases.expireLocalCodes();
    await rm(this.#deps.path, { force: true });
  }
}
