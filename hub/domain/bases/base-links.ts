import type { BaseId } from '#protocol/ids.ts';
import { inChunks } from '#platform/in-chunks.ts';
import { logStatesOf } from '../../store/base-log.ts';
import type { Db } from '../../store/schema.ts';
import type { Outcome, OutcomeFollower, StoredEntry } from '../../kernel/outcome.ts';

/** Requests to a base that are in no log: answered now or not at all. */
export type BaseRequestName = 'units.discover' | 'address.probe';

/** The live connection of a base, as services see it. */
export interface BaseLink {
  /** Whether log entries are sent as they come. */
  readonly isLive: () => boolean;
  /** New entries were stored; the link sends them, in the order of the log. */
  readonly appended: (entries: readonly StoredEntry[]) => void;
  /** Names it among all connections that there ever were. */
  readonly connection: string;
  /** The log has entries up to this one. */
  readonly grew: (headSeq: number) => void;
  /** The base has a newer connection; ends this one, if this is the one. */
  readonly superseded: (connection: string) => void;
  /** Resolves with what the base acknowledges with, rejects after the timeout. */
  readonly request: (name: BaseRequestName, payload: object, timeoutMs: number) => Promise<unknown>;
  /** The log began another life: the base is to resume. */
  readonly changed: () => void;
  /** Up to here the base has acknowledged on this connection; 0: nothing. */
  readonly ackedSeq: () => number;
}

/** Bases in one query. */
const LOOKED_UP = 500;

/** Which bases are connected and have joined their channel. */
export class BaseLinks implements OutcomeFollower {
  readonly #links = new Map<BaseId, BaseLink>();

  attach(baseId: BaseId, link: BaseLink): void {
    this.#links.set(baseId, link);
  }

  /** Only the attached link detaches; one that was taken over does not. */
  detach(baseId: BaseId, link: BaseLink): void {
    if (this.#links.get(baseId) === link) this.#links.delete(baseId);
  }

  /** The link of a base that can answer now. */
  live(baseId: BaseId): BaseLink | undefined {
    const link = this.#links.get(baseId);
    return link?.isLive() === true ? link : undefined;
  }

  /** Up to here a base is known to hold its log; 0 where nothing is known. */
  ackedSeq(baseId: BaseId): number {
    return this.#links.get(baseId)?.ackedSeq() ?? 0;
  }

  changed(baseId: BaseId): void {
    this.#links.get(baseId)?.changed();
  }

  /** Another hub stored entries up to this one for this base. */
  grew(baseId: BaseId, headSeq: number): void {
    this.#links.get(baseId)?.grew(headSeq);
  }

  /** Looks up how long the log of each connected base is, and whose its connection is. */
  async look(db: Db): Promise<void> {
    const live = [...this.#links].filter(([, link]) => link.isLive()).map(([id]) => id);
    for (const some of inChunks(live, LOOKED_UP)) {
      const states = await logStatesOf(db, some);
      for (const { id, headSeq, connection } of states) {
        const link = this.#links.get(id);
        if (link?.isLive() !== true) continue;
        if (connection === link.connection) link.grew(headSeq);
        else link.superseded(link.connection);
      }
    }
  }

  /** The base has a newer connection than this one, at another hub. */
  superseded(baseId: BaseId, connection: string): void {
    this.#links.get(baseId)?.superseded(connection);
  }

  readonly committed = ({ entries }: Outcome): void => {
    for (const [baseId, appended] of entries) this.#links.get(baseId)?.appended(appended);
  };
}
