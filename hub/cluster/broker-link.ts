import type { CancelTimer, Clock } from '#platform/clock.ts';
import { LruCache } from '#platform/lru-cache.ts';
import type { SiteId } from '#protocol/ids.ts';
import type {
  BrokerNote,
  BrokerNotes,
  InterestElsewhere,
  OtherHubs,
} from '../domain/mqtt/other-hubs.ts';
import type { Bus } from './bus.ts';
import type { BrokerHint, Hint } from './hint.ts';

/** How often a hub repeats what its clients subscribe to. */
const SAY_EVERY_MS = 5_000;
/** After this long without a repetition nobody there does. */
const KEPT_MS = 12_000;
/** Of all hubs together. */
const MAX_SITES = 20_000;

export interface BrokerLinkDeps {
  readonly bus: Pick<Bus, 'publish'>;
  readonly notes: BrokerNotes;
  /** Whether any other hub may be there. */
  readonly hasOthers: () => boolean;
  readonly clock: Clock;
}

/** The broker of this hub and those of the others, over the bus. */
export class BrokerLink implements OtherHubs {
  readonly #deps: BrokerLinkDeps;
  readonly #ownUntilMs = new LruCache<SiteId, number>(MAX_SITES);
  readonly #sharedUntilMs = new LruCache<SiteId, number>(MAX_SITES);
  #cancelTimer: CancelTimer | undefined;

  constructor(deps: BrokerLinkDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, notes } = this.#deps;
    for (const note of notes.subscribed()) this.publish(note);
    this.#cancelTimer = clock.after(SAY_EVERY_MS, () => this.start());
  }

  close(): void {
    this.#cancelTimer?.();
  }

  readonly publish = (note: BrokerNote): void => {
    if (this.#deps.hasOthers()) this.#deps.bus.publish([hintOf(note)]);
  };

  readonly interestIn = (site: SiteId): InterestElsewhere => {
    const nowMs = this.#deps.clock.monotonicMs();
    if ((this.#sharedUntilMs.peek(site) ?? 0) > nowMs) return 'shared';
    return (this.#ownUntilMs.peek(site) ?? 0) > nowMs ? 'own' : 'none';
  };

  heard(hint: BrokerHint): void {
    const note = noteOf(hint);
    if (note.kind === 'subscribed') this.#subscribed(note);
    else this.#deps.notes.heard(note);
  }

  #subscribed({ site, isShared }: Extract<BrokerNote, { readonly kind: 'subscribed' }>): void {
    const untilMs = this.#deps.clock.monotonicMs() + KEPT_MS;
    this.#ownUntilMs.set(site, untilMs);
    if (isShared) this.#sharedUntilMs.set(site, untilMs);
  }
}

function hintOf(note: BrokerNote): Hint {
  switch (note.kind) {
    case 'stored':
      return { kind: 'mqtt_stored', site: note.site, seq: note.seq };
    case 'passing':
      return {
        kind: 'mqtt_passing',
        message: { ...note.message, payload: note.message.payload.toString('base64') },
      };
    case 'subscribed':
      return { kind: 'mqtt_subscribed', site: note.site, isShared: note.isShared };
    case 'session_taken':
      return { kind: 'mqtt_session_taken', key: note.key, generation: note.generation };
    default:
      return note satisfies never;
  }
}

function noteOf(hint: BrokerHint): BrokerNote {
  switch (hint.kind) {
    case 'mqtt_stored':
      return { kind: 'stored', site: hint.site, seq: hint.seq };
    case 'mqtt_passing':
      return {
        kind: 'passing',
        message: { ...hint.message, payload: Buffer.from(hint.message.payload, 'base64') },
      };
    case 'mqtt_subscribed':
      return { kind: 'subscribed', site: hint.site, isShared: hint.isShared };
    case 'mqtt_session_taken':
      return { kind: 'session_taken', key: hint.key, generation: hint.generation };
    default:
      return hint satisfies never;
  }
}
