import type { BaseId } from '#protocol/ids.ts';
import type { Db } from '../store/schema.ts';
import { firstOwner } from '../store/sites.ts';
import type { BaseDirectory } from './base-directory.ts';

/** For whom a base competes with others: the account behind its site, the site, itself. */
export class BaseShares {
  readonly #db: Db;
  readonly #bases: BaseDirectory;

  constructor(deps: { readonly db: Db; readonly bases: BaseDirectory }) {
    this.#db = deps.db;
    this.#bases = deps.bases;
  }

  async pathOf(id: BaseId): Promise<readonly string[]> {
    const siteId = (await this.#bases.find(id))?.siteId;
    // A site that nobody has signed up for yet stands for itself.
    const owner = siteId === undefined ? undefined : await firstOwner(this.#db, siteId);
    return [owner ?? siteId ?? id, siteId ?? id, id];
  }
}
