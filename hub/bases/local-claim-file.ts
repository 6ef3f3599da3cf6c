import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { ClaimId, SiteId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { Clock, Timer } from '../clock.ts';
import { writePrivateFile } from '../tls/private-file.ts';
import type { BaseService } from './base-service.ts';

export interface LocalClaimFileDeps {
  readonly path: string;
  readonly bases: BaseService;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The code in the file is always good for at least this long. */
const RENEW_MS = LIMITS.claimCodeTtlMs / 2;

/**
 * A claim code in a file, for a base on the same machine: whoever may read
 * the hub's files may pair a base. It is there while no base is paired.
 */
export class LocalClaimFile {
  readonly #deps: LocalClaimFileDeps;
  #claimId: ClaimId | undefined;
  #timer: Timer | undefined;

  constructor(deps: LocalClaimFileDeps) {
    this.#deps = deps;
  }

  async start(siteId: SiteId): Promise<void> {
    const { path, bases, clock, log } = this.#deps;
    if (await bases.any()) {
      await rm(path, { force: true });
      return;
    }
    const created = await bases.createClaimCode({
      siteId,
      baseName: 'Local base',
      createdBy: null,
    });
    this.#claimId = created.id;
    await writePrivateFile(path, `${created.code}\n`);
    log.info({ path }, 'claim code written to file');
    this.#timer = clock.after(RENEW_MS, () => {
      this.start(siteId).catch((error: unknown) => {
        log.error({ err: error }, 'claim code file not renewed');
      });
    });
  }

  /** A base was claimed: the code in the file, where it is the one, is of no more use. */
  claimed(claimId: ClaimId): void {
    if (claimId !== this.#claimId) return;
    this.close();
    rm(this.#deps.path, { force: true }).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'claim code file not removed');
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
