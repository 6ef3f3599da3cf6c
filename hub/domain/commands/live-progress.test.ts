import { describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { BaseId, CommandId, newId, SiteId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { LiveProgress } from './live-progress.ts';

const to = { carrier: newId(BaseId), siteId: newId(SiteId) };
const at = toInstant(1_000);
const received = { stage: STAGE.baseJournalled, at, state: 'received' } as const;
const running = { stage: STAGE.baseDequeued, at, state: 'running' } as const;

describe('the progress of commands', () => {
  it('goes forward only, and is news once', () => {
    const live = new LiveProgress();
    const id = newId(CommandId);
    live.sent(id, to);
    expect(live.note(id, to.carrier, running)).toBe(to.siteId);
    expect(live.note(id, to.carrier, running)).toBeUndefined();
    expect(live.note(id, to.carrier, received)).toBeUndefined();
    expect(live.stateOf(id)).toBe('running');
  });

  it('is believed of the base only that has the command', () => {
    const live = new LiveProgress();
    const id = newId(CommandId);
    live.sent(id, to);
    expect(live.note(id, newId(BaseId), received)).toBeUndefined();
    expect(live.stateOf(id)).toBeUndefined();
    expect(live.isOpen(id, newId(BaseId))).toBe(false);
  });

  it('says since when a command is so far, or further', () => {
    const live = new LiveProgress();
    const [id, skipped] = [newId(CommandId), newId(CommandId)];
    for (const one of [id, skipped]) live.sent(one, to);
    expect(live.reachedMs(id, 'received')).toBeUndefined();
    live.note(id, to.carrier, received);
    live.note(id, to.carrier, { ...running, at: toInstant(2_000) });
    live.note(skipped, to.carrier, running);
    expect([live.reachedMs(id, 'received'), live.reachedMs(id, 'running')]).toEqual([1_000, 2_000]);
    expect(live.reachedMs(skipped, 'received')).toBe(1_000);
  });

  it('is forgotten at the end, and says nothing of what was never sent', () => {
    const live = new LiveProgress();
    const id = newId(CommandId);
    expect(live.note(id, to.carrier, received)).toBeUndefined();
    live.sent(id, to);
    live.note(id, to.carrier, received);
    live.ended(id);
    expect(live.size).toBe(0);
    expect(live.note(id, to.carrier, running)).toBeUndefined();
  });

  it('follows so many, and of more the newest', () => {
    const live = new LiveProgress({ maxFollowed: 2 });
    const ids = [newId(CommandId), newId(CommandId), newId(CommandId)];
    for (const id of ids) live.sent(id, to);
    expect(ids.map((id) => live.isOpen(id, to.carrier))).toEqual([false, true, true]);
  });

  it('adds to a stored trace what only it knows', () => {
    const live = new LiveProgress();
    const id = newId(CommandId);
    const stored = [{ stage: STAGE.hubSent, at, state: 'dispatched' } as const, received];
    live.sent(id, to);
    live.note(id, to.carrier, received);
    live.note(id, to.carrier, running);
    expect(live.overTrace(id, stored)).toEqual([...stored, running]);
  });
});
