import type { Actor } from '#protocol/events/actor.ts';
import type { SiteEvent, SiteEventData, SiteEventOf } from '#protocol/events/site-event.ts';
import type { CommandId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { ScalarValue } from '#protocol/thing/data-schema.ts';
import { sameValue } from './same-value.ts';

/** A command, assembled from its events. */
export interface ActivityCommand {
  readonly id: CommandId;
  readonly data: SiteEventData<'command.issued'>;
  readonly by: Actor;
  /** Undefined where its beginning is not among the events. */
  readonly issued?: SiteEventOf<'command.issued'>;
  /** Undefined while it has not ended. One that ended `unknown` may end again: the last counts. */
  readonly ended?: SiteEventOf<'command.ended'>;
}

/** One line of the activity: an event, or several that are one thing to who reads them. */
export interface ActivityRow {
  /** Of its first event: the same however many follow. */
  readonly key: string;
  /** Oldest first; at least one. */
  readonly events: readonly SiteEvent[];
  readonly last: SiteEvent;
  /** Of a row about commands: those that it is about, oldest first. */
  readonly commands: readonly ActivityCommand[];
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Commands of one kind to one unit by one person that follow each other within this are one: a drag. */
const DRAG_MS = 10 * SECOND_MS;
/** A value that is reported within this is what the command did. */
const EFFECT_MS = 10 * SECOND_MS;
const VALUES_MS = MINUTE_MS;
const REPEATS_MS = 10 * MINUTE_MS;

/** @param newestFirst as the feed keeps them. @returns the rows, with the latest news first. */
export function groupEvents(newestFirst: readonly SiteEvent[]): ActivityRow[] {
  const groups = new Groups();
  for (const event of newestFirst.toReversed()) groups.add(event);
  return groups.rows();
}

class Group {
  readonly events: SiteEvent[] = [];
  readonly commands = new Map<CommandId, ActivityCommand>();
  /** Of the event that the next one is measured by. */
  atMs = 0;

  append(event: SiteEvent): void {
    this.events.push(event);
  }

  row(): ActivityRow | undefined {
    const [first] = this.events;
    const last = this.events.at(-1);
    if (!first || !last) return undefined;
    const commands = [...this.commands.values()];
    return { key: `${first.epoch}/${first.rev}`, events: this.events, last, commands };
  }
}

class Groups {
  readonly #all: Group[] = [];
  /** The latest group of a key. */
  readonly #open = new Map<string, Group>();
  readonly #ofCommand = new Map<CommandId, Group>();
  /** The latest group of commands to a property of a unit. */
  readonly #commanding = new Map<string, Group>();

  add(event: SiteEvent): void {
    switch (event.type) {
      case 'command.issued':
        this.#issued(event);
        return;
      case 'command.ended':
        this.#ended(event);
        return;
      case 'property.changed':
        this.#changed(event);
        return;
      case 'rollout.changed':
      case 'unit.update_changed':
        this.#join(`rollout/${event.data.rolloutId}`, event, Infinity).append(event);
        return;
      case 'unit.presence_changed':
        this.#join(`presence/${event.data.unitId}`, event, REPEATS_MS).append(event);
        return;
      case 'base.presence_changed':
        this.#join(`presence/${event.data.baseId}`, event, REPEATS_MS).append(event);
        return;
      case 'readings.gap_declared': {
        const { unitId, reason } = event.data;
        this.#join(`gap/${unitId}/${reason}`, event, REPEATS_MS).append(event);
        return;
      }
      case 'unit.event': {
        const { unitId, event: name } = event.data;
        this.#join(`event/${unitId}/${name}`, event, VALUES_MS).append(event);
        return;
      }
      default:
        this.#new(event).append(event);
    }
  }

  /** What happened last comes first, whenever it began. */
  rows(): ActivityRow[] {
    return this.#all.flatMap((group) => group.row() ?? []).sort((a, b) => b.last.rev - a.last.rev);
  }

  #issued(event: SiteEventOf<'command.issued'>): void {
    const { data, actor } = event;
    const group = this.#commandGroup(event, data, actor);
    group.commands.set(data.commandId, { id: data.commandId, data, by: actor, issued: event });
    group.append(event);
  }

  #ended(event: SiteEventOf<'command.ended'>): void {
    const { data } = event;
    const { commandId: id, issuedBy: by } = data;
    const group = this.#ofCommand.get(id) ?? this.#commandGroup(event, data, by);
    const known = group.commands.get(id);
    group.commands.set(id, { ...(known ?? { id, data, by }), ended: event });
    group.append(event);
  }

  #commandGroup(event: SiteEvent, data: SiteEventData<'command.issued'>, by: Actor): Group {
    const { unitId, operation, affordance, input } = data;
    // A drag has many inputs; an action with other arguments is another action.
    const what = operation === 'writeproperty' ? '' : JSON.stringify(input ?? null);
    const key = `command/${unitId}/${operation}/${affordance}/${by.kind}/${by.id ?? ''}/${what}`;
    const group = this.#join(key, event, DRAG_MS);
    this.#ofCommand.set(data.commandId, group);
    if (operation === 'writeproperty') this.#commanding.set(`${unitId}/${affordance}`, group);
    return group;
  }

  #changed(event: SiteEventOf<'property.changed'>): void {
    const { unitId, property, value } = event.data;
    const group = this.#commanding.get(`${unitId}/${property}`);
    const last = group?.events.at(-1);
    const isEffect =
      group !== undefined &&
      last !== undefined &&
      fromInstant(event.at) - fromInstant(last.at) <= EFFECT_MS &&
      [...group.commands.values()].some((command) => isRequestFor(command, value));
    if (isEffect) group.append(event);
    else this.#join(`value/${unitId}/${property}`, event, VALUES_MS).append(event);
  }

  /** The open group of a key, unless it ended too long ago. */
  #join(key: string, event: SiteEvent, withinMs: number): Group {
    const atMs = fromInstant(event.at);
    const open = this.#open.get(key);
    const group = open && atMs - open.atMs <= withinMs ? open : this.#new(event);
    group.atMs = atMs;
    this.#open.set(key, group);
    return group;
  }

  #new(event: SiteEvent): Group {
    const group = new Group();
    group.atMs = fromInstant(event.at);
    this.#all.push(group);
    return group;
  }
}

function isRequestFor({ data, ended }: ActivityCommand, value: ScalarValue): boolean {
  return [data.input, ended?.data.output].some((each) => {
    const scalar = ScalarValue.safeParse(each);
    return scalar.success && sameValue(scalar.data, value);
  });
}
