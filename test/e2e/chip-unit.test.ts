import { describe, expect, it } from 'vitest';
import { ChipUnit, chipUnitIsBuilt } from '../harness/chip-unit.ts';
import { temporaryFolder } from '../harness/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { startSystem } from '../harness/system.ts';
import { newKeyFile } from '../harness/unit-process.ts';
import { until } from '../harness/until.ts';

describe.skipIf(!chipUnitIsBuilt())(
  'a lamp on the chip’s own instructions (needs npm run firmware:esp8266)',
  () => {
    const shared = startedOnce(async (cleanup) => {
      const system = await startSystem({ units: ['lamp'], implementation: 'virtual', cleanup });
      const keyFile = newKeyFile(temporaryFolder(cleanup));
      const chip = new ChipUnit(keyFile, cleanup);
      await chip.start();
      const { id } = await system.addUnit(system.baseId, 'Chip', chip.port);
      await system.giveKey(id, keyFile);
      const lamp = system.unitById(id);
      await lamp.ready();
      return { chip, lamp };
    });

    it('is met by a base, over an encrypted link, and does as it is told', async () => {
      const { lamp } = shared();
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
      const { chip, lamp } = shared();
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
      const { chip, lamp } = shared();
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
