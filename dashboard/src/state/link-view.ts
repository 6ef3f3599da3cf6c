import { type ErrorCode, errorEntry } from '#protocol/errors.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { LinkState } from '#client/channel-client.ts';
import type { CollectionStatus } from '../live/site-collection.ts';
import type { SignalTone } from './presence-view.ts';

/** One stage on the line from this page to the units. */
export interface LinkStage {
  readonly name: string;
  readonly word: string;
  readonly tone: SignalTone;
  /** Where there is more of it. */
  readonly href?: string;
}

export interface LineView {
  readonly stages: readonly LinkStage[];
  /** Why something is not live, where it is not. */
  readonly reason?: string;
  readonly code?: ErrorCode;
  /** The time of the shown data, on this machine's clock, if it is not current. */
  readonly seenMs?: number;
}

/** How many units can be worked with now, of how many. */
export interface UnitCount {
  /** Those of which something is known: their base is online, or they need none. */
  readonly known: number;
  readonly ready: number;
  readonly total: number;
}

/** The whole line in one view: the link to the hub, the hub, the bases. */
export function viewLine({
  link,
  collection,
  bases,
  units,
}: {
  readonly link: LinkState;
  readonly collection: CollectionStatus;
  readonly bases: readonly BaseView[];
  readonly units: UnitCount;
}): LineView {
  const live = link.kind === 'live';
  const stages = [hubStage(link), ...baseStages(bases, live), ...unitStages(units, live)];
  switch (link.kind) {
    case 'live':
      return { stages, ...(behind(collection) ?? baseReason(bases)) };
    case 'connecting':
      return { stages };
    case 'waiting':
      return {
        stages,
        reason: `No live connection. ${errorEntry(link.code).message} Retrying automatically.`,
        code: link.code,
        ...(collection.phase === 'ready' ? { seenMs: link.sinceMs } : {}),
      };
    case 'stopped':
      return { stages, reason: `Not live. ${errorEntry(link.code).message}`, code: link.code };
    default:
      return link satisfies never;
  }
}

/** The link is up, but the missed part could not be fetched yet. */
function behind(collection: CollectionStatus): Omit<LineView, 'stages'> | undefined {
  if (collection.phase !== 'ready' || collection.code === undefined) return undefined;
  const { code, loadedAtMs } = collection;
  return {
    reason: `The board is not up to date. ${errorEntry(code).message} Refreshing automatically.`,
    code,
    seenMs: loadedAtMs,
  };
}

function hubStage(link: LinkState): LinkStage {
  const name = 'Hub';
  switch (link.kind) {
    case 'live':
      return { name, word: 'live', tone: 'proven' };
    case 'connecting':
      return { name, word: 'connecting', tone: 'waiting' };
    case 'waiting':
      return { name, word: 'reconnecting', tone: 'waiting' };
    case 'stopped':
      return { name, word: 'not connected', tone: 'lost' };
    default:
      return link satisfies never;
  }
}

function unitStages({ known, ready, total }: UnitCount, live: boolean): LinkStage[] {
  if (total === 0) return [];
  const name = total === 1 ? '1 unit' : `${total} units`;
  if (!live) return [{ name, word: `${ready} were ready`, tone: 'unknown' }];
  if (known === 0) {
    return [{ name, word: 'not known', tone: 'unknown' }];
  }
  const tone = ready === total ? 'proven' : 'waiting';
  return [{ name, word: ready === total ? 'ready' : `${ready} ready`, tone }];
}

/** Up to two bases by name; more of them as a count. */
function baseStages(bases: readonly BaseView[], live: boolean): LinkStage[] {
  const toneOf = (base: BaseView): SignalTone => {
    if (!live || base.presence.state === 'unknown') return 'unknown';
    return base.presence.state === 'online' ? 'proven' : 'unknown';
  };
  if (bases.length <= 2) {
    return bases.map((base) => ({
      name: base.name,
      word: live ? base.presence.state : `was ${base.presence.state}`,
      tone: toneOf(base),
      href: `/bases/${base.id}`,
    }));
  }
  const online = bases.filter((base) => base.presence.state === 'online').length;
  const tone = online === bases.length ? 'proven' : 'unknown';
  return [
    {
      name: `${bases.length} bases`,
      word: `${live ? '' : 'were '}${online} online`,
      tone: live ? tone : 'unknown',
      href: '/settings#settings-bases',
    },
  ];
}

function baseReason(bases: readonly BaseView[]): Pick<LineView, 'reason'> {
  const away = bases.filter((base) => base.presence.state !== 'online').map((base) => base.name);
  if (away.length === 0) return {};
  const who = away.length <= 2 ? away.join(' and ') : `${away.length} bases`;
  const [are, its] = away.length === 1 ? ['is', 'its'] : ['are', 'their'];
  return {
    reason: `${who} ${are} offline: the state of ${its} units is unknown. What you set is stored and executed later.`,
  };
}
