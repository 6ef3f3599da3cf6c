import { describe, expect, it } from 'vitest';
import { RolloutDetails } from '#protocol/http/firmware.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import { ChipUnit, chipUnitIsBuilt } from '../harness/chip-unit.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startedOnce } from '../harness/started-once.ts';
import { startSystem } from '../harness/system.ts';
import { newKeyFile } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { FirmwareMaker, forged } from '../harness/update-images.ts';
import { uploadFirmware } from '../harness/upload-firmware.ts';

/** What the chip's program accepts as a firmware: bytes that begin with its version. */
const IMAGE = Buffer.alloc(3_000, 0xa5);
IMAGE.write('0.2.0\0', 'latin1');
const MANIFEST = { platform: 'lx106', version: '0.2.0' } as const;

describe.skipIf(!chipUnitIsBuilt())(
  'a lamp on the chip’s own instructions (needs npm run firmware:esp8266)',
  () => {
    const shared = startedOnce(async (cleanup) => {
      const system = await startSystem({ units: ['lamp'], implementation: 'virtual', cleanup });
      const keyFile = newKeyFile(temporaryFolder(cleanup));
      const maker = await FirmwareMaker.in(temporaryFolder(cleanup));
      const chip = new ChipUnit({ keyFile, updateKeyFile: maker.publicKeyFile, cleanup });
      await chip.start();
      const { id } = await system.addUnit(system.baseId, 'Chip', chip.port);
      await system.giveKey(id, keyFile);
      const lamp = system.unitById(id);
      await lamp.ready();
      const { api, site } = system;
      /** Rolls a firmware out to the lamp, up to the end of it. */
      const update = async (file: Uint8Array) => {
        const { id: firmwareId } = await uploadFirmware(system, file);
        const rollout = await api.post(RolloutView, `/api/sites/${site.id}/rollouts`, {
          firmwareId,
          unitIds: [id],
          soakMs: 0,
        });
        return until(
          'the rollout has ended',
          async () => {
            const now = await api.get(RolloutDetails, `/api/rollouts/${rollout.id}`);
            return now.rollout.state === 'running' ? undefined : now;
          },
          50_000,
        );
      };
      return { chip, lamp, maker, update };
    });

    it('is connected by a base, over an encrypted link, and executes commands', async () => {
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
        // Leaves a connection for the next command.
        await lamp.command({ verb: 'invoke', affordance: 'on', input: false }, { wait: 10 });
        chip.failNextAnswer();
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

    it('returns from a reset with another boot id, and is switched on', async () => {
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

    it('refuses a firmware of another publisher', async () => {
      const { chip, update } = shared();
      const { boots } = chip;
      const otherMaker = await FirmwareMaker.in(temporaryFolder(atTestEnd));
      const { units } = await update(await otherMaker.sign(IMAGE, MANIFEST));
      expect(units).toMatchObject([{ state: 'failed', code: 'firmware_unsigned' }]);
      expect(chip.boots).toBe(boots);
    });

    it('refuses a firmware with a forged signature', async () => {
      const { chip, maker, update } = shared();
      const { boots } = chip;
      const { units } = await update(forged(await maker.sign(IMAGE, MANIFEST)));
      expect(units).toMatchObject([{ state: 'failed', code: 'firmware_unsigned' }]);
      expect(chip.boots).toBe(boots);
    });

    it('accepts a firmware of its publisher, restarts with it, and is confirmed', async () => {
      const { chip, lamp, maker, update } = shared();
      const { boots } = chip;
      // While it is on it would wait.
      await lamp.command({ verb: 'set', affordance: 'on', input: false }, { wait: 20 });
      const { rollout, units } = await update(await maker.sign(IMAGE, MANIFEST));
      expect(rollout.state).toBe('finished');
      expect(units).toMatchObject([{ state: 'confirmed' }]);
      expect(chip.boots).toBe(boots + 1);
      await until('the hub knows its version', async () => {
        const { identity } = await lamp.view();
        return identity?.firmwareVersion === '0.2.0';
      });
    });
  },
);
