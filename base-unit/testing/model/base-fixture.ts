import { z } from 'zod';
import type { IssuedCommand } from '#protocol/command/command.ts';
import { type CommandId, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { manualClock, type ManualClock } from '../../../test/harness/virtual-units.ts';
import { MemoryTransport } from '../memory-transport.ts';
import { issued } from '../test-base.ts';
import { BaseRun } from './base-run.ts';
import { ModelDisk } from './model-disk.ts';
import { MODEL_BOOT, ModelHub } from './model-hub.ts';
import { ModelUnit } from './model-unit.ts';

/** Orders for the unit; including ones that must not be repeated. */
export const ORDERS = {
  write: { operation: 'writeproperty', affordance: 'on', input: true },
  fade: { operation: 'writeproperty', affordance: 'brightness', input: 7, transitionMs: 500 },
  read: { operation: 'readproperty', affordance: 'brightness' },
  send: { operation: 'invokeaction', affordance: 'uartWrite', input: { data: 'aGk=' } },
  refusedByUnit: { operation: 'invokeaction', affordance: 'gpioRead', input: { pin: 12 } },
  unknownToUnit: { operation: 'writeproperty', affordance: 'volume', input: 1 },
} as const satisfies Record<string, Partial<IssuedCommand>>;
export type Order = keyof typeof ORDERS;

const address = { host: 'unit.test', port: 8888 };

/** A base, its unit and its hub, and everything that may happen to them. */
export class BaseFixture {
  readonly clock: ManualClock = manualClock();
  readonly unitId = newId(UnitId);
  readonly disk: ModelDisk;
  readonly hub: ModelHub;
  readonly unit: ModelUnit;
  /** Bytes of these left the base. */
  readonly written = new Set<CommandId>();
  /** It is unknown whether bytes of these left: the power failed. */
  readonly doubtful = new Set<CommandId>();
  /** Numbers of the readings that are on the disk, or were. */
  readonly storedReadings: number[] = [];
  readonly #transport = new MemoryTransport();
  #run: BaseRun;
  #nextReading = 1;
  #pushedSeq = 0;

  constructor(cleanup: Cleanup) {
    this.disk = new ModelDisk(temporaryFolder(cleanup));
    this.unit = new ModelUnit(this.clock, cleanup);
    this.#transport.put(address, this.unit.unit);
    this.hub = new ModelHub([
      { unitId: this.unitId, name: 'Lamp', address, link: 'frames', hardwareId: null },
    ]);
    this.#run = this.#begin();
    cleanup.add(() => this.#run.kill('killed'));
  }

  get run(): BaseRun {
    return this.#run;
  }

  issue(order: Order, verb: IssuedCommand['verb'], ttlMs: number | null): void {
    const { unitId } = this;
    const expiresAt = ttlMs === null ? null : toInstant(this.clock.nowMs() + ttlMs);
    const data = issued({ unitId, verb, expiresAt, ...ORDERS[order] });
    this.hub.append({ type: 'command.issued', data });
  }

  cancel(pick: number): void {
    const ids = [...this.hub.issued.keys()];
    const commandId = ids[pick % Math.max(1, ids.length)];
    if (commandId) this.hub.append({ type: 'command.cancelled', data: { commandId } });
  }

  /** The next entry that was not pushed yet. */
  pushNext(): void {
    if (this.#pushedSeq >= this.hub.headSeq) return;
    this.#pushedSeq += 1;
    this.#push(this.#pushedSeq);
  }

  /** Any entry, whether it is due or not. */
  pushAny(pick: number): void {
    this.#push(1 + (pick % Math.max(1, this.hub.headSeq)));
  }

  renewLog(): void {
    this.hub.renew();
    this.#pushedSeq = 0;
  }

  report(count: number): void {
    for (let index = 0; index < count; index += 1) {
      const seq = this.#nextReading;
      this.#nextReading += 1;
      const atMs = this.clock.nowMs();
      this.#run.readings(this.unitId, [
        {
          property: 'brightness',
          value: seq,
          measuredAtMs: atMs,
          receivedAtMs: atMs,
          clock: 'synced',
          seq,
        },
      ]);
    }
  }

  /** Lets some of what needs no time happen. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 4; round += 1) {
      this.#run.commit();
      await this.turns(100);
    }
  }

  async pass(ms: number, stepMs = 1_000): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }

  /** Killed at once, and restarted on what is on disk; webhooks in flight may still arrive. */
  async crash(cause: 'killed' | 'power cut', isHeard: boolean): Promise<void> {
    this.#run.kill(cause);
    if (cause === 'power cut') for (const id of this.hub.issued.keys()) this.doubtful.add(id);
    if (isHeard) {
      this.hub.decide('stored');
      await this.turns(10);
    }
    this.#breakLinks();
    this.#run = this.#begin();
  }

  /** The crash happens while a command is in flight. */
  async crashAmid(order: Order, cause: 'killed' | 'power cut', turns: number): Promise<void> {
    this.issue(order, 'invoke', 60_000);
    this.pushNext();
    this.#run.commit();
    await this.turns(turns);
    await this.crash(cause, false);
  }

  /** The crash happens in the middle of a commit: what was sent meanwhile has left. */
  async crashInCommit(cause: 'killed' | 'power cut'): Promise<void> {
    this.disk.isFull = true;
    this.#run.commit();
    await this.crash(cause, true);
  }

  async restart(): Promise<void> {
    this.disk.isFull = false;
    await this.#run.stop(async () => {
      this.hub.decide('stored');
      await this.pass(5_000);
    });
    this.#breakLinks();
    this.#run = this.#begin();
  }

  /** Nothing fails any more. */
  async comeToRest(): Promise<void> {
    this.disk.isFull = false;
    this.unit.behaviour = 'willing';
    this.unit.answerHeld();
    await this.settle();
    this.#run.resume(Infinity, 50);
    this.hub.standing = 'stored';
    this.hub.decide('stored');
    for (let round = 0; round < 12; round += 1) {
      await this.pass(10_000, 2_500);
    }
  }

  #push(seq: number): void {
    const entry = this.hub.entry(seq);
    if (entry) this.#run.ingest(entry);
  }

  #breakLinks(): void {
    this.hub.forgetWaiting();
    this.#transport.remove(address);
    this.#transport.put(address, this.unit.unit);
  }

  #begin(): BaseRun {
    const run = new BaseRun({
      disk: this.disk,
      clock: this.clock,
      hub: this.hub,
      transport: this.#transport,
      written: ({ command }) => this.written.add(command.id),
      stored: (events) => {
        for (const { json } of events) this.storedReadings.push(...numbersIn(json));
      },
    });
    run.start();
    return run;
  }
}

const Numbers = z.object({
  type: z.literal('readings.recorded'),
  data: z.object({
    bootId: z.literal(MODEL_BOOT),
    readings: z.array(z.object({ seq: z.number() })),
  }),
});

function numbersIn(json: string): number[] {
  return Numbers.safeParse(JSON.parse(json)).data?.data.readings.map(({ seq }) => seq) ?? [];
}
