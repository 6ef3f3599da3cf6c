import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from 'vitest';
import { newId, UnitId, UpdateId } from '#protocol/ids.ts';
import { parseLinkKey } from '#protocol/noise/link-key.ts';
import {
  UpdateError,
  UpdateQuerySchema,
  UpdateState,
  type UpdateStatus,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { FirmwareManifest } from '#protocol/update/firmware-manifest.ts';
import type { UpdateProgress } from '#protocol/update/update-state.ts';
import { FakeHub } from '../../base-unit/testing/fake-hub.ts';
import { issued, startTestBase, type TestBase } from '../../base-unit/testing/test-base.ts';
import { newPrivateKeyPem } from '../../base-unit/pairing/base-key.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { TcpRelay } from '../harness/tcp-relay.ts';
import { UnitPeer } from '../harness/unit-peer.ts';
import { firmwareIsBuilt, newKeyFile, UnitProcess } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { buildUpdateImages, FirmwareMaker, forged } from '../harness/update-images.ts';

/** Of a message with an offer at least, and of none that is no part of an update. */
const OFFER_BYTES = 150;

/** A base, and a lamp in C++ that keeps images in a folder, encrypted. */
class UpdateScene {
  readonly hub = new FakeHub();
  readonly folder = temporaryFolder(atTestEnd);
  readonly keyFile = newKeyFile(this.folder);
  readonly unitId = newId(UnitId);
  readonly told: UpdateProgress[] = [];
  readonly #privateKeyPem = newPrivateKeyPem();
  readonly maker: FirmwareMaker;
  base: TestBase | undefined;
  /** Between base and lamp, where there is to be something to cut. */
  relay: TcpRelay | undefined;
  #lamps = 0;
  lamp: UnitProcess;

  constructor(maker: FirmwareMaker) {
    this.maker = maker;
    this.lamp = this.#newLamp([]);
  }

  static async start(lampArgs: readonly string[] = []): Promise<UpdateScene> {
    const scene = await UpdateScene.#withLamp(lampArgs);
    await scene.startBase();
    return scene;
  }

  static async #withLamp(lampArgs: readonly string[]): Promise<UpdateScene> {
    const maker = await FirmwareMaker.in(temporaryFolder(atTestEnd));
    const scene = new UpdateScene(maker);
    await scene.hub.start();
    atTestEnd.add(() => scene.hub.close());
    await scene.startLamp(lampArgs);
    return scene;
  }

  static async startRelayed(): Promise<{ readonly scene: UpdateScene; readonly relay: TcpRelay }> {
    const scene = await UpdateScene.#withLamp([]);
    const relay = await TcpRelay.start(() => scene.lamp.port, atTestEnd);
    scene.relay = relay;
    await scene.startBase();
    await until('the lamp is described', () => scene.hub.stateOf(scene.unitId) === 'ready');
    return { scene, relay };
  }

  #newLamp(args: readonly string[], port = 0): UnitProcess {
    this.#lamps += 1;
    return new UnitProcess({
      kind: 'lamp',
      id: 'lamp-1',
      implementation: 'firmware',
      cleanup: atTestEnd,
      keyFile: this.keyFile,
      port,
      args: [
        ...['--update-folder', join(this.folder, 'images')],
        ...['--update-key', this.maker.publicKeyFile],
        ...['--confirm-after-ms', '300', ...args],
      ],
    });
  }

  /** As by the same hand as before: the built-in firmware, at the same address. */
  async startLamp(args: readonly string[] = []): Promise<void> {
    const { port } = this.lamp;
    this.lamp = this.#newLamp(args, port);
    await this.lamp.start();
  }

  async startBase(): Promise<void> {
    const port = this.relay?.port ?? this.lamp.port;
    this.hub.units = [
      {
        unitId: this.unitId,
        name: 'Lamp',
        address: { host: '127.0.0.1', port },
        link: 'frames',
        hardwareId: null,
      },
    ];
    this.base = await startTestBase(
      {
        hub: this.hub,
        folder: join(this.folder),
        privateKeyPem: this.#privateKeyPem,
        units: [
          {
            name: 'Lamp',
            address: { host: '127.0.0.1', port },
            key: readFileSync(this.keyFile, 'utf8'),
          },
        ],
        updateListener: { updateChanged: (progress) => this.told.push(progress) },
      },
      atTestEnd,
    );
    await until('the lamp was reached', () => this.hub.stateOf(this.unitId) !== undefined);
  }

  async order(file: Uint8Array): Promise<UpdateId> {
    const { base } = this.base ?? {};
    if (!base) throw new Error('no base');
    const fileId = await base.firmware.put(file);
    const updateId = newId(UpdateId);
    expect(base.updates.start({ updateId, unitId: this.unitId, fileId }).state).toBe('queued');
    return updateId;
  }

  last(updateId: UpdateId): UpdateProgress | undefined {
    return this.told.findLast((progress) => progress.updateId === updateId);
  }

  states(): string[] {
    return this.told.map(({ state }) => state).filter((state, at, all) => state !== all[at - 1]);
  }

  async ended(updateId: UpdateId): Promise<UpdateProgress> {
    return until(
      'the update ended',
      () => {
        const last = this.last(updateId);
        const isOver = last && ['confirmed', 'failed', 'rolled_back'].includes(last.state);
        return isOver ? last : undefined;
      },
      45_000,
    );
  }

  /** What the lamp says of updates to another base. */
  async updateStatus(): Promise<UpdateStatus> {
    const key = parseLinkKey(readFileSync(this.keyFile, 'utf8'));
    if (!key) throw new Error('no key');
    const peer = new UnitPeer({ port: this.lamp.port, cleanup: atTestEnd, key });
    expect(await peer.greet()).toBe(true);
    const answer = await peer.ask({ case: 'updateQuery', value: create(UpdateQuerySchema) });
    peer.close();
    if (answer?.body.case !== 'updateStatus') throw new Error('no update_status');
    return answer.body.value;
  }

  async versionIs(version: string): Promise<void> {
    await until(
      `the unit tells version ${version}`,
      () =>
        this.hub.described.findLast(({ unitId }) => unitId === this.unitId)?.firmwareVersion ===
        version,
    );
  }

  bootFile(): string {
    return readFileSync(join(this.folder, 'images', 'boot'), 'utf8');
  }
}

describe.skipIf(!firmwareIsBuilt())('a firmware update of a real unit', () => {
  beforeAll(() => {
    buildUpdateImages();
  }, 300_000);

  it('replaces the running program, which is confirmed, and the lamp works meanwhile', async () => {
    const scene = await UpdateScene.start();
    await scene.versionIs('0.1.0');
    const { pid } = scene.lamp;
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    await until('bytes arrive', () => (scene.last(updateId)?.doneBytes ?? 0) > 0);
    const command = issued({ unitId: scene.unitId, affordance: 'color', input: '#ff8800' });
    scene.hub.issue(command);
    await until('the lamp answers', () =>
      scene.hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    expect(scene.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
    await scene.versionIs('0.2.0');
    expect(scene.lamp.pid).toBe(pid);
    expect(scene.lamp.isRunning).toBe(true);
    expect(scene.bootFile()).toMatch(/^active=a previous=0 starts=0 unconfirmed=0 version=0.2.0/);
  });

  it('waits while the lamp is on, which would be off after the restart', async () => {
    const scene = await UpdateScene.start();
    const light = async (on: boolean) => {
      const command = issued({ unitId: scene.unitId, affordance: 'on', input: on });
      scene.hub.issue(command);
      await until('the lamp answers', () =>
        scene.hub.results.find(({ commandId }) => commandId === command.id),
      );
    };
    await light(true);
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    await until('it waits', () => scene.last(updateId)?.code === 'update_output_on', 30_000);
    expect(scene.last(updateId)?.state).toBe('verified');
    expect(scene.lamp.output).not.toContain('restarts');
    await light(false);
    expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    await scene.versionIs('0.2.0');
  });

  it('waits while the lamp checks the signature, and so does a command', async () => {
    const scene = await UpdateScene.start();
    await until('the lamp is described', () => scene.hub.stateOf(scene.unitId) === 'ready');
    const before = scene.hub.acknowledged.length;
    scene.lamp.pause();
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    const command = issued({ unitId: scene.unitId, affordance: 'color', input: '#ff8800' });
    scene.hub.issue(command);
    // It comes while the base waits for the answer to its offer.
    await until('the base has the command', () => scene.hub.acknowledged.length > before);
    scene.lamp.resume();
    const result = await until('the lamp answers', () =>
      scene.hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(result.outcome).toBe('succeeded');
    expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    expect(scene.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
  });

  it('offers the image again when it was cut off while the lamp checked the signature', async () => {
    const { scene, relay } = await UpdateScene.startRelayed();
    scene.lamp.pause();
    relay.cutBehind(OFFER_BYTES);
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    await until('the base knows', () => scene.last(updateId)?.code === 'unit_unreachable');
    // The offer lies there, and behind it the end of the link.
    scene.lamp.resume();
    expect(await scene.updateStatus()).toMatchObject({
      state: UpdateState.IDLE,
      error: UpdateError.UNSPECIFIED,
      nextOffset: 0,
    });
    relay.mend();
    expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    await scene.versionIs('0.2.0');
  });

  it('gives way to another one while the lamp still checks its signature', async () => {
    const scene = await UpdateScene.start();
    await until('the lamp is described', () => scene.hub.stateOf(scene.unitId) === 'ready');
    scene.lamp.pause();
    const first = await scene.order(await scene.maker.file('0.3.0'));
    expect(scene.base?.base.updates.cancel(first)).toBe(true);
    const second = await scene.order(await scene.maker.file('0.2.0'));
    scene.lamp.resume();
    expect(await scene.ended(second)).toMatchObject({ state: 'confirmed', code: null });
    expect(scene.last(first)).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    await scene.versionIs('0.2.0');
  });

  it('is refused with a signature that nobody made, and the right one is taken after it', async () => {
    const scene = await UpdateScene.start();
    const file = await scene.maker.file('0.2.0');
    const updateId = await scene.order(forged(file));
    expect(await scene.ended(updateId)).toMatchObject({
      state: 'failed',
      code: 'firmware_unsigned',
      doneBytes: 0,
    });
    expect(await scene.ended(await scene.order(file))).toMatchObject({ state: 'confirmed' });
  });

  describe('when the power fails', () => {
    // The places of the host's image store and loader, in their order (docs/unit-link.md 11.5).
    it.each([
      ...['incoming_written', 'incoming_renamed', 'downloading', 'stored', 'reading_back'],
      ...['before_arm', 'arm_written', 'arm_renamed', 'armed', 'first_start', 'before_confirm'],
    ])(
      'at %s, the unit runs the old firmware or the new, and the update goes on',
      async (place) => {
        const scene = await UpdateScene.start(['--crash-at', place]);
        const updateId = await scene.order(await scene.maker.file('0.2.0'));
        await until('the power fails', () => !scene.lamp.isRunning, 30_000);
        await scene.startLamp();
        expect(scene.lamp.output).toContain('listening');
        expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed' });
        await scene.versionIs('0.2.0');
      },
    );
  });

  it('goes on where it was after a restart of the base', async () => {
    const scene = await UpdateScene.start();
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    await until('some of it is there', () => (scene.last(updateId)?.doneBytes ?? 0) > 0);
    await scene.base?.stop();
    const doneBytes = scene.last(updateId)?.doneBytes ?? 0;
    scene.told.length = 0;
    await scene.startBase();
    expect(await scene.ended(updateId)).toMatchObject({ state: 'confirmed' });
    const [first] = scene.told.filter(({ state }) => state === 'downloading');
    expect(first?.doneBytes).toBeGreaterThanOrEqual(doneBytes);
  });

  it('is rolled back by the unit when the new firmware does not start', async () => {
    const scene = await UpdateScene.start();
    const updateId = await scene.order(await scene.maker.file('0.3.0'));
    // Three starts come to nothing; the fourth is the firmware from before again.
    for (let start = 0; start < 3; start += 1) {
      await until('it fails', () => !scene.lamp.isRunning, 30_000);
      const started = scene.startLamp();
      if (start === 2) await started;
      // Those before never listen.
      else started.catch(() => undefined);
    }
    expect(await scene.ended(updateId)).toMatchObject({
      state: 'rolled_back',
      code: 'update_rolled_back',
    });
    expect(scene.lamp.isRunning).toBe(true);
    expect(scene.bootFile()).toContain('active=0');
    expect(scene.bootFile()).toContain('failed=0.3.0');
  });

  it('is rolled back when no base speaks with the new firmware', async () => {
    const scene = await UpdateScene.start(['--give-up-after-ms', '1500']);
    await scene.order(await scene.maker.file('0.2.0'));
    await until('it is armed', () => scene.states().includes('applying'));
    await scene.base?.stop();
    await until('it gave up', () => scene.bootFile().includes('failed=0.2.0'));
    await scene.startBase();
    await until('the base heard of it', () => scene.states().includes('rolled_back'));
    await scene.versionIs('0.1.0');
  });

  it('brings a unit in safe mode back to its last good firmware, unasked', async () => {
    const scene = await UpdateScene.start();
    await scene.ended(await scene.order(await scene.maker.file('0.2.0')));
    await scene.lamp.kill();
    writeFileSync(join(scene.folder, 'images', 'image-a'), 'no program');
    const before = scene.hub.described.length;
    await scene.startLamp();
    await until('safe mode shows', () =>
      scene.hub.presences.some(({ code }) => code === 'unit_safe_mode'),
    );
    await until('the last good firmware runs', () =>
      scene.hub.described.slice(before).some((unit) => unit.firmwareVersion === '0.2.0'),
    );
    await until('the lamp is ready', () => scene.hub.stateOf(scene.unitId) === 'ready');
    expect(scene.bootFile()).toContain('active=b');
  });

  it.each<[string, string, Partial<FirmwareManifest> & { stranger?: boolean }]>([
    ['signed by somebody else', 'firmware_unsigned', { stranger: true }],
    ['for another model', 'update_wrong_model', { model: 'light-sensor' }],
    ['for another board', 'update_wrong_model', { platform: 'esp8266' }],
    ['of an older version', 'update_not_newer', { version: '0.0.9' }],
    ['that needs a step between', 'update_step_missing', { minVersion: '0.1.5' }],
  ])('is refused %s', async (_, code, { stranger = false, ...manifest }) => {
    const scene = await UpdateScene.start();
    const maker = stranger ? await FirmwareMaker.in(temporaryFolder(atTestEnd)) : scene.maker;
    const updateId = await scene.order(await maker.file('0.2.0', manifest));
    expect(await scene.ended(updateId)).toMatchObject({ state: 'failed', code, doneBytes: 0 });
    expect(scene.lamp.isRunning).toBe(true);
  });

  it('is called off while it downloads, and another one can follow', async () => {
    const scene = await UpdateScene.start();
    const updateId = await scene.order(await scene.maker.file('0.2.0'));
    await until('bytes arrive', () => (scene.last(updateId)?.doneBytes ?? 0) > 0);
    expect(scene.base?.base.updates.cancel(updateId)).toBe(true);
    expect(scene.last(updateId)).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    expect(scene.base?.base.updates.cancel(updateId)).toBe(false);
    const next = await scene.order(await scene.maker.file('0.2.0', { allowsDowngrade: true }));
    expect(await scene.ended(next)).toMatchObject({ state: 'confirmed' });
  });
});
