import { groupedBy } from '#platform/grouped-by.ts';
import { HUB_AUTHOR } from '../../kernel/mqtt-message.ts';
import type { MessageRecord } from '../../store/mqtt-messages.ts';
import { messageBytes } from '../../store/mqtt-messages.ts';
import type { QueuedRow } from '../../store/mqtt-queues.ts';
import type { LiveSession } from './live-session.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { StoredMessages } from './message-store.ts';
import {
  chooseOf,
  mergeTarget,
  ownTargets,
  sharesAmong,
  type Target,
  targetBy,
} from './targets.ts';

const NOBODY: ReadonlySet<number> = new Set();

/** Queues messages for the sessions that are connected to this hub, and waits for none of them. */
export class FanOut {
  readonly #live: LiveSessions;
  readonly #shown: (message: MessageRecord) => void;
  #turn = 0;

  constructor(deps: {
    readonly live: LiveSessions;
    /** Called with each message that is delivered at this hub. */
    readonly shown?: (message: MessageRecord) => void;
  }) {
    this.#live = deps.live;
    this.#shown = deps.shown ?? (() => undefined);
  }

  /** Removes what the queues in the database dropped. */
  dropped({ dropped }: Pick<StoredMessages, 'dropped'>): void {
    for (const row of dropped) this.#live.find(row.sessionKey)?.queue.dropRow(row);
  }

  /** Stored messages, in their order, with what waits of them in the database. */
  stored({ messages, rows }: Pick<StoredMessages, 'messages' | 'rows'>): void {
    const bySeq = groupedBy(rows, ({ seq }) => seq);
    const woken = new Set<LiveSession>();
    for (const message of messages) {
      const ofMessage = bySeq.get(message.seq) ?? [];
      for (const row of ofMessage) this.#row(row, message, woken);
      const served = new Set(ofMessage.map(({ sessionKey }) => sessionKey));
      this.#unkept(message, served, woken);
      this.#shown(message);
    }
    for (const { queue } of woken) queue.pump();
  }

  /** A message that is stored nowhere. */
  passing(message: MessageRecord, served: ReadonlySet<number> = NOBODY): void {
    const woken = new Set<LiveSession>();
    this.#unkept(message, served, woken);
    for (const { queue } of woken) queue.pump();
    this.#shown(message);
  }

  #row(row: QueuedRow, message: MessageRecord, woken: Set<LiveSession>): void {
    const session = this.#live.find(row.sessionKey);
    if (!session) return;
    const { sessionKey, site, seq } = row;
    session.queue.pushStored({ ...row, message, row: { sessionKey, site, seq } });
    woken.add(session);
  }

  /** Those who have no row of it: clean sessions, and QoS 0. */
  #unkept(message: MessageRecord, served: ReadonlySet<number>, woken: Set<LiveSession>): void {
    const matching = this.#live.matching(message.site, message.topic);
    if (matching.length === 0) return;
    const targets = ownTargets(matching, message);
    // For a stored message, the storing transaction decided whose turn it is.
    if (message.seq === 0) {
      this.#turn += 1;
      for (const share of sharesAmong(matching)) {
        const chosen = chooseOf(share, (key) => this.#live.find(key) !== undefined, this.#turn);
        if (chosen) mergeTarget(targets, targetBy([chosen], message));
      }
    }
    const bytes = messageBytes(message);
    for (const target of targets) {
      if (served.has(target.sessionKey)) continue;
      const session = this.#target(target, message, bytes);
      if (session) woken.add(session);
    }
  }

  #target(target: Target, message: MessageRecord, bytes: number): LiveSession | undefined {
    const session = this.#live.find(target.sessionKey);
    if (!session || (session.isPersistent && target.qos > 0)) return undefined;
    // A command is shown to people and software; a device would execute it a second time.
    if (message.author === HUB_AUTHOR && session.principal.kind === 'device') return undefined;
    session.queue.push({ ...target, message, bytes });
    return session;
  }
}
