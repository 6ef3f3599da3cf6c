import { errorEntry } from '#protocol/errors.ts';
import { commandText } from '../format/command-text.ts';
import { GAP_REASONS, gapTimesText, lostText } from '../format/gap-text.ts';
import type { ActivityEntry } from '../state/activity.ts';
import { viewCommandState } from '../state/command-view.ts';
import { type SignalTone, viewUnitState } from '../state/presence-view.ts';
import type { SiteStore } from '../state/site-store.ts';
import { own } from '../state/own.ts';

/** A line of the Activity page. */
export interface ActivityRow {
  readonly key: string;
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly tone: SignalTone;
  readonly word: string;
  readonly reason?: string;
  /** Why, in the word that the logs of all programs use. */
  readonly code?: string;
  readonly href?: string;
  /** All that a filter finds it by: what is shown, and the words and ids of the log. */
  readonly words: string;
}

type Entry<K extends ActivityEntry['kind']> = Extract<ActivityEntry, { readonly kind: K }>;
type Line = Omit<ActivityRow, 'key' | 'atMs' | 'words'>;
type Names = Pick<SiteStore, 'units' | 'bases' | 'commands'>;

export function rowOf(names: Names, entry: ActivityEntry): ActivityRow {
  const line = lineOf(names, entry);
  const words = [line.who, line.what, line.word, line.code, ...logWordsOf(entry)];
  return { key: entry.key, atMs: entry.atMs, ...line, words: words.join(' ') };
}

function lineOf(names: Names, entry: ActivityEntry): Line {
  switch (entry.kind) {
    case 'command':
      return commandLine(names, entry);
    case 'unit':
      return unitLine(names, entry);
    case 'base':
      return baseLine(names, entry);
    case 'event': {
      const unit = names.units.get(entry.unitId);
      const what = own(unit?.description?.events, entry.event)?.title ?? entry.event;
      const href = `/units/${entry.unitId}`;
      return { who: unit?.name ?? REMOVED_UNIT, what, tone: 'proven', word: 'Event', href };
    }
    case 'gap':
      return gapLine(names, entry);
    default:
      return entry satisfies never;
  }
}

const REMOVED_UNIT = 'Removed unit';

function commandLine(names: Names, entry: Entry<'command'>): Line {
  const unit = names.units.get(entry.unitId);
  const command = names.commands.get(entry.commandId)?.command;
  const { tone, word } = viewCommandState(command ?? { state: entry.state, seq: 0 });
  const what = command ? commandText(command, unit?.description ?? null) : entry.affordance;
  const href = `/commands/${entry.commandId}`;
  return { who: unit?.name ?? REMOVED_UNIT, what, tone, word, href, ...why(entry) };
}

function unitLine(names: Names, entry: Entry<'unit'>): Line {
  const { tone, word } = viewUnitState(entry.state);
  const who = names.units.get(entry.unitId)?.name ?? REMOVED_UNIT;
  return { who, what: 'Presence', tone, word, href: `/units/${entry.unitId}`, ...why(entry) };
}

/** Grey where it is away: red is kept for a unit of which its base knows that it is lost. */
function baseLine(names: Names, entry: Entry<'base'>): Line {
  const who = names.bases.get(entry.baseId)?.name ?? 'Removed base';
  const tone = entry.state === 'online' ? 'proven' : 'unknown';
  return { who, what: 'Presence', tone, word: `Base ${entry.state}` };
}

function gapLine(names: Names, entry: Entry<'gap'>): Line {
  const { gap, unitId } = entry;
  return {
    who: names.units.get(unitId)?.name ?? REMOVED_UNIT,
    what: `${lostText([gap])} lost`,
    tone: 'lost',
    word: 'Gap',
    reason: `${GAP_REASONS[gap.reason]}; ${gapTimesText(gap)}`,
    code: gap.reason,
    href: `/units/${unitId}`,
  };
}

function why({ code }: Entry<'command' | 'unit'>): Pick<Line, 'reason' | 'code'> {
  return code === undefined ? {} : { reason: errorEntry(code).message, code };
}

function logWordsOf(entry: ActivityEntry): readonly string[] {
  switch (entry.kind) {
    case 'command':
      return [entry.state, entry.affordance, entry.commandId, entry.unitId];
    case 'unit':
      return [entry.state, entry.unitId];
    case 'base':
      return [entry.state, entry.baseId];
    case 'event':
      return [entry.event, entry.unitId];
    case 'gap':
      return ['readings.dropped', entry.unitId];
    default:
      return entry satisfies never;
  }
}
