import { describe, expect, it } from 'vitest';
import { COMMAND_STATES } from '#protocol/command/command-state.ts';
import { viewDesired } from './desired-view.ts';

describe('how far a desired value has come', () => {
  it('says that it waits for a base that is away, and offers to cancel it', () => {
    expect(viewDesired({ state: 'queued', seq: 4 }, 'offline')).toEqual({
      text: 'waiting for the base to come online',
      tone: 'waiting',
      mayCancel: true,
    });
    expect(viewDesired(undefined, 'offline').text).toBe('waiting for the base to come online');
  });

  it('does not claim that the hub has what it has not answered to', () => {
    expect(viewDesired({ state: 'queued', seq: null }, 'online')).toEqual({
      text: 'on its way to the hub',
      tone: 'waiting',
      mayCancel: false,
    });
  });

  it('can be cancelled while no unit has it', () => {
    const cancellable = COMMAND_STATES.filter(
      (state) => viewDesired({ state, seq: 1 }, 'online').mayCancel,
    );
    expect(cancellable).toEqual(['queued', 'dispatched', 'received']);
  });

  it('says that the base which has it is offline', () => {
    expect(viewDesired({ state: 'received', seq: 1 }, 'offline').text).toMatch(/offline/);
    expect(viewDesired({ state: 'received', seq: 1 }, 'online').text).not.toMatch(/offline/);
  });

  it('claims nothing of what was sent to a unit that never answers', () => {
    const sent = { state: 'unknown', code: 'unconfirmed', seq: 1 } as const;
    for (const base of ['online', 'offline'] as const) {
      expect(viewDesired(sent, base)).toEqual({
        text: 'sent; this unit never answers',
        tone: 'unknown',
        mayCancel: false,
      });
      // Its command is older than those that this page has.
      expect(viewDesired(undefined, base, { writeOnly: true }).text).toBe(
        'this unit never answers',
      );
    }
  });
});
