import { BaseView } from '#protocol/http/bases.ts';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { BasePresence } from '#protocol/presence.ts';
import type { Clock } from '#platform/clock.ts';
import { type BaseRecord, basesOfSite, findBase } from '../../store/bases.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';

export interface BaseViewsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly readable: ReadableRows;
}

/** Bases as clients see them. */
export class BaseViews {
  readonly #deps: BaseViewsDeps;

  constructor(deps: BaseViewsDeps) {
    this.#deps = deps;
  }

  async one(id: BaseId): Promise<BaseView | undefined> {
    const base = await findBase(this.#deps.db, id);
    return base && !base.isRemoved ? this.#view(base) : undefined;
  }

  /** @param db of which state. */
  async ofSite(siteId: SiteId, db: Db = this.#deps.db): Promise<BaseView[]> {
    return this.#deps.readable.each(await basesOfSite(db, siteId), {
      what: 'base',
      idOf: ({ id }) => id,
      schema: BaseView,
      make: (base) => this.#view(base),
    });
  }

  #view(base: BaseRecord): BaseView {
    return {
      id: base.id,
      siteId: base.siteId,
      name: base.name,
      version: base.version,
      presence: presenceOf(base, this.#deps.clock.nowMs()),
      createdAt: toInstant(base.createdAtMs),
    };
  }
}

function presenceOf(base: BaseRecord, nowMs: number): BasePresence {
  const { presence, connection, leftAtMs } = base;
  // Within the debounce it is online, and was seen when it left.
  const seenOnlineMs = connection === undefined ? (leftAtMs ?? base.lastSeenAtMs) : nowMs;
  const lastSeenMs = presence.state === 'online' ? seenOnlineMs : base.lastSeenAtMs;
  return {
    state: presence.state,
    since: toInstant(presence.sinceMs),
    lastSeenAt: lastSeenMs === null ? null : toInstant(lastSeenMs),
  };
}
