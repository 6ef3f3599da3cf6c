import type { UnitSession } from '../drivers/port/unit-driver.ts';
import { newId, UnitId, UpdateId } from '#protocol/ids.ts';
import { UpdateState } from '#protocol/unit-link/unit_link_pb.ts';
import { type FirmwareImage, writeFirmwareFile } from '#protocol/update/firmware-file.ts';
import type { FirmwareManifest } from '#protocol/update/firmware-manifest.ts';
import { newFirmwareKeyPair, signFirmware } from '#protocol/update/firmware-signature.ts';
import type { UpdateProgress } from '#protocol/update/update-state.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { openStore, type Store } from '../store/store.ts';
import { FirmwareLibrary } from '../updates/firmware-library.ts';
import { UnitUpdater } from '../updates/unit-updater.ts';
import { ScriptedUpdatable } from './scripted-updatable.ts';
import { testLog } from './test-base.ts';

export const IMAGE_BYTES = 4_000;

const keys = newFirmwareKeyPair();

/** Firmware for the lamp, signed. @param more overrides of its manifest. */
async function imageOf(more: Partial<FirmwareManifest> = {}): Promise<FirmwareImage> {
  return signFirmware({
    keys: await keys,
    image: new Uint8Array(IMAGE_BYTES).fill(7),
    manifest: {
      model: 'rgb-lamp',
      platform: 'test',
      version: '2.0.0',
      minVersion: null,
      protocolMin: 1,
      protocolMax: 1,
      allowsDowngrade: false,
      ...more,
    },
  });
}

/** An updater with a store and a library on disk, and one unit that the test plays. */
export class UpdateFixture {
  readonly clock = manualClock();
  readonly unitId = newId(UnitId);
  readonly unit = new ScriptedUpdatable();
  readonly reported: UpdateProgress[] = [];
  readonly store: Store = openStore({ path: ':memory:' });
  readonly folder = temporaryFolder(atTestEnd);
  readonly library: FirmwareLibrary;
  updater: UnitUpdater;
  session: UnitSession | undefined;
  nudges = 0;

  constructor() {
    atTestEnd.add(() => this.store.close());
    this.unit.size = IMAGE_BYTES;
    this.library = new FirmwareLibrary({
      folder: this.folder,
      inUse: () => this.store.updates.filesInUse(),
    });
    this.updater = this.#newUpdater();
  }

  #newUpdater(): UnitUpdater {
    const updater = new UnitUpdater({
      clock: this.clock,
      log: testLog,
      store: this.store,
      files: this.library,
      units: {
        has: (unitId) => unitId === this.unitId,
        nudge: () => {
          this.nudges += 1;
        },
      },
      listener: { updateChanged: (progress) => this.reported.push(progress) },
    });
    atTestEnd.add(() => {
      updater.close();
    });
    updater.open();
    return updater;
  }

  /** As after a crash of the base: nothing but the disk is left. */
  restart(): void {
    this.updater.close();
    this.session = undefined;
    this.updater = this.#newUpdater();
  }

  async order(more: Partial<FirmwareManifest> = {}): Promise<UpdateId> {
    const fileId = await this.library.put(writeFirmwareFile(await imageOf(more)));
    const updateId = newId(UpdateId);
    this.updater.start({ updateId, unitId: this.unitId, fileId });
    return updateId;
  }

  connect(): void {
    this.session = this.unit.connect();
    this.updater.connected(this.unitId, this.session.identity);
  }

  /** Runs the steps that are due, as the unit does. */
  async run(steps = 100): Promise<void> {
    for (let step = 0; step < steps && this.session; step += 1) {
      const maintenance = this.updater.of(this.unitId);
      if (!maintenance || maintenance.dueAtMs > this.clock.monotonicMs()) return;
      await maintenance.step(this.session);
    }
  }

  /** Until nothing more happens for so long. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      await this.run();
      this.clock.advance(250);
    }
    await this.run();
  }

  /** The unit restarts with the armed image, and sends hello. */
  restartUnit(version: string, unconfirmed: boolean): void {
    this.unit.version = version;
    this.unit.unconfirmed = unconfirmed;
    this.unit.state = UpdateState.IDLE;
    this.unit.stored = 0;
    this.connect();
  }

  get last(): UpdateProgress | undefined {
    return this.reported.at(-1);
  }

  states(): string[] {
    return this.reported
      .map(({ state }) => state)
      .filter((state, at, all) => state !== all[at - 1]);
  }
}
