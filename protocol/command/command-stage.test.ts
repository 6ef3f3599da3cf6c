import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPOSITORY } from '../../test/architecture/source.ts';
import {
  COMMAND_STAGES,
  isStageWithin,
  STAGE,
  stageNumber,
  stageOfNumber,
  withNamedStage,
} from './command-stage.ts';

const architecture = readFileSync(join(REPOSITORY, 'ARCHITECTURE.md'), 'utf8');

describe('the stages of the command path', () => {
  it('each have a name in code', () => {
    expect(Object.values(STAGE)).toEqual([...COMMAND_STAGES]);
  });

  it('have the numbers and the names of the table in ARCHITECTURE.md', () => {
    const rows = [...architecture.matchAll(/^\| (\d+) \| `([a-z_]+)` \|/gm)];
    const documented = rows.map(([, number, name]) => [Number(number), name]);
    const ours = COMMAND_STAGES.map((stage) => [stageNumber(stage), stage]).slice(1);
    expect(documented).toEqual(ours);
  });

  it('lie between two others, which count as well', () => {
    const isAtBase = (stage: (typeof COMMAND_STAGES)[number]) =>
      isStageWithin(stage, STAGE.baseJournalled, STAGE.baseRecorded);
    expect(isAtBase(STAGE.hubSent)).toBe(false);
    expect(isAtBase(STAGE.baseJournalled)).toBe(true);
    expect(isAtBase(STAGE.baseRecorded)).toBe(true);
    expect(isAtBase(STAGE.hubVerified)).toBe(false);
  });
});

describe('a step of an earlier version', () => {
  it('has its stage by number', () => {
    expect(withNamedStage({ hop: 11, atMs: 1 })).toEqual({ stage: 'base_matched', atMs: 1 });
  });

  it('has no stage where no stage has its number', () => {
    expect(withNamedStage({ hop: 18, atMs: 1 })).toEqual({ stage: undefined, atMs: 1 });
    expect(stageOfNumber(-1)).toBeUndefined();
  });

  it.each([null, 7, 'text', { stage: 'hub_sent' }, { hop: '3' }])(
    'is else left alone: %j',
    (step) => {
      expect(withNamedStage(step)).toBe(step);
    },
  );
});
