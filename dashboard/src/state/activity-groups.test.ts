import { expect, it } from 'vitest';
import type { Actor } from '#protocol/events/actor.ts';
import type { EventSaid } from '#protocol/events/event-outcome.ts';
import { SiteEvent, type SiteEventData, versionOf } from '#protocol/events/site-event.ts';
import {
  BaseId,
  CommandId,
  Epoch,
  newId,
  RolloutId,
  SiteId,
  UnitId,
  UpdateId,
  UserId,
} from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { groupEvents } from './activity-groups.ts';

const of = { site: newId(SiteId), epoch: newId(Epoch) };
const [lamp, other, baseId] = [newId(UnitId), newId(UnitId), newId(BaseId)];
const ada: Actor = { kind: 'person', id: newId(UserId), name: 'Ada' };
const bob: Actor = { kind: 'person', id: newId(UserId), name: 'Bob' };
const base: Actor = { kind: 'base', id: baseId };

/** Events in the order in which they were stored, at the given seconds. */
class Story {
  readonly events: SiteEvent[] = [];

  add(seconds: number, said: EventSaid, actor: Actor = base): this {
    const at = toInstant(seconds * 1_000);
    const rev = this.events.length + 1;
    this.events.push(SiteEvent.parse({ ...of, v: versionOf(said.type), rev, at, actor, ...said }));
    return this;
  }

  /** A command to the brightness, with its end and the value that it brings. */
  set(seconds: number, input: number, by = ada, unitId = lamp): this {
    const command: SiteEventData<'command.issued'> = {
      ...{ commandId: newId(CommandId), unitId, baseId, verb: 'set', input },
      ...{ operation: 'writeproperty', affordance: 'brightness' },
    };
    const measuredAt = toInstant(seconds * 1_000);
    const value = { unitId, unitName: 'Lamp', property: 'brightness', value: input, measuredAt };
    return this.add(seconds, { type: 'command.issued', data: command }, by)
      .add(seconds + 0.1, {
        type: 'command.ended',
        data: { ...command, state: 'succeeded', issuedBy: by },
      })
      .add(seconds + 0.1, { type: 'property.changed', data: value });
  }

  presence(seconds: number, state: 'ready' | 'lost', unitId = lamp): this {
    const data = { unitId, unitName: 'Lamp', state, since: toInstant(seconds * 1_000) };
    return this.add(seconds, { type: 'unit.presence_changed', data });
  }

  rows() {
    return groupEvents(this.events.toReversed());
  }
}

it('makes one row of a drag: its commands, their ends and the values that they bring', () => {
  const story = new Story();
  for (let step = 1; step <= 20; step += 1) story.set(step, step * 5);
  const [row, ...others] = story.rows();
  expect(others).toEqual([]);
  expect([row?.events.length, row?.commands.length]).toEqual([60, 20]);
  expect(row?.commands.at(-1)?.data.input).toBe(100);
  expect(row?.commands.at(-1)?.ended?.data.state).toBe('succeeded');
});

it('keeps apart what others did, to other things, or later', () => {
  const story = new Story().set(1, 10).set(2, 20, bob).set(3, 30, ada, other).set(4, 40);
  expect(story.rows().map(({ commands }) => commands.length)).toEqual([2, 1, 1]);
  expect(new Story().set(1, 10).set(30, 20).rows()).toHaveLength(2);
});

it('shows a value separately that no command requested', () => {
  const value = (property: number) => ({
    ...{ unitId: lamp, unitName: 'Lamp', property: 'brightness', value: property },
    measuredAt: toInstant(0),
  });
  const story = new Story()
    .set(1, 10)
    .add(3, { type: 'property.changed', data: value(55) })
    .add(4, { type: 'property.changed', data: value(56) });
  expect(story.rows().map(({ events }) => events.length)).toEqual([2, 3]);
});

it('counts repeated connects and disconnects of one thing in one row, until there is quiet', () => {
  const story = new Story();
  for (let count = 0; count < 6; count += 1) {
    story.presence(count * 60, count % 2 === 0 ? 'lost' : 'ready');
    story.presence(count * 60 + 1, 'lost', other);
  }
  story.presence(2_000, 'ready');
  expect(story.rows().map(({ events }) => events.length)).toEqual([1, 6, 6]);
});

it('puts all steps of a rollout under one row, however long it lasts', () => {
  const rolloutId = newId(RolloutId);
  const data = { rolloutId, model: 'lamp', version: '2.0.0', step: 0, hold: null };
  const update = { updateId: newId(UpdateId), rolloutId, unitName: 'Lamp' };
  const story = new Story()
    .add(0, { type: 'rollout.changed', data: { ...data, state: 'running' } }, ada)
    .set(5, 10)
    .add(9, { type: 'unit.update_changed', data: { ...update, unitId: lamp, state: 'confirmed' } })
    .add(90_000, { type: 'rollout.changed', data: { ...data, state: 'finished' } });
  const [rollout, command] = story.rows();
  expect([rollout?.events.length, rollout?.last.rev]).toEqual([3, 6]);
  expect(command?.commands).toHaveLength(1);
});

it('knows a command by its end alone, and believes its last end', () => {
  const command: Omit<SiteEventData<'command.ended'>, 'state'> = {
    ...{ commandId: newId(CommandId), unitId: lamp, baseId, verb: 'invoke' },
    ...{ operation: 'invokeaction', affordance: 'reset', issuedBy: ada },
  };
  const story = new Story()
    .add(1, { type: 'command.ended', data: { ...command, state: 'unknown' } })
    .add(2, { type: 'command.ended', data: { ...command, state: 'succeeded' } });
  const [row] = story.rows();
  expect(row?.commands).toMatchObject([{ by: ada, ended: { data: { state: 'succeeded' } } }]);
});

it('keeps an action with other arguments apart', () => {
  const pin = (pin: number): EventSaid => ({
    type: 'command.issued',
    data: {
      ...{ commandId: newId(CommandId), unitId: lamp, baseId, verb: 'invoke', input: { pin } },
      ...{ operation: 'invokeaction', affordance: 'gpioWrite' },
    },
  });
  const story = new Story().add(1, pin(4), ada).add(2, pin(4), ada).add(3, pin(5), ada);
  expect(story.rows().map(({ commands }) => commands.length)).toEqual([1, 2]);
});

it('gives a row the same key whatever follows, and the same rows from the same events', () => {
  const story = new Story().set(1, 10);
  const [before] = story.rows();
  const [after] = story.set(2, 20).rows();
  expect(after?.key).toBe(before?.key);
  expect(story.rows()).toEqual(story.rows());
});

it('groups a thousand events in less than a frame or two', () => {
  const story = new Story();
  for (let step = 0; step < 333; step += 1) story.set(step * 30, step % 100);
  const started = performance.now();
  expect(story.rows()).toHaveLength(333);
  expect(performance.now() - started).toBeLessThan(200);
});
