import type { BaseId } from '#protocol/ids.ts';
import type { Outcome, OutcomeFollower, StoredEntry } from '../../kernel/outcome.ts';

/** Requests to a base that are in no log: answered now or not at all. */
export type BaseRequestName = 'units.discover' | 'address.probe';

/** The live connection of a base, as services see it. */
export interface BaseLink {
  /** Whether log entries are sent as they come. */
  readonly isLive: () => boolean;
  /** New entries were stored; the link sends them, in the order of the log. */
  readonly appended: (entries: readonly StoredEntry[]) => void;
  /** Another hub stored an entry. */
  readonly grew: () => void;
  /** Resolves with what the base acknowledges with, rejects after the timeout. */
  readonly request: (name: BaseRequestName, payload: object, timeoutMs: number) => Promise<unknown>;
  /** The log began another life: the base is to resume. */
  readonly changed: () => void;
  /** Up to here the base has acknowledged on this connection; 0: nothing. */
  readonly ackedSeq: () => number;
}

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

  /** Another hub stored an entry for this base. */
  grew(baseId: BaseId): void {
    this.#links.get(baseId)?.grew();
  }

  readonly committed = ({ entries }: Outcome): void => {
    for (const [baseId, appended] of entries) this.#links.get(baseId)?.appended(appended);
  };
}
