import { describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { lampsOf, startFixture } from '../faults/fault-fixture.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { SystemUnit } from '../harness/system-unit.ts';
import { firmwareIsBuilt } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';

/** A unit knows the last eight bytes of an id (docs/decisions/0004), which is the UUID's end. */
const endOf = (id: string): string => id.split('-').slice(3).join('-');

const stagesIn = (lines: Iterable<string>): string[] =>
  [...lines].flatMap((line) => {
    const found = /"stage":"(\w+)"|^stage=(\w+)/.exec(line);
    return found === null ? [] : [found[1] ?? found[2] ?? ''];
  });

describe.skipIf(!firmwareIsBuilt())('the logs of all programs (npm run build)', () => {
  it('follow a command by the end of its id through hub, base and unit', async () => {
    const fixture = await startFixture({
      name: 'command-log',
      lamps: 1,
      sensors: 0,
      cleanup: atTestEnd,
    });
    const [lamp] = lampsOf(fixture);
    if (lamp === undefined) throw new Error('no lamp');
    const id = newId(CommandId);
    const { command } = await new SystemUnit(fixture.api, lamp.id).command(
      { id, verb: 'invoke', affordance: 'on', input: true },
      { wait: 10 },
    );
    expect(command.state).toBe('succeeded');
    const end = endOf(id);
    // What a process wrote last is read a moment later.
    const ofUnit = await until('the unit has said so', () => {
      const lines = lamp.process.output.split('\n').filter((line) => line.includes(end));
      return lines.length >= 2 ? lines : undefined;
    });
    expect(stagesIn(ofUnit)).toEqual([STAGE.unitReceived, STAGE.unitReplied]);
    expect(ofUnit.at(-1)).toContain('status=ok');
    expect(stagesIn(fixture.base.program.log.grep(end))).toEqual(
      expect.arrayContaining([
        STAGE.baseJournalled,
        STAGE.baseRouted,
        STAGE.baseDequeued,
        STAGE.baseWritten,
        STAGE.baseMatched,
        STAGE.baseRecorded,
      ]),
    );
    expect(stagesIn(fixture.hub.program.log.grep(end))).toEqual(
      expect.arrayContaining([
        STAGE.hubReceived,
        STAGE.hubStored,
        STAGE.hubSent,
        STAGE.baseJournalled,
        STAGE.hubRecorded,
      ]),
    );
  });
});
