import { describe, expect, it } from 'vitest';
import type { CommandState } from '#protocol/command/command-state.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import type { PropertyState } from '#protocol/reading.ts';
import type { ScalarValue } from '#protocol/thing/data-schema.ts';
import {
  newDesired,
  viewProperty,
  desiredAfterCommand,
  desiredAfterReport,
} from './desired-value.ts';

const id = newId(CommandId);
const own = newDesired({ commandId: id, value: '#ff0000', sinceMs: 7 });
const news = (state: CommandState, code?: ErrorCode) => ({ id, state, ...(code ? { code } : {}) });
const reported = (value: ScalarValue): PropertyState => ({
  value,
  measuredAtMs: 0,
  receivedAtMs: 0,
  clock: 'synced',
});

describe('a desired value', () => {
  it('is shown at once, beside what was reported', () => {
    expect(viewProperty(reported('#00ff00'), undefined, own)).toEqual({
      shown: '#ff0000',
      reported: '#00ff00',
      wanted: { value: '#ff0000', commandId: id, sinceMs: 7 },
    });
  });

  it('is wanted no more when the unit reports it', () => {
    const view = viewProperty(reported('#FF0000'), undefined, own);
    expect(view.wanted).toBeUndefined();
    expect(view.shown).toBe('#ff0000');
  });

  it('follows its command on the way', () => {
    expect(desiredAfterCommand(own, news('running'), undefined)).toMatchObject({
      phase: 'wanted',
      state: 'running',
    });
  });

  it('is over when the unit has done it and reported it', () => {
    expect(desiredAfterCommand(own, news('succeeded'), '#ff0000')).toBeUndefined();
  });

  it('waits for the report when the unit said yes first', () => {
    const settling = desiredAfterCommand(own, news('succeeded'), '#00ff00');
    expect(settling).toMatchObject({ phase: 'settling' });
    expect(settling && desiredAfterReport(settling, '#00ff00')).toBe(settling);
    expect(settling && desiredAfterReport(settling, '#ff0000')).toBeUndefined();
  });

  it.each([
    ['failed', 'unit_timeout', 'unit_timeout'],
    ['rejected', 'unit_out_of_range', 'unit_out_of_range'],
    ['expired', undefined, 'expired'],
    ['unknown', undefined, 'outcome_unknown'],
    ['timed_out', undefined, 'timed_out'],
  ] as const)('springs back with the reason when its command ends %s', (state, code, expected) => {
    const refused = desiredAfterCommand(own, news(state, code), '#00ff00');
    expect(viewProperty(reported('#00ff00'), undefined, refused)).toEqual({
      shown: '#00ff00',
      reported: '#00ff00',
      refusal: { code: expected, commandId: id },
    });
  });

  it('is left to the hub when the unit never answers, and is no refusal', () => {
    const sent = desiredAfterCommand(own, news('unknown', 'unconfirmed'), undefined);
    expect(sent).toBeUndefined();
    const kept = { value: '#ff0000', version: 1, commandId: id, setAtMs: 7 };
    expect(viewProperty(undefined, kept, sent)).toEqual({
      shown: '#ff0000',
      reported: undefined,
      wanted: { value: '#ff0000', commandId: id, sinceMs: 7 },
    });
  });

  it('says that a newer one took its place, and shows that one', () => {
    const replaced = desiredAfterCommand(own, news('superseded'), '#00ff00');
    const newer = { value: '#0000ff', version: 2, commandId: newId(CommandId), setAtMs: 9 };
    expect(viewProperty(reported('#00ff00'), newer, replaced)).toEqual({
      shown: '#0000ff',
      reported: '#00ff00',
      wanted: { value: '#0000ff', commandId: newer.commandId, sinceMs: 9 },
      refusal: { code: 'superseded', commandId: id },
    });
  });

  it('is not shown again when the hub still holds what was refused', () => {
    const refused = desiredAfterCommand(own, news('failed', 'unit_denied'), '#00ff00');
    const held = { value: '#ff0000', version: 1, commandId: id, setAtMs: 7 };
    expect(viewProperty(reported('#00ff00'), held, refused).wanted).toBeUndefined();
  });

  it('is not touched by the end of another command', () => {
    const other = { ...news('failed', 'unit_timeout'), id: newId(CommandId) };
    expect(desiredAfterCommand(own, other, undefined)).toBe(own);
  });

  it('of another user is shown as desired too', () => {
    const desired = { value: 80, version: 2, commandId: id, setAtMs: 5 };
    expect(viewProperty(reported(20), desired, undefined)).toMatchObject({
      shown: 80,
      reported: 20,
      wanted: { value: 80, sinceMs: 5 },
    });
  });

  it('counts as reported within the precision of a board', () => {
    const target = newDesired({ commandId: id, value: 21.3, sinceMs: 7 });
    expect(viewProperty(reported(21.299999237), undefined, target).wanted).toBeUndefined();
  });
});
