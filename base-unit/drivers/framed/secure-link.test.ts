import { expect, it } from 'vitest';
import { encodeFrame } from '#protocol/frame/encode-frame.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { cryptoWith } from '../../../test/harness/noise-crypto.ts';
import { virtualUnit, type VirtualUnit } from '../../../test/harness/virtual-units.ts';
import { fixtureAddress, UnitFixture } from '../../testing/unit-fixture.ts';
import type { MemoryUnit } from '../../testing/memory-transport.ts';

const KEY = Uint8Array.from({ length: 32 }, (_, index) => index);
const OTHER_KEY = new Uint8Array(32).fill(7);

/** What went over the wire, in each direction, one entry per write. */
interface Wire {
  readonly fromBase: Uint8Array[];
  readonly fromUnit: Uint8Array[];
  /** Changes what the unit says next, once. */
  tamper: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

/** Puts a unit at the fixture's address, and listens in between. */
function tap(fixture: UnitFixture, unit: MemoryUnit): Wire {
  const wire: Wire = { fromBase: [], fromUnit: [], tamper: undefined };
  fixture.transport.put(fixtureAddress, {
    accept: (link) => {
      const events = unit.accept({
        ...link,
        write: (bytes) => {
          const { tamper } = wire;
          wire.tamper = undefined;
          const said = tamper ? tamper(Uint8Array.from(bytes)) : bytes;
          wire.fromUnit.push(Uint8Array.from(said));
          link.write(said);
        },
      });
      return {
        ...events,
        data: (chunk) => {
          wire.fromBase.push(chunk);
          events.data(chunk);
        },
      };
    },
  });
  return wire;
}

function encryptedUnit(fixture: UnitFixture, kind: 'lamp' | 'light_sensor' = 'lamp'): VirtualUnit {
  const encryption = { key: KEY, crypto: cryptoWith() };
  return virtualUnit({ kind, clock: fixture.clock, hardwareId: 'real', encryption }, atTestEnd);
}

function encryptedFixture(kind?: 'lamp' | 'light_sensor') {
  const fixture = new UnitFixture();
  fixture.protection = { kind: 'encrypted', key: KEY };
  const unit = encryptedUnit(fixture, kind);
  return { fixture, unit, wire: tap(fixture, unit) };
}

const text = (writes: readonly Uint8Array[]) => Buffer.concat(writes).toString('latin1');

it('carries commands and readings, and nothing of them is readable on the wire', async () => {
  const { fixture, wire } = encryptedFixture('light_sensor');
  const unit = await fixture.started(fixture.unitOf());
  await fixture.pass(2_000);
  expect(fixture.states()).toEqual([['ready', undefined]]);
  expect(fixture.readings.length).toBeGreaterThan(0);
  const task = fixture.task({
    operation: 'invokeaction',
    affordance: 'timeSet',
    input: { time: 1_795_200_000_000 },
  });
  unit.submit(task);
  await fixture.settle();
  expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  for (const side of [wire.fromBase, wire.fromUnit]) {
    expect(side.every(([magic]) => magic === 0xb6)).toBe(true);
    expect(text(side)).not.toMatch(/light-sensor|illuminance/);
  }
});

it('does not open with another key, and says so', async () => {
  const { fixture, wire } = encryptedFixture();
  fixture.protection = { kind: 'encrypted', key: OTHER_KEY };
  await fixture.started(fixture.unitOf());
  expect(fixture.states()).toEqual([['lost', 'unit_key_wrong']]);
  expect(wire.fromBase).toHaveLength(1);
});

it('never uses an unencrypted link to a unit it has a key for, whatever the unit does', async () => {
  const fixture = new UnitFixture();
  fixture.protection = { kind: 'encrypted', key: KEY };
  const plain = virtualUnit({ kind: 'lamp', clock: fixture.clock }, atTestEnd);
  const wire = tap(fixture, plain);
  await fixture.started(fixture.unitOf());
  expect(fixture.states()).toEqual([['lost', 'unit_encryption_missing']]);
  expect(wire.fromBase.map(([magic]) => magic)).toEqual([0xb6]);
});

it('reports that a unit requires encryption', async () => {
  const { fixture } = encryptedFixture();
  fixture.protection = { kind: 'plain' };
  await fixture.started(fixture.unitOf());
  expect(fixture.states()).toEqual([['lost', 'unit_encryption_required']]);
});

it('does not even connect to a unit without a key or approval', async () => {
  const { fixture } = encryptedFixture();
  fixture.protection = { kind: 'unknown' };
  await fixture.started(fixture.unitOf());
  expect(fixture.states()).toEqual([['lost', 'unit_key_missing']]);
  expect(fixture.dials).toBe(0);
  fixture.protection = { kind: 'encrypted', key: KEY };
  await fixture.pass(2_000);
  expect(fixture.states().at(-1)).toEqual(['ready', undefined]);
});

it('ends when a frame of the unit was changed on the way', async () => {
  const { fixture, wire } = encryptedFixture();
  wire.tamper = undefined;
  const unit = await fixture.started(fixture.unitOf());
  wire.tamper = (bytes) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1);
  unit.submit(fixture.task());
  await fixture.settle();
  expect(fixture.states().at(-1)).toEqual(['lost', 'unit_protocol_error']);
  expect(fixture.ended).toEqual([]);
});

it('refuses the answer of a recorded handshake', async () => {
  const { fixture, wire } = encryptedFixture();
  const unit = await fixture.started(fixture.unitOf());
  const [recorded = new Uint8Array()] = wire.fromUnit;
  await unit.close();
  const again = new UnitFixture();
  again.protection = { kind: 'encrypted', key: KEY };
  again.transport.put(fixtureAddress, {
    accept: ({ write }) => ({ data: () => write(recorded), closed: () => undefined }),
  });
  await again.started(again.unitOf());
  expect(again.states()).toEqual([['lost', 'unit_key_wrong']]);
});

it('refuses anything that is no opening', async () => {
  for (const body of [[1], [2, 0], [3], [4], [4, 0], [9, 9], [1, ...new Uint8Array(47)]]) {
    const fixture = new UnitFixture();
    fixture.protection = { kind: 'encrypted', key: KEY };
    fixture.transport.put(fixtureAddress, {
      accept: ({ write }) => ({
        data: () => write(encodeFrame(Uint8Array.from(body), 'encrypted')),
        closed: () => undefined,
      }),
    });
    await fixture.started(fixture.unitOf());
    expect(fixture.states(), String(body)).toEqual([['lost', 'unit_protocol_error']]);
  }
});

it('says why a unit refuses before there are keys', async () => {
  for (const [reason, code] of [
    [9, 'unit_busy'],
    [10, 'unit_key_wrong'],
    [5, 'unit_timeout'],
    [99, 'unit_unreachable'],
  ] as const) {
    const fixture = new UnitFixture();
    fixture.protection = { kind: 'encrypted', key: KEY };
    fixture.transport.put(fixtureAddress, {
      accept: ({ write }) => ({
        data: () => write(encodeFrame(Uint8Array.of(3, reason), 'encrypted')),
        closed: () => undefined,
      }),
    });
    await fixture.started(fixture.unitOf());
    expect(fixture.states()).toEqual([['lost', code]]);
  }
});

/** The kinds of opening that the base sent: 1 in full, 2 with a ticket. */
function openings(wire: Wire): number[] {
  return wire.fromBase
    .filter((bytes) => [53, 69].includes(bytes.length) && bytes[0] === 0xb6)
    .map((bytes) => bytes[4] ?? 0)
    .filter((kind) => kind === 1 || kind === 2);
}

it('reconnects to an on-demand unit with a ticket, each of them once', async () => {
  const { fixture, wire } = encryptedFixture();
  const unit = await fixture.started(fixture.unitOf());
  for (let visit = 0; visit < 3; visit += 1) {
    await fixture.pass(20_000);
    expect(unit.isConnected).toBe(false);
    unit.submit(fixture.task({ input: visit % 2 === 0 }));
    await fixture.settle();
  }
  expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(Array(3).fill('succeeded'));
  expect(openings(wire)).toEqual([1, 2, 2, 2]);
  const ids = wire.fromBase.filter(({ length }) => length === 69).map((one) => one.slice(5, 21));
  expect(new Set(ids.map((id) => Buffer.from(id).toString('hex'))).size).toBe(3);
});

it('does a full handshake on the same connection when the unit has forgotten the ticket', async () => {
  const { fixture, unit: virtual, wire } = encryptedFixture();
  const unit = await fixture.started(fixture.unitOf());
  await fixture.pass(20_000);
  virtual.restart();
  unit.submit(fixture.task());
  await fixture.settle();
  expect(fixture.ended.map(({ end }) => end.outcome)).toEqual(['succeeded']);
  expect(openings(wire)).toEqual([1, 2, 1]);
  expect(fixture.dials).toBe(2);
});

it('shakes hands in full once a day', async () => {
  const { fixture, wire } = encryptedFixture();
  const unit = await fixture.started(fixture.unitOf());
  await fixture.pass(20_000);
  fixture.clock.advance(23 * 3_600_000);
  await fixture.settle();
  await fixture.pass(20_000);
  unit.submit(fixture.task());
  await fixture.settle();
  const kinds = openings(wire);
  expect(kinds[0]).toBe(1);
  expect(kinds.slice(1)).toContain(1);
});

it('keeps no ticket of a unit whose connection is held', async () => {
  const { fixture, unit: virtual, wire } = encryptedFixture('light_sensor');
  await fixture.started(fixture.unitOf());
  virtual.restart();
  await fixture.pass(2_000);
  expect(openings(wire)).toEqual([1, 1]);
});
