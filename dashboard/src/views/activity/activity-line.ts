import { keptText } from '../../format/kept-text.ts';
import type { Command } from '#protocol/command/command.ts';
import { type ErrorCode, errorEntry } from '#protocol/errors.ts';
import type { Actor } from '#protocol/events/actor.ts';
import { outcomeOf } from '#protocol/events/event-outcome.ts';
import type { SiteEvent, SiteEventOf } from '#protocol/events/site-event.ts';
import type { BaseId, CommandId, UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { commandText } from '../../format/command-text.ts';
import { GAP_REASONS, gapTimesText, lostText } from '../../format/gap-text.ts';
import { valueText } from '../../format/number-text.ts';
import { spanText } from '../../format/time-text.ts';
import type { ActivityCommand, ActivityRow } from '../../state/activity-groups.ts';
import { viewCommandState } from '../../state/command-view.ts';
import { own } from '../../state/own.ts';
import { type SignalTone, viewBaseState, viewUnitState } from '../../state/presence-view.ts';
import { viewRollout } from '../../state/rollout-summary.ts';
import type { SiteStore } from '../../state/site-store.ts';
import { viewUpdate } from '../../state/update-view.ts';

/** A line of the activity, in words. */
export interface ActivityLine {
  /** The subject, with a link to it if it exists. */
  readonly who: string;
  readonly whoHref?: string | undefined;
  readonly what: string;
  readonly whatHref?: string | undefined;
  /** Absent where the text says it all. */
  readonly signal?: { readonly tone: SignalTone; readonly word: string };
  readonly reason?: string | undefined;
  /** Why, in the word that the logs of all programs use. */
  readonly code?: string | undefined;
  readonly by: string;
  readonly atMs: number;
}

export type Names = Pick<SiteStore, 'units' | 'bases' | 'commands'>;
type Said = Omit<ActivityLine, 'by' | 'atMs'>;

/** The text of a row: its latest event, and the actor. */
export function lineOf(names: Names, row: ActivityRow): ActivityLine {
  const command = row.commands.at(-1);
  if (command) return { ...commandLine(names, command), atMs: fromInstant(row.last.at) };
  const rollout = row.events.findLast((event) => event.type === 'rollout.changed');
  if (rollout) {
    return { ...said(rolloutLine(rollout, row), rollout), atMs: fromInstant(row.last.at) };
  }
  return eventLine(names, row.last);
}

/** Further facts of a row of several events: how many, in which time, how many failed. */
export function notesOf({ events, commands, last }: ActivityRow): string[] {
  const [first] = events;
  if (!first) return [];
  const span = fromInstant(last.at) - fromInstant(first.at);
  const within = span < 1_000 ? '' : ` in ${spanText(span)}`;
  if (commands.length > 0) {
    const failed = commands.slice(0, -1).filter(({ ended }) => ended && isFailed(ended)).length;
    return [
      ...(commands.length > 1 ? [`${commands.length} times${within}`] : []),
      ...(failed > 0 ? [`${failed} of them failed`] : []),
    ];
  }
  const updates = events.filter((event) => event.type === 'unit.update_changed');
  if (updates.length > 0) {
    const units = new Set(updates.map(({ data }) => data.unitId)).size;
    return [units === 1 ? '1 unit' : `${units} units`];
  }
  if (events.length === 1) return [];
  const isGap = last.type === 'readings.gap_declared';
  const word = isGap ? 'gaps' : last.type === 'unit.event' ? 'times' : 'changes';
  return [`${events.length} ${word}${within}`];
}

/** The parts of a row, newest first. */
export function stepsOf(names: Names, row: ActivityRow, limit: number): ActivityLine[] {
  if (row.commands.length > 0) {
    return row.commands
      .slice(-limit)
      .map((command) => commandLine(names, command))
      .reverse();
  }
  return row.events
    .slice(-limit)
    .map((event) => eventLine(names, event))
    .reverse();
}

export function partsOf({ commands, events }: ActivityRow): number {
  return commands.length > 0 ? commands.length : events.length;
}

/** Who caused something, as people know them. */
function actorText({ kind, name, owner }: Actor): string {
  switch (kind) {
    case 'person':
      return name ?? 'somebody';
    case 'token': {
      const token = name === undefined ? 'a token' : `token “${name}”`;
      return owner ? `${owner.name}, by ${token}` : token;
    }
    case 'base':
      return name === undefined ? 'a removed base' : `base ${name}`;
    case 'device':
      return 'the unit itself';
    case 'rule':
    case 'webhook':
    case 'plugin':
      return name === undefined ? `a ${kind}` : `${kind} “${name}”`;
    case 'hub':
      return 'the hub';
    default:
      return kind satisfies never;
  }
}

function said(line: Said, event: SiteEvent): ActivityLine {
  return { ...line, by: actorText(event.actor), atMs: fromInstant(event.at) };
}

function eventLine(names: Names, event: SiteEvent): ActivityLine {
  return said(saidBy(names, event), event);
}

function isFailed(event: SiteEventOf<'command.ended'>): boolean {
  return outcomeOf(event) === 'failed';
}

/** A command's state: its end, or else the latest that this page has seen. */
function commandState(
  names: Names,
  { id, ended }: ActivityCommand,
): Pick<Command, 'state' | 'seq' | 'code'> {
  if (ended) {
    const { state, code } = ended.data;
    return { state, seq: 0, ...(code === undefined ? {} : { code }) };
  }
  return names.commands.get(id)?.command ?? { state: 'queued', seq: 0 };
}

function commandLine(names: Names, command: ActivityCommand): ActivityLine {
  const { data, by, issued, ended } = command;
  const state = commandState(names, command);
  const { tone, word } = viewCommandState(state);
  const description = names.units.get(data.unitId)?.description ?? null;
  return {
    ...whoUnit(names, data),
    what: commandText(data, description),
    whatHref: commandHref(command.id),
    signal: { tone, word },
    ...why(state.code),
    by: actorText(by),
    atMs: fromInstant((issued ?? ended)?.at ?? new Date(0).toISOString()),
  };
}

function commandHref(id: CommandId): string {
  return `/commands/${id}`;
}

/** By its current name, or its last one if it was removed. */
function whoUnit(
  names: Names,
  { unitId, unitName }: { readonly unitId: UnitId; readonly unitName?: string | undefined },
): Pick<Said, 'who' | 'whoHref'> {
  const unit = names.units.get(unitId);
  if (unit) return { who: unit.name, whoHref: `/units/${unitId}` };
  return { who: unitName ?? 'Removed unit' };
}

function whoBase(
  names: Names,
  { baseId, baseName }: { readonly baseId: BaseId; readonly baseName: string },
): Pick<Said, 'who' | 'whoHref'> {
  const base = names.bases.get(baseId);
  return base ? { who: base.name, whoHref: `/bases/${baseId}` } : { who: baseName };
}

const MEMBERS = '/settings#settings-members';
const FIRMWARE = '/firmware';
const DEVICES = '/devices';
const WEBHOOKS = '/webhooks';

function why(code: ErrorCode | undefined): Pick<Said, 'reason' | 'code'> {
  return code === undefined ? {} : { reason: errorEntry(code).message, code };
}

function saidBy(names: Names, event: SiteEvent): Said {
  switch (event.type) {
    case 'command.issued':
    case 'command.ended': {
      const { data } = event;
      const what = commandText(data, names.units.get(data.unitId)?.description ?? null);
      return { ...whoUnit(names, data), what, whatHref: commandHref(data.commandId) };
    }
    case 'unit.presence_changed': {
      const { state, code } = event.data;
      const { tone, word, reason } = viewUnitState(state);
      const signal = { tone, word };
      return { ...whoUnit(names, event.data), what: 'Presence', signal, reason, ...why(code) };
    }
    case 'base.presence_changed': {
      const { tone, word } = viewBaseState(event.data.state);
      const signal = { tone, word };
      return { ...whoBase(names, event.data), what: 'Presence', signal };
    }
    case 'property.changed': {
      const { unitId, property, value } = event.data;
      const schema = own(names.units.get(unitId)?.description?.properties, property);
      const { text, unit } = valueText(schema, value);
      const title = schema?.title ?? property;
      const now =
        typeof value === 'boolean'
          ? value
            ? 'on'
            : 'off'
          : unit === ''
            ? text
            : `${text} ${unit}`;
      // A switch that is called "On" would read "On is now off".
      const what = title.toLowerCase() === 'on' ? `is now ${now}` : `${title} is now ${now}`;
      return { ...whoUnit(names, event.data), what };
    }
    case 'unit.event': {
      const { unitId, event: name, data } = event.data;
      const title = own(names.units.get(unitId)?.description?.events, name)?.title ?? name;
      const what = data === undefined ? title : `${title}: ${JSON.stringify(data)}`;
      return { ...whoUnit(names, event.data), what };
    }
    case 'readings.gap_declared': {
      const { reason, from, to, count } = event.data;
      const times = gapTimesText({
        fromMs: fromInstant(from),
        toMs: fromInstant(to),
        count,
        reason,
      });
      return {
        ...whoUnit(names, event.data),
        what: `${lostText([{ count }])} lost`,
        signal: { tone: 'lost', word: 'Gap' },
        reason: `${GAP_REASONS[reason]}; ${times}`,
        code: reason,
      };
    }
    case 'unit.update_changed': {
      const { state, code } = event.data;
      const { tone, word, reason } = viewUpdate({ state, ...(code === undefined ? {} : { code }) });
      const what = { what: 'Firmware update', whatHref: FIRMWARE };
      return { ...whoUnit(names, event.data), ...what, signal: { tone, word }, reason, code };
    }
    case 'rollout.changed':
      return rolloutLine(event);
    case 'unit.added':
      return { ...whoUnit(names, event.data), what: 'was added' };
    case 'unit.changed':
      return { ...whoUnit(names, event.data), what: changesText(event.data.changes) };
    case 'unit.removed':
      return { ...whoUnit(names, event.data), what: 'was removed' };
    case 'base.added':
      return { ...whoBase(names, event.data), what: 'was paired' };
    case 'base.changed':
      return { ...whoBase(names, event.data), what: 'is the new name of this base' };
    case 'base.removed':
      return { who: event.data.baseName, what: 'was removed' };
    case 'claim_code.created':
      return { who: event.data.baseName, what: 'Claim code was created' };
    case 'device.added':
      return deviceLine(event.data.deviceName, `was registered as ${event.data.clientId}`);
    case 'device.changed': {
      const { name, topicSpace } = event.data.changes;
      if (name !== undefined) return deviceLine(name, 'is the new name of this device');
      const topics = topicSpace === null ? 'topics of its own' : `the topics of “${topicSpace}”`;
      return deviceLine(event.data.deviceName, `now has ${topics}`);
    }
    case 'device.removed':
      return { who: event.data.deviceName, what: 'was unregistered' };
    case 'device.credential_added':
      return deviceLine(event.data.deviceName, `got a new ${event.data.kind}`);
    case 'device.credential_removed':
      return deviceLine(event.data.deviceName, `may no longer use a ${event.data.kind}`);
    case 'webhook.added':
      return webhookLine(event.data, `was added, to ${event.data.host}`);
    case 'webhook.changed':
      return webhookLine(event.data, `was changed: ${event.data.changes.join(', ')}`);
    case 'webhook.disabled': {
      const isGone = event.data.reason === 'gone';
      const why = isGone ? 'its address answers 410 Gone' : 'every attempt failed for five days';
      return {
        ...webhookLine(event.data, 'was disabled'),
        signal: { tone: 'lost', word: 'disabled' },
        reason: why,
      };
    }
    case 'webhook.removed':
      return { who: event.data.webhookName, what: 'was removed' };
    case 'site.added':
      return { who: event.data.name, what: 'was created' };
    case 'site.changed':
      return { who: event.data.name, what: 'is the new name of this site' };
    case 'site.retention_changed':
      return { who: 'Readings', what: `are kept ${keptText(event.data)}` };
    case 'member.invited':
      return { who: 'Members', whoHref: MEMBERS, what: `Invited as ${event.data.role}` };
    case 'member.added':
      return memberLine(event.data.userName, `joined as ${event.data.role}`);
    case 'member.changed':
      return memberLine(event.data.userName, `is now ${event.data.role}`);
    case 'member.removed':
      return memberLine(event.data.userName, 'is no longer a member');
    case 'firmware.added':
      return firmwareLine(`${event.data.model} ${event.data.version} was uploaded`);
    case 'firmware.removed':
      return firmwareLine(`${event.data.model} ${event.data.version ?? ''} was removed`);
    case 'firmware.trust_changed': {
      const { keys } = event.data;
      return firmwareLine(
        keys === 0 ? 'No keys are trusted' : `${keys} trusted ${keys === 1 ? 'key' : 'keys'}`,
      );
    }
    default:
      return event satisfies never;
  }
}

function memberLine(who: string, what: string): Said {
  return { who, whoHref: MEMBERS, what };
}

function deviceLine(who: string, what: string): Said {
  return { who, whoHref: DEVICES, what };
}

function webhookLine({ webhookName }: { readonly webhookName: string }, what: string): Said {
  return { who: webhookName, whoHref: WEBHOOKS, what };
}

function firmwareLine(what: string): Said {
  return { who: 'Firmware', whoHref: FIRMWARE, what };
}

/** @param row with the steps of its units, where they are known. */
function rolloutLine({ data }: SiteEventOf<'rollout.changed'>, row?: ActivityRow): Said {
  const latest = new Map(
    row?.events.flatMap((event) =>
      event.type === 'unit.update_changed' ? [[event.data.unitId, event.data.state] as const] : [],
    ),
  );
  const failed = [...latest.values()].filter(
    (state) => state === 'failed' || state === 'rolled_back',
  );
  const counts = { waiting: 0, underWay: 0, confirmed: 0, failed: failed.length, cancelled: 0 };
  const { tone, word, reason } = viewRollout({ state: data.state, counts });
  return {
    ...{ who: 'Rollout', whoHref: FIRMWARE, what: `${data.model} ${data.version}` },
    ...{ signal: { tone, word }, reason },
  };
}

function changesText(changes: SiteEventOf<'unit.changed'>['data']['changes']): string {
  const { name, place, address, deviceId, model, firmwareVersion, startedAt, description } =
    changes;
  const texts = [
    name === undefined ? undefined : `was renamed to ${name}`,
    place === undefined ? undefined : place === '' ? 'has no place any more' : `is now in ${place}`,
    address === undefined ? undefined : `is now at ${address.host}:${address.port}`,
    deviceId === undefined ? undefined : 'is another device',
    model === undefined ? undefined : `is of model ${model}`,
    firmwareVersion === undefined ? undefined : `runs ${firmwareVersion}`,
    startedAt === undefined ? undefined : `restarted${resetText(changes.resetReason)}`,
    description === undefined ? undefined : 'changed its description',
  ].filter((text) => text !== undefined);
  return texts.length === 0 ? 'was changed' : texts.join(', ');
}

function resetText(reason: string | undefined): string {
  return reason === undefined ? '' : ` (${reason.replaceAll('_', ' ')})`;
}
