import type { SitePart } from '#protocol/hub-link/site-channel.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { UNIT_CHANGES } from '../domain/units/unit-cache.ts';
import type { Outcome } from '../kernel/outcome.ts';
import { MAX_MESSAGE_BYTES } from './bus.ts';
import type { Hint, SiteHint } from './hint.ts';

/** Values of more units are looked for by the readings' position. */
const MAX_VALUES = 50;

/** The hints that other hubs get of a commit of this one. */
export function hintsOf(outcome: Outcome, isWatched: (site: SiteId) => boolean): Hint[] {
  const hints: Hint[] = [];
  for (const hint of siteHints(outcome).values()) {
    const { parts, ...rest } = hint;
    // Apart from the rest, so that a part that is too large is dropped alone.
    const shown = isWatched(hint.site) ? (parts ?? []).map(alone(hint.site)).filter(isSent) : [];
    hints.push(...shown);
    const isIncomplete = parts !== undefined && shown.length < parts.length;
    if (rest.events ?? rest.readings ?? rest.values)
      hints.push(isIncomplete ? { ...rest, isIncomplete } : rest);
  }
  for (const [base, entries] of outcome.entries) {
    const last = entries.at(-1);
    if (last) hints.push({ kind: 'log', base, seq: last.entry.seq });
  }
  for (const consumer of outcome.dirty) hints.push({ kind: 'dirty', consumer });
  for (const device of outcome.devices) hints.push({ kind: 'device', device });
  for (const event of outcome.events) {
    if (event.type === 'command.ended')
      hints.push({ kind: 'ended', command: event.data.commandId });
  }
  return hints;
}

function alone(site: SiteId): (part: SitePart) => SiteHint {
  return (part) => ({ kind: 'site', site, parts: [part] });
}

function isSent(hint: SiteHint): boolean {
  return JSON.stringify(hint).length < MAX_MESSAGE_BYTES / 2;
}

type Draft = { -readonly [K in keyof SiteHint]: SiteHint[K] };

function siteHints({ events, live, changedValues, readings }: Outcome): Map<SiteId, SiteHint> {
  const sites = new Map<SiteId, Draft>();
  const of = (site: SiteId): Draft => {
    const known = sites.get(site);
    if (known) return known;
    const fresh: Draft = { kind: 'site', site };
    sites.set(site, fresh);
    return fresh;
  };
  for (const { site, epoch, rev, type } of events) {
    const hint = of(site);
    const from = hint.events?.epoch === epoch ? hint.events.from : rev;
    hint.events = { epoch, from, rev };
    if (UNIT_CHANGES.has(type)) hint.unitsChanged = true;
  }
  for (const { siteId, part } of live) {
    const hint = of(siteId);
    hint.parts = [...(hint.parts ?? []), part];
  }
  for (const [unitId, siteId] of changedValues) {
    const hint = of(siteId);
    const values: UnitId[] = [...(hint.values ?? []), unitId];
    hint.values = values.slice(0, MAX_VALUES);
  }
  for (const [site, position] of readings) of(site).readings = position;
  return sites;
}
