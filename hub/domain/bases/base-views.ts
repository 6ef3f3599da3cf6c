import { BaseView } from '#protocol/http/bases.ts';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { type BaseRecord, basesOfSite, findBase } from '../../store/bases.ts';
import type { ReadableRows } from '../../store/readable-rows.ts';
import type { Db } from '../../store/schema.ts';
import type { BasePresences } from './base-presence.ts';

/** Bases as clients see them. */
export class BaseViews {
  readonly #deps: {
    readonly db: Db;
    readonly presence: Pick<BasePresences, 'view'>;
    readonly readable: ReadableRows;
  };

  constructor(deps: {
    readonly db: Db;
    readonly presence: Pick<BasePresences, 'view'>;
    readonly readable: ReadableRows;
  }) {
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
      presence: this.#deps.presence.view(base.id, base.lastSeenAtMs),
      createdAt: toInstant(base.createdAtMs),
    };
  }
}
