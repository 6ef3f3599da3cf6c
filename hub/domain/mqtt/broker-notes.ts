import type { Broker } from './broker.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { MessageFollower } from './message-follower.ts';
import type { BrokerNote, BrokerNotes, OtherHubsLink } from './other-hubs.ts';

export interface BrokerNotesDeps {
  readonly others: Pick<OtherHubsLink, 'reachBy'>;
  readonly live: Pick<LiveSessions, 'sites' | 'hasShares'>;
  readonly follower: Pick<MessageFollower, 'storedElsewhere' | 'takenOver' | 'look'>;
  readonly broker: Pick<Broker, 'passed'>;
}

/** Applies the notes of other hubs' brokers at this one. */
export function brokerNotesOf({ others, live, follower, broker }: BrokerNotesDeps): BrokerNotes {
  return {
    reachOthersBy: others.reachBy,
    heard: (note: BrokerNote) => {
      switch (note.kind) {
        case 'stored':
          follower.storedElsewhere(note.site, note.seq);
          break;
        case 'passing':
          broker.passed(note.message);
          break;
        case 'session_taken':
          follower.takenOver(note.key, note.generation);
          break;
        case 'subscribed':
          // Whoever carries the notes knows who is interested.
          break;
        default:
          note satisfies never;
      }
    },
    look: async () => await follower.look(),
    subscribed: () =>
      live.sites.map((site) => ({ kind: 'subscribed', site, isShared: live.hasShares(site) })),
  };
}
