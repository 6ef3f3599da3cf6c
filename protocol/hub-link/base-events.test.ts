import { describe, expect, it } from 'vitest';
import { CommandId, newId } from '../ids.ts';
import { CommandFinished } from './base-events.ts';

describe('how a command ended', () => {
  it('is understood from a base that has the former name of an unknown outcome', () => {
    const trace = [{ hop: 11, atMs: 1, code: 'in_doubt' }];
    const finished = CommandFinished.parse({
      commandId: newId(CommandId),
      outcome: 'unknown',
      code: 'in_doubt',
      trace,
    });
    expect(finished.code).toBe('outcome_unknown');
    expect(finished.trace).toEqual([{ hop: 11, atMs: 1, code: 'outcome_unknown' }]);
  });

  it('is refused with a code that nobody knows', () => {
    const report = { commandId: newId(CommandId), outcome: 'failed', trace: [] };
    expect(CommandFinished.safeParse({ ...report, code: 'lost_somewhere' }).success).toBe(false);
  });
});
