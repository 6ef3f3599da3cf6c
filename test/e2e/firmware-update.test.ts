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
class UpdateFixture {
  readonly hub = new FakeHub();
  readonly folder = temporaryFolder(atTestEnd);
  readonly keyFile = newKeyFile(this.folder);
  readonly unitId = newId(UnitId);
  readonly reported: UpdateProgress[] = [];
  readonly #privateKeyPem = newPrivateKeyPem();
  readonly maker: FirmwareMaker;
  base: TestBase | undefined;
  /** Between base and lamp, for tests that cut the link. */
  relay: TcpRelay | undefined;
  #lamps = 0;
  lamp: UnitProcess;

  constructor(maker: FirmwareMaker) {
    this.maker = maker;
    this.lamp = this.#newLamp([]);
  }

  static async start(lampArgs: readonly string[] = []): Promise<UpdateFixture> {
    const fixture = await UpdateFixture.#withLamp(lampArgs);
    await fixture.startBase();
    return fixture;
  }

  static async #withLamp(lampArgs: readonly string[]): Promise<UpdateFixture> {
    const maker = await FirmwareMaker.in(temporaryFolder(atTestEnd));
    const fixture = new UpdateFixture(maker);
    await fixture.hub.start();
    atTestEnd.add(() => fixture.hub.close());
    await fixture.startLamp(lampArgs);
    return fixture;
  }

  static async startRelayed(): Promise<{
    readonly fixture: UpdateFixture;
    readonly relay: TcpRelay;
  }> {
    const fixture = await UpdateFixture.#withLamp([]);
    const relay = await TcpRelay.start(() => fixture.lamp.port, atTestEnd);
    fixture.relay = relay;
    await fixture.startBase();
    await until('the lamp is described', () => fixture.hub.stateOf(fixture.unitId) === 'ready');
    return { fixture, relay };
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
        updateListener: { updateChanged: (progress) => this.reported.push(progress) },
        // The lamp restarts within milliseconds, and confirms after 300.
        updateTimes: { confirmLookMs: 100, outputLookMs: 500 },
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
    return this.reported.findLast((progress) => progress.updateId === updateId);
  }

  states(): string[] {
    return this.reported
      .map(({ state }) => state)
      .filter((state, at, all) => state !== all[at - 1]);
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

  /** What the lamp reports about updates to another base. */
  async updateStatus(): Promise<UpdateStatus> {
    const key = parseLinkKey(readFileSync(this.keyFile, 'utf8'));
    if (!key) throw new Error('no key');
    const peer = new UnitPeer({ port: this.lamp.port, cleanup: atTestEnd, key });
    expect(await peer.sayHello()).toBe(true);
    const answer = await peer.exchange({ case: 'updateQuery', value: create(UpdateQuerySchema) });
    peer.close();
    if (answer?.body.case !== 'updateStatus') throw new Error('no update_status');
    return answer.body.value;
  }

  async versionIs(version: string): Promise<void> {
    await until(
      `the unit reports version ${version}`,
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
    const fixture = await UpdateFixture.start();
    await fixture.versionIs('0.1.0');
    const { pid } = fixture.lamp;
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    await until('bytes arrive', () => (fixture.last(updateId)?.doneBytes ?? 0) > 0);
    const command = issued({ unitId: fixture.unitId, affordance: 'color', input: '#ff8800' });
    fixture.hub.issue(command);
    await until('the lamp answers', () =>
      fixture.hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    expect(fixture.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
    await fixture.versionIs('0.2.0');
    expect(fixture.lamp.pid).toBe(pid);
    expect(fixture.lamp.isRunning).toBe(true);
    expect(fixture.bootFile()).toMatch(/^active=a previous=0 starts=0 unconfirmed=0 version=0.2.0/);
  });

  it('waits while the lamp is on, which would be off after the restart', async () => {
    const fixture = await UpdateFixture.start();
    const light = async (on: boolean) => {
      const command = issued({ unitId: fixture.unitId, affordance: 'on', input: on });
      fixture.hub.issue(command);
      await until('the lamp answers', () =>
        fixture.hub.results.find(({ commandId }) => commandId === command.id),
      );
    };
    await light(true);
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    await until('it waits', () => fixture.last(updateId)?.code === 'update_output_on', 30_000);
    expect(fixture.last(updateId)?.state).toBe('verified');
    expect(fixture.lamp.output).not.toContain('restarting');
    await light(false);
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    await fixture.versionIs('0.2.0');
  });

  it('waits while the lamp checks the signature, and so does a command', async () => {
    const fixture = await UpdateFixture.start();
    await until('the lamp is described', () => fixture.hub.stateOf(fixture.unitId) === 'ready');
    const before = fixture.hub.acknowledged.length;
    fixture.lamp.pause();
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    const command = issued({ unitId: fixture.unitId, affordance: 'color', input: '#ff8800' });
    fixture.hub.issue(command);
    // It arrives while the base waits for the answer to its offer.
    await until('the base has the command', () => fixture.hub.acknowledged.length > before);
    fixture.lamp.resume();
    const result = await until('the lamp answers', () =>
      fixture.hub.results.find(({ commandId }) => commandId === command.id),
    );
    expect(result.outcome).toBe('succeeded');
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    expect(fixture.states()).toEqual(['downloading', 'verified', 'applying', 'confirmed']);
  });

  it('offers the image again when it was cut off while the lamp checked the signature', async () => {
    const { fixture, relay } = await UpdateFixture.startRelayed();
    fixture.lamp.pause();
    relay.cutBehind(OFFER_BYTES);
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    await until('the base knows', () => fixture.last(updateId)?.code === 'unit_unreachable');
    // The offer lies there, and behind it the end of the link.
    fixture.lamp.resume();
    expect(await fixture.updateStatus()).toMatchObject({
      state: UpdateState.IDLE,
      error: UpdateError.UNSPECIFIED,
      nextOffset: 0,
    });
    relay.mend();
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed', code: null });
    await fixture.versionIs('0.2.0');
  });

  it('gives way to another one while the lamp still checks its signature', async () => {
    const fixture = await UpdateFixture.start();
    await until('the lamp is described', () => fixture.hub.stateOf(fixture.unitId) === 'ready');
    fixture.lamp.pause();
    const first = await fixture.order(await fixture.maker.file('0.3.0'));
    expect(fixture.base?.base.updates.cancel(first)).toBe(true);
    const second = await fixture.order(await fixture.maker.file('0.2.0'));
    fixture.lamp.resume();
    expect(await fixture.ended(second)).toMatchObject({ state: 'confirmed', code: null });
    expect(fixture.last(first)).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    await fixture.versionIs('0.2.0');
  });

  it('is refused with a forged signature, and the right one is accepted after it', async () => {
    const fixture = await UpdateFixture.start();
    const file = await fixture.maker.file('0.2.0');
    const updateId = await fixture.order(forged(file));
    expect(await fixture.ended(updateId)).toMatchObject({
      state: 'failed',
      code: 'firmware_unsigned',
      doneBytes: 0,
    });
    expect(await fixture.ended(await fixture.order(file))).toMatchObject({ state: 'confirmed' });
  });

  describe('when the power fails', () => {
    // The places of the host's image store and loader, in their order (docs/unit-link.md 11.5).
    it.each([
      ...['incoming_written', 'incoming_renamed', 'downloading', 'stored', 'reading_back'],
      ...['before_arm', 'arm_written', 'arm_renamed', 'armed', 'first_start', 'before_confirm'],
    ])(
      'at %s, the unit runs the old firmware or the new, and the update goes on',
      async (place) => {
        const fixture = await UpdateFixture.start(['--crash-at', place]);
        const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
        await until('the power fails', () => !fixture.lamp.isRunning, 30_000);
        await fixture.startLamp();
        expect(fixture.lamp.output).toContain('listening');
        expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed' });
        await fixture.versionIs('0.2.0');
      },
    );
  });

  it('resumes after a restart of the base', async () => {
    const fixture = await UpdateFixture.start();
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    await until('some of it is there', () => (fixture.last(updateId)?.doneBytes ?? 0) > 0);
    await fixture.base?.stop();
    const doneBytes = fixture.last(updateId)?.doneBytes ?? 0;
    fixture.reported.length = 0;
    await fixture.startBase();
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'confirmed' });
    const [first] = fixture.reported.filter(({ state }) => state === 'downloading');
    expect(first?.doneBytes).toBeGreaterThanOrEqual(doneBytes);
  });

  it('is rolled back by the unit when the new firmware does not start', async () => {
    const fixture = await UpdateFixture.start();
    const updateId = await fixture.order(await fixture.maker.file('0.3.0'));
    // Three starts come to nothing; the fourth is the firmware from before again.
    for (let start = 0; start < 3; start += 1) {
      await until('it fails', () => !fixture.lamp.isRunning, 30_000);
      const started = fixture.startLamp();
      if (start === 2) await started;
      // Those before never listen.
      else started.catch(() => undefined);
    }
    expect(await fixture.ended(updateId)).toMatchObject({
      state: 'rolled_back',
      code: 'update_rolled_back',
    });
    expect(fixture.lamp.isRunning).toBe(true);
    expect(fixture.bootFile()).toContain('active=0');
    expect(fixture.bootFile()).toContain('failed=0.3.0');
  });

  it('is rolled back when no base connects to the new firmware', async () => {
    const fixture = await UpdateFixture.start(['--give-up-after-ms', '1500']);
    await fixture.order(await fixture.maker.file('0.2.0'));
    await until('it is armed', () => fixture.states().includes('applying'));
    await fixture.base?.stop();
    await until('it gave up', () => fixture.bootFile().includes('failed=0.2.0'));
    await fixture.startBase();
    await until('the base heard of it', () => fixture.states().includes('rolled_back'));
    await fixture.versionIs('0.1.0');
  });

  it('brings a unit in safe mode back to its last good firmware, unasked', async () => {
    const fixture = await UpdateFixture.start();
    await fixture.ended(await fixture.order(await fixture.maker.file('0.2.0')));
    await fixture.lamp.kill();
    writeFileSync(join(fixture.folder, 'images', 'image-a'), 'no program');
    const before = fixture.hub.described.length;
    await fixture.startLamp();
    await until('safe mode shows', () =>
      fixture.hub.presences.some(({ code }) => code === 'unit_safe_mode'),
    );
    await until('the last good firmware runs', () =>
      fixture.hub.described.slice(before).some((unit) => unit.firmwareVersion === '0.2.0'),
    );
    await until('the lamp is ready', () => fixture.hub.stateOf(fixture.unitId) === 'ready');
    expect(fixture.bootFile()).toContain('active=b');
  });

  it.each<[string, string, Partial<FirmwareManifest> & { otherMaker?: boolean }]>([
    ['signed by somebody else', 'firmware_unsigned', { otherMaker: true }],
    ['for another model', 'update_wrong_model', { model: 'light-sensor' }],
    ['for another board', 'update_wrong_model', { platform: 'esp8266' }],
    ['of an older version', 'update_not_newer', { version: '0.0.9' }],
    ['that needs a step between', 'update_step_missing', { minVersion: '0.1.5' }],
  ])('is refused %s', async (_, code, { otherMaker = false, ...manifest }) => {
    const fixture = await UpdateFixture.start();
    const maker = otherMaker ? await FirmwareMaker.in(temporaryFolder(atTestEnd)) : fixture.maker;
    const updateId = await fixture.order(await maker.file('0.2.0', manifest));
    expect(await fixture.ended(updateId)).toMatchObject({ state: 'failed', code, doneBytes: 0 });
    expect(fixture.lamp.isRunning).toBe(true);
  });

  it('is called off while it downloads, and another one can follow', async () => {
    const fixture = await UpdateFixture.start();
    const updateId = await fixture.order(await fixture.maker.file('0.2.0'));
    await until('bytes arrive', () => (fixture.last(updateId)?.doneBytes ?? 0) > 0);
    expect(fixture.base?.base.updates.cancel(updateId)).toBe(true);
    expect(fixture.last(updateId)).toMatchObject({ state: 'failed', code: 'update_cancelled' });
    expect(fixture.base?.base.updates.cancel(updateId)).toBe(false);
    const next = await fixture.order(await fixture.maker.file('0.2.0', { allowsDowngrade: true }));
    expect(await fixture.ended(next)).toMatchObject({ state: 'confirmed' });
  });
});
