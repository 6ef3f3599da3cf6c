import { type MessageDraft, type Will } from '../../kernel/mqtt-message.ts';
import type { Clock } from '#platform/clock.ts';
import type { TopicRights } from '../../kernel/topic-rights.ts';
import { dueSessions, endWill, nextDueSession, removeSession } from '../../store/mqtt-sessions.ts';
import type { Db } from '../../store/schema.ts';
import type { UnitOfWork, Work } from '../../store/unit-of-work.ts';
import { WRITERS } from '../../store/writers.ts';
import type { Principal } from '../accounts/principal.ts';
import type { MessageStore, StoredMessages } from './message-store.ts';

/** Sessions in one transaction. */
const SWEEP_SIZE = 50;

export interface WillServiceDeps {
  readonly db: Db;
  readonly unitOfWork: Pick<UnitOfWork, 'run'>;
  readonly store: Pick<MessageStore, 'storeIn'>;
  readonly rights: Pick<TopicRights<Principal, Db>, 'publisherRights'>;
  readonly stored: (stored: StoredMessages) => void;
  readonly clock: Clock;
}

/** Publishes wills when they are due, and ends sessions whose clients did not come back. */
export class WillService {
  readonly #deps: WillServiceDeps;

  constructor(deps: WillServiceDeps) {
    this.#deps = deps;
  }

  /** Within a unit of work; handed to those who are connected after its commit. */
  async publishIn(work: Work, will: Will): Promise<void> {
    const { store, stored, clock, rights } = this.#deps;
    const place = { site: will.site, topic: will.topic, prefix: '' };
    const mayPublish = await rights.publisherRights(work.tx, will.author, will.site);
    if (!mayPublish(place)) return;
    const outcome = await store.storeIn(work, will.site, [
      { draft: draftOfWill(will, clock.nowMs()), by: undefined },
    ]);
    work.wake(() => stored(outcome));
  }

  /** Sweeps until nothing is due; returns when the next is. */
  readonly sweep = async (): Promise<number | undefined> => {
    while ((await this.publishDue()) === SWEEP_SIZE);
    return await nextDueSession(this.#deps.db);
  };

  /** @returns how many were due, of one piece at most. */
  async publishDue(): Promise<number> {
    const { unitOfWork, clock } = this.#deps;
    const nowMs = clock.nowMs();
    return await unitOfWork.run(async (work) => {
      const due = await dueSessions(work.tx, { nowMs, limit: SWEEP_SIZE });
      for (const one of due) {
        if (one.will) {
          await this.publishIn(work, one.will);
          await endWill(work.tx, one.key);
        }
        if (one.expiresAtMs !== null && one.expiresAtMs <= nowMs) {
          await removeSession(work.tx, one.key);
        }
      }
      return due.length;
    }, WRITERS.hub);
  }
}

function draftOfWill(will: Will, nowMs: number): MessageDraft {
  return {
    topic: will.topic,
    payload: Buffer.from(will.payload, 'base64'),
    qos: will.qos,
    isRetained: will.isRetained,
    properties: will.properties,
    expiresAtMs: will.expiresInMs === null ? null : nowMs + will.expiresInMs,
    author: will.author,
    sessionKey: null,
  };
}
