import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChipUnit, chipUnitIsBuilt } from '../harness/chip-unit.ts';
import { CleanupStack, temporaryFolder } from '../harness/cleanup.ts';
import { startSystem } from '../harness/system.ts';
import type { SystemUnit } from '../harness/system-unit.ts';
import { newKeyFile } from '../harness/unit-process.ts';
import { until } from '../harness/until.ts';

const cleanup = new CleanupStack();
let chip: ChipUnit;
let lamp: SystemUnit;

describe.skipIf(!chipUnitIsBuilt())(
  'a lamp on the chip’s own instructions (needs npm run firmware:esp8266)',
  () => {
    beforeAll(async () => {
      const system = await startSystem({ units: ['lamp'], implementation: 'virtual', cleanup });
      const keyFile = newKeyFile(temporaryFolder(cleanup));
      chip = new ChipUnit(keyFile, cleanup);
      await chip.start();
      const { id } = await system.addUnit(system.baseId, 'Chip', chip.port);
      await system.giveKey(id, keyFile);
      lamp = system.unitById(id);
      await lamp.ready();
    });
    afterAll(() => cleanup.run());

    it('is met by a base, over an encrypted link, and does as it is told', async () => {
      expect(await lamp.view()).toMatchObject({
        identity: { model: 'rgb-lamp', hardwareId: 'lx106-lamp' },
      });
      const { command } = await lamp.command(
        { verb: 'invoke', affordance: 'color', input: '#ff8800' },
        { wait: 10 },
      );
      expect(command).toMatchObject({ state: 'succeeded', output: '#ff8800' });
    });

    it('answers a command again that it has done', async () => {
      let repeats = 0;
      // On a busy machine something else may be under way, and be struck in place of the answer.
      for (let round = 1; round <= 3 && repeats === 0; round += 1) {
        // Leaves a connection that the next command goes over.
        await lamp.command({ verb: 'invoke', affordance: 'on', input: false }, { wait: 10 });
        chip.strikeNextAnswer();
        const input = 40 + round;
        const { command } = await lamp.command(
          { verb: 'set', affordance: 'brightness', input },
          { wait: 20 },
        );
        expect(command).toMatchObject({ state: 'succeeded', output: input });
        if (command.duplicate) repeats += 1;
      }
      expect(repeats).toBe(1);
    });

    it('comes back from a reset with another boot id, and is switched on', async () => {
      const before = (await lamp.view()).identity;
      const reset = await lamp.command({ verb: 'invoke', affordance: 'reset' }, { wait: 20 });
      expect(reset.command.state).toBe('succeeded');
      await until('the chip starts anew', () => chip.boots === 2);
      const { command } = await lamp.command(
        { verb: 'set', affordance: 'on', input: true },
        { wait: 20 },
      );
      expect(command).toMatchObject({ state: 'succeeded', output: true });
      await until('the hub knows of the new boot', async () => {
        const { identity } = await lamp.view();
        return identity?.bootId !== before?.bootId;
      });
    });
  },
);
