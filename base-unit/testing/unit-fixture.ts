import { BaseId, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { Reading } from '#protocol/reading.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import type { Envelope } from '#protocol/unit-link/unit_link_pb.ts';
import { expect } from 'vitest';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import {
  manualClock,
  type Tampering,
  virtualUnit,
  type VirtualUnit,
} from '../../test/harness/virtual-units.ts';
import type { CommandOwner, CommandTask, TaskEnd } from '../drivers/port/command-task.ts';
import { Semaphore } from '#platform/sharing/semaphore.ts';
import { MemoryTransport } from './memory-transport.ts';
import { nodeCrypto } from '../drivers/framed/node-crypto.ts';
import type { MissedSamples, SampleMark } from '../drivers/port/sample-cursor.ts';
import type { Maintenance } from '../units/maintenance-task.ts';
import type { PresenceNow } from '../drivers/port/unit-events.ts';
import type { UnitProtection } from '../store/unit-protection.ts';
import { Unit } from '../units/unit.ts';
import { issued, testLog } from './test-base.ts';

export const fixtureAddress = { host: 'unit.test', port: 8888 };

type RequestCase = Envelope['body']['case'];

/**
 * A unit of the base, the virtual unit behind it, a manual clock, and a record of
 * everything between them.
 */
export class UnitFixture {
  readonly unitId = newId(UnitId);
  readonly clock = manualClock();
  /** The hub's clock when the monotonic one began; never set. */
  readonly startedAtMs = this.clock.nowMs() - this.clock.monotonicMs();
  readonly transport = new MemoryTransport();
  readonly presences: PresenceNow[] = [];
  readonly readings: Reading[] = [];
  readonly missed: MissedSamples[] = [];
  /** The last sample that is on the disk. */
  mark: SampleMark | undefined;
  readonly described: UnitDescribed[] = [];
  readonly moves: UnitAddress[] = [];
  /** Where else the unit is announced. */
  discovered: UnitAddress[] = [];
  readonly ended: { readonly task: CommandTask; readonly end: TaskEnd }[] = [];
  readonly heard: Envelope[] = [];
  readonly marked: CommandTask[] = [];
  /** Thrown in place of marking a command that is about to be sent. */
  markFailure: Error | undefined;
  dials = 0;
  protection: UnitProtection = { kind: 'plain' };
  maintenance: Maintenance | undefined;

  unitOf(hardwareId: string | null = null, link: UnitLinkKind = 'frames'): Unit {
    const known = new Map<string, ThingDescription>();
    const { unitId, clock, transport } = this;
    const unit = new Unit(
      {
        unitId,
        origin: 'hub',
        name: 'Unit',
        address: fixtureAddress,
        link,
        hardwareId,
        lastReported: null,
        update: null,
      },
      {
        clock,
        hubNowMs: () => this.startedAtMs + clock.monotonicMs(),
        log: testLog,
        random: () => 0.5,
        baseId: newId(BaseId),
        crypto: nodeCrypto,
        protectionOf: () => this.protection,
        transport: {
          dial: async (where, events) => {
            this.dials += 1;
            return transport.dial(where, events);
          },
        },
        permits: {
          dial: new Semaphore({ permits: 8, maxQueued: 100 }),
          handshake: new Semaphore({ permits: 8, maxQueued: 100 }),
        },
        descriptions: {
          find: (hash) => known.get(hash),
          put: (thing) => known.set(thing['sb:schemaHash'], thing),
        },
        sensorIntervalMs: 1_000,
        clockQuality: () => 'synced',
        sampleMark: () => this.mark,
        elsewhere: () => 'no',
        discovered: () => this.discovered,
        whenFree: () => Promise.resolve(),
        ...(this.maintenance ? { maintenance: this.maintenance } : {}),
        events: {
          presence: (_unitId, presence) => this.presences.push(presence),
          described: (lastReported) => this.described.push(lastReported),
          moved: (_unitId, to) => this.moves.push(to),
          readings: (_unitId, _bootId, some) => this.readings.push(...some),
          missed: (_unitId, missed) => this.missed.push(missed),
          happened: () => undefined,
        },
      },
    );
    atTestEnd.add(async () => {
      const closed = unit.close();
      clock.advance(2_000);
      await closed;
      expect(unit.isConnected).toBe(false);
    });
    return unit;
  }

  /** A unit at the address, whose requests are recorded. */
  put(tampering: Tampering = {}, kind: 'lamp' | 'light_sensor' = 'lamp'): VirtualUnit {
    const unit = virtualUnit(
      {
        kind,
        clock: this.clock,
        hardwareId: 'real',
        tampering: {
          ...tampering,
          onRequest: (request, link) => {
            this.heard.push(request);
            return tampering.onRequest?.(request, link) ?? false;
          },
        },
      },
      atTestEnd,
    );
    this.transport.put(fixtureAddress, unit);
    return unit;
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
  }

  async pass(ms: number, stepMs = 500): Promise<void> {
    let left = ms;
    while (left > 0) {
      this.clock.advance(Math.min(stepMs, left));
      left -= stepMs;
      await this.settle();
    }
  }

  /** @param ttlMs null: no limit. */
  task(more: Parameters<typeof issued>[0] = {}, ttlMs: number | null = 10_000): CommandTask {
    const expiresAtMs = ttlMs === null ? undefined : this.clock.nowMs() + ttlMs;
    const expiresAt = expiresAtMs === undefined ? null : toInstant(expiresAtMs);
    const command = issued({ unitId: this.unitId, expiresAt, ...more });
    const owner: CommandOwner = {
      sending: (task, isRepeatable) => {
        if (this.markFailure) throw this.markFailure;
        if (!isRepeatable) this.marked.push(task);
      },
      written: () => undefined,
      finished: (task, end) => this.ended.push({ task, end }),
    };
    return {
      command,
      owner,
      expiresAtMs,
      trace: [],
      attempts: 0,
      mayHaveRun: false,
      end: undefined,
    };
  }

  async started(unit: Unit): Promise<Unit> {
    unit.start(0);
    this.clock.advance(0);
    await this.settle();
    return unit;
  }

  states(): [string, string | undefined][] {
    return this.presences.map(({ state, code }) => [state, code]);
  }

  requestsOf(name: RequestCase): Envelope[] {
    return this.heard.filter(({ body }) => body.case === name);
  }
}

/** A unit that does not react to one kind of request. */
export function swallow(name: RequestCase): Tampering {
  return { onRequest: ({ body }) => body.case === name };
}
