import { errorEntry } from '#protocol/errors.ts';
import type { BaseView } from '#protocol/http/bases.ts';
import type { UnitView } from '#protocol/http/units.ts';
import { fromInstant } from '#protocol/json.ts';
import type { Carrier } from './carrier.ts';
import type { UnitState } from '#protocol/presence.ts';

/**
 * The tone of a signal. proven: known to be good now. waiting: in progress, or stale.
 * lost: failed. unknown: cannot be known from here.
 */
export type SignalTone = 'proven' | 'waiting' | 'lost' | 'unknown';

export interface PresenceView {
  readonly tone: SignalTone;
  readonly word: string;
  /** An explanation, if useful. */
  readonly reason?: string;
}

const OF_STATE: Readonly<Record<UnitState, PresenceView>> = {
  init: {
    tone: 'waiting',
    word: 'Connecting',
    reason: 'The base is connecting to it for the first time.',
  },
  ready: { tone: 'proven', word: 'Ready' },
  disconnected: {
    tone: 'waiting',
    word: 'Disconnected',
    reason: 'The unit disconnected on purpose.',
  },
  sleeping: { tone: 'unknown', word: 'Sleeping', reason: 'The unit is asleep and will be back.' },
  lost: { tone: 'lost', word: 'Lost', reason: 'The unit stopped responding.' },
};

/** The same for a unit that connects to the hub itself. */
const OF_DEVICE: Readonly<Record<UnitState, PresenceView>> = {
  ...OF_STATE,
  init: {
    tone: 'waiting',
    word: 'Not connected yet',
    reason: 'The device has not connected to the hub since it was added as a unit.',
  },
  lost: { tone: 'lost', word: 'Lost', reason: 'The device is not connected to the hub.' },
};

/** A unit's state as reported by its base, current or not. */
export function viewUnitState(state: UnitState): PresenceView {
  return OF_STATE[state];
}

/**
 * A unit's presence as far as it is known: through its base, only while that is online,
 * and only while this page is live.
 */
export function viewUnitPresence(
  unit: Pick<UnitView, 'presence'>,
  carrier: Carrier | undefined,
  isLive = true,
): PresenceView {
  if (!isLive) {
    return {
      tone: 'unknown',
      word: `Was ${OF_STATE[unit.presence.state].word.toLowerCase()}`,
      reason: 'This page has no live connection to the hub; this is the last known state.',
    };
  }
  if (!carrier || carrier.presence.state === 'unknown') {
    return {
      tone: 'unknown',
      word: 'Unknown',
      reason: 'The base has not connected since the hub started.',
    };
  }
  if (carrier.presence.state === 'offline') {
    return {
      tone: 'unknown',
      word: 'Base offline',
      reason: 'The base is offline, so the state of the unit is unknown.',
    };
  }
  const view = (carrier.isHub ? OF_DEVICE : OF_STATE)[unit.presence.state];
  const { code } = unit.presence;
  if (code === undefined) return view;
  const reason = errorEntry(code).message;
  // It works, but someone should look at it.
  return unit.presence.state === 'ready'
    ? { ...view, word: 'Ready, in conflict', reason }
    : { ...view, reason };
}

const OF_BASE: Readonly<Record<BaseView['presence']['state'], PresenceView>> = {
  online: { tone: 'proven', word: 'Online' },
  // Grey: red is kept for what is known to be lost.
  offline: {
    tone: 'unknown',
    word: 'Offline',
    reason: 'The base has no connection to the hub. Commands that can wait are queued for it.',
  },
  unknown: {
    tone: 'unknown',
    word: 'Unknown',
    reason: 'The base has not connected since the hub started.',
  },
};

/** A base's state as the hub knows it. */
export function viewBaseState(state: BaseView['presence']['state']): PresenceView {
  return OF_BASE[state];
}

export function viewBasePresence(base: Pick<BaseView, 'presence'>): PresenceView {
  return viewBaseState(base.presence.state);
}

/** When the unit was last heard from: its presence lags behind its readings. */
export function latestContactMs(unit: Pick<UnitView, 'presence' | 'reported'>): number | undefined {
  const { lastContactAt } = unit.presence;
  const heard = Object.values(unit.reported).map((state) => state.receivedAtMs);
  if (lastContactAt !== null) heard.push(fromInstant(lastContactAt));
  return heard.length === 0 ? undefined : Math.max(...heard);
}
