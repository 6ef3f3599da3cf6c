import { BaseView } from '#protocol/http/bases.ts';
import type { BaseId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { type BaseRow, basesOfSite, findBase } from '../../store/bases.ts';
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
    const row = await findBase(this.#deps.db, id);
    return row && row.removed_at === null ? this.#view(row) : undefined;
  }

  async ofSite(siteId: SiteId): Promise<BaseView[]> {
    return this.#deps.readable.each(await basesOfSite(this.#deps.db, siteId), {
      what: 'base',
      idOf: ({ id }) => id,
      schema: BaseView,
      make: (row) => this.#view(row),
    });
  }

  #view(row: BaseRow): BaseView {
    return {
      id: row.id,
      siteId: row.site_id,
      name: row.name,
      version: row.version,
      presence: this.#deps.presence.view(row.id, row.last_seen_at),
      createdAt: toInstant(row.created_at),
    };
  }
}
