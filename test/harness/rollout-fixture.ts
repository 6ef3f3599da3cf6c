import { join } from 'node:path';
import { type FirmwareView, RolloutDetails } from '#protocol/http/firmware.ts';
import type { UnitId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { startSystem, type System } from './system.ts';
import { newKeyFile, UnitProcess } from './unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { FirmwareMaker, type UpdateImage } from './update-images.ts';
import { uploadFirmware } from './upload-firmware.ts';

export interface Lamp {
  readonly id: UnitId;
  readonly process: UnitProcess;
}

/** A hub, a base, and encrypted C++ lamps that accept the firmware of one maker. */
export class RolloutFixture {
  readonly system: System;
  readonly maker: FirmwareMaker;
  readonly lamps: readonly Lamp[];

  constructor(parts: { system: System; maker: FirmwareMaker; lamps: readonly Lamp[] }) {
    this.system = parts.system;
    this.maker = parts.maker;
    this.lamps = parts.lamps;
  }

  static async start(count: number, cleanup: Cleanup): Promise<RolloutFixture> {
    const maker = await FirmwareMaker.in(temporaryFolder(cleanup));
    const processes = Array.from({ length: count }, (_, index) => {
      const folder = temporaryFolder(cleanup);
      return new UnitProcess({
        kind: 'lamp',
        id: `rollout-${index}`,
        implementation: 'firmware',
        cleanup,
        keyFile: newKeyFile(folder),
        args: [
          ...['--update-folder', join(folder, 'images'), '--update-key', maker.publicKeyFile],
          ...['--confirm-after-ms', '300'],
        ],
      });
    });
    await Promise.all(processes.map((process) => process.start()));
    const system = await startSystem({
      units: ['light_sensor'],
      implementation: 'firmware',
      cleanup,
    });
    const lamps: Lamp[] = [];
    for (const process of processes) {
      const { id } = await system.addUnit(system.baseId, process.id, process.port);
      await system.giveKey(id, process.keyFile ?? '');
      lamps.push({ id, process });
    }
    await Promise.all(lamps.map(({ id }) => system.unitById(id).ready()));
    return new RolloutFixture({ system, maker, lamps });
  }

  async upload(version: UpdateImage): Promise<FirmwareView> {
    return uploadFirmware(this.system, await this.maker.file(version));
  }

  async rollOut(firmware: FirmwareView, plan: object = {}): Promise<RolloutView> {
    const path = `/api/sites/${this.system.site.id}/rollouts`;
    const body = { firmwareId: firmware.id, soakMs: 300, ...plan };
    return this.system.api.post(RolloutView, path, body);
  }

  async is(
    { id }: RolloutView,
    what: string,
    fits: (now: RolloutDetails) => boolean,
  ): Promise<RolloutDetails> {
    return until(
      `the rollout is ${what}`,
      async () => {
        const details = await this.system.api.get(RolloutDetails, `/api/rollouts/${id}`);
        return fits(details) ? details : undefined;
      },
      60_000,
    );
  }

  async versions(): Promise<(string | undefined)[]> {
    return Promise.all(
      this.lamps.map(
        async ({ id }) => (await this.system.unitById(id).view()).identity?.firmwareVersion,
      ),
    );
  }

  lamp(id: UnitId | undefined): Lamp {
    const found = this.lamps.find((lamp) => lamp.id === id);
    if (!found) throw new Error('no such lamp');
    return found;
  }
}
