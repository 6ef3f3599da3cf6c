import { describe, expect, it } from 'vitest';
import { COMMAND_STATES } from '#protocol/command/command-state.ts';
import { viewWish } from './wish-view.ts';

describe('how far a wish has come', () => {
  it('says that it waits for a base that is away, and offers to take it back', () => {
    expect(viewWish({ state: 'queued', seq: 4 }, 'offline')).toEqual({
      text: 'waits for the base to come online',
      mayCancel: true,
    });
    expect(viewWish(undefined, 'offline').text).toBe('waits for the base to come online');
  });

  it('does not claim that the hub has what it has not answered to', () => {
    expect(viewWish({ state: 'queued', seq: null }, 'online')).toEqual({
      text: 'is on its way to the hub',
      mayCancel: false,
    });
  });

  it('lets only that be taken back which no base has seen', () => {
    const cancellable = COMMAND_STATES.filter(
      (state) => viewWish({ state, seq: 1 }, 'online').mayCancel,
    );
    expect(cancellable).toEqual(['queued']);
  });

  it('says of a base that took it along that it is offline', () => {
    expect(viewWish({ state: 'received', seq: 1 }, 'offline').text).toMatch(/offline/);
    expect(viewWish({ state: 'received', seq: 1 }, 'online').text).not.toMatch(/offline/);
  });
});
