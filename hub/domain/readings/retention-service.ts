import { AppError } from '#protocol/errors.ts';
import type {
  Deletion,
  RetentionDays,
  RetentionRequest,
  RetentionView,
} from '#protocol/retention.ts';
import type { SiteId } from '#protocol/ids.ts';
import type { Clock } from '#platform/clock.ts';
import { type UserPrincipal, actorOf } from '../accounts/principal.ts';
import type { SiteAccess } from '../sites/site-access.ts';
import type { ReadQueries } from '../../store/engine/read-queries.ts';
import {
  countExpired,
  isRolledUpBefore,
  putRetention,
  retentionOf,
} from '../../store/reading-retention.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork } from '../../store/unit-of-work.ts';
import { floorsOf } from './retention-floors.ts';

export interface RetentionServiceDeps {
  readonly db: Db;
  readonly unitOfWork: UnitOfWork;
  readonly reader: ReadQueries;
  readonly clock: Clock;
  readonly access: SiteAccess;
}

/** How long a site keeps its readings. */
export class RetentionService {
  readonly #deps: RetentionServiceDeps;

  constructor(deps: RetentionServiceDeps) {
    this.#deps = deps;
  }

  async get(caller: UserPrincipal, siteId: SiteId): Promise<RetentionView> {
    await this.#deps.access.require(caller, siteId, 'site.read');
    return await this.#view(siteId);
  }

  /** @throws AppError `deletion_unconfirmed`, with how much would be deleted. */
  async set(
    caller: UserPrincipal,
    siteId: SiteId,
    request: Required<RetentionRequest>,
  ): Promise<RetentionView> {
    const { access, unitOfWork } = this.#deps;
    await access.require(caller, siteId, 'site.set_retention');
    const { acceptsDeletion, ...days } = request;
    if (!acceptsDeletion) {
      const deletion = await this.#deletionBy(days, siteId, caller.userId);
      const { readings, minutes, hours, isComplete } = deletion;
      if (readings + minutes + hours > 0 || !isComplete) {
        throw new AppError('deletion_unconfirmed', { details: { ...deletion } });
      }
    }
    await unitOfWork.run(async ({ tx, emit, hold }) => {
      await hold({ site: siteId });
      await putRetention(tx, siteId, days);
      emit({ site: siteId, type: 'site.retention_changed', actor: actorOf(caller), data: days });
    }, caller.userId);
    return await this.#view(siteId);
  }

  async #deletionBy(days: RetentionDays, siteId: SiteId, owner: string): Promise<Deletion> {
    const { db, reader, clock } = this.#deps;
    const known = await retentionOf(db, siteId);
    if (!known) throw new AppError('site_unknown');
    const to = floorsOf(days, clock.nowMs());
    const expired = await countExpired(
      reader,
      { id: siteId, from: known.floors, to },
      { owner, pool: 'history' },
    );
    const isComplete = to.rawMs === 0 || (await isRolledUpBefore(db, siteId, to.rawMs));
    return { ...expired, isComplete };
  }

  async #view(siteId: SiteId): Promise<RetentionView> {
    const known = await retentionOf(this.#deps.db, siteId);
    if (!known) throw new AppError('site_unknown');
    const { rawMs, minuteMs, hourMs } = known.floors;
    return { ...known.days, rawFromMs: rawMs, minutesFromMs: minuteMs, hoursFromMs: hourMs };
  }
}
