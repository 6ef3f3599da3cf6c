import { create } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeThing } from '#protocol/unit-link/describe-thing.ts';
import {
  DescribeSchema,
  type Envelope,
  GoodbyeReason,
  PingSchema,
  ReadSchema,
  Status,
  type Value,
} from '#protocol/unit-link/unit_link_pb.ts';
import { PID } from './board-affordances.ts';
import { commandLog } from './command-log.ts';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { TestPeer } from './testing/test-peer.ts';
import { invoke, reportsOf, subscribe, write } from './testing/unit-requests.ts';
import { buildUnit, type UnitKind } from './unit-kinds.ts';
import type { VirtualUnit } from './virtual-unit.ts';
import {
  wireBoolean,
  wireColor,
  wireData,
  wireInteger,
  wireNumber,
  wireText,
} from './wire-value.ts';

let clock: ManualClock;
let bootId = 0;
let lamp: VirtualUnit;

function unitOf(kind: UnitKind): VirtualUnit {
  return buildUnit({ kind, hardwareId: `${kind}-1`, clock, newBootId: () => (bootId += 1) });
}

beforeEach(() => {
  clock = new ManualClock();
  lamp = unitOf('lamp');
});
afterEach(() => {
  lamp.close();
  expect(clock.pendingTimers).toBe(0);
});

it.each<[UnitKind, string]>([
  ['lamp', 'kLampSchemaHash'],
  ['light_sensor', 'kLightSensorSchemaHash'],
])('a %s describes itself as the firmware does, to the last bit', (kind, name) => {
  const header = readFileSync(new URL('../tests/schema_hashes.h', import.meta.url), 'utf8');
  const [, hash = ''] = new RegExp(`${name} = (0x[0-9a-f]{16})u`).exec(header) ?? [];
  const unit = unitOf(kind);
  expect(unit.schemaHash).toBe(BigInt(hash));
  unit.close();
});

function resultOf(envelope: Envelope | undefined) {
  if (envelope?.body.case !== 'result') throw new Error('no result');
  return envelope.body.value;
}

describe('connections of a virtual unit', () => {
  it('answers a hello with what it is', () => {
    const answer = new TestPeer(lamp).hello();
    expect(answer?.body.case === 'hello' && answer.body.value.identity.value).toMatchObject({
      hardwareId: 'lamp-1',
      model: 'rgb-lamp',
      schemaHash: lamp.schemaHash,
      maxInFlight: 4,
    });
  });

  it('closes a peer that says no hello in 5 s', () => {
    const peer = new TestPeer(lamp);
    clock.advance(4_999);
    expect(peer.isClosed).toBe(false);
    clock.advance(1);
    expect(peer.goodbye).toBe(GoodbyeReason.NO_HELLO);
    expect(peer.isClosed).toBe(true);
  });

  it('refuses a peer of other versions', () => {
    const peer = new TestPeer(lamp);
    expect(peer.hello({ protocolMin: 2, protocolMax: 3 })).toBeUndefined();
    expect(peer.goodbye).toBe(GoodbyeReason.VERSION);
  });

  it('closes a peer that sends something before its hello, and one with an invalid frame', () => {
    const early = new TestPeer(lamp);
    early.exchange({ case: 'ping', value: create(PingSchema) });
    expect(early.goodbye).toBe(GoodbyeReason.PROTOCOL_ERROR);
    const garbage = new TestPeer(lamp);
    garbage.write(Uint8Array.of(0x47, 0x45, 0x54));
    expect(garbage.goodbye).toBe(GoodbyeReason.PROTOCOL_ERROR);
  });

  it('gives itself to the second peer that says hello, and is busy for a third connection', () => {
    const first = new TestPeer(lamp);
    first.hello();
    const second = new TestPeer(lamp);
    const third = new TestPeer(lamp);
    expect(third.goodbye).toBe(GoodbyeReason.BUSY);
    expect(first.isClosed).toBe(false);
    second.hello();
    expect(first.goodbye).toBe(GoodbyeReason.TAKEN_OVER);
    expect(second.isClosed).toBe(false);
  });

  it('answers no_memory if its answer is longer than the peer accepts', () => {
    const peer = new TestPeer(lamp);
    peer.hello({ protocolMin: 1, protocolMax: 1 }, 40);
    const index = create(DescribeSchema, { index: 10 });
    expect(resultOf(peer.exchange({ case: 'describe', value: index })).status).toBe(
      Status.NO_MEMORY,
    );
  });

  it('drops a peer that was silent for 60 s, and keeps one that was not', () => {
    const peer = new TestPeer(lamp);
    peer.hello();
    clock.advance(50_000);
    expect(peer.exchange({ case: 'ping', value: create(PingSchema) })?.body.case).toBe('pong');
    clock.advance(59_000);
    expect(peer.isClosed).toBe(false);
    clock.advance(1_000);
    expect(peer.goodbye).toBe(GoodbyeReason.SILENT);
  });
});

describe('requests to a virtual unit', () => {
  let peer: TestPeer;
  beforeEach(() => {
    peer = new TestPeer(lamp);
    peer.hello();
  });

  it('describes itself as a valid thing, and refuses an index out of range', () => {
    const affordances = lamp.affordances().map((_, index) => {
      const answer = peer.exchange({ case: 'describe', value: create(DescribeSchema, { index }) });
      if (answer?.body.case !== 'description' || !answer.body.value.affordance) throw new Error();
      return answer.body.value.affordance;
    });
    const thing = describeThing(
      { model: 'rgb-lamp', schemaHash: lamp.schemaHash, sessionPolicy: 2 },
      affordances,
    );
    expect(Object.keys(thing?.properties ?? {})).toContain('brightness');
    expect(Object.keys(thing?.actions ?? {})).toContain('reset');
    const beyond = create(DescribeSchema, { index: affordances.length });
    expect(resultOf(peer.exchange({ case: 'describe', value: beyond })).status).toBe(
      Status.OUT_OF_RANGE,
    );
  });

  it.each([
    ['a value of another kind', write(1, wireInteger(1)), Status.BAD_REQUEST],
    ['a value out of range', write(3, wireInteger(101)), Status.OUT_OF_RANGE],
    ['a colour of 25 bits', write(2, wireColor(0x1000000)), Status.OUT_OF_RANGE],
    ['a write to what only reads', write(36, wireInteger(-1)), Status.READ_ONLY],
    ['an unknown pid', write(60, wireInteger(1)), Status.UNKNOWN_AFFORDANCE],
    ['a write to an action', write(45, wireInteger(1)), Status.UNKNOWN_AFFORDANCE],
    ['a missing argument', invoke(41, [wireInteger(4)]), Status.BAD_REQUEST],
    ['a pin that is not free', invoke(40, [wireInteger(3)]), Status.OUT_OF_RANGE],
    ["a pin of the lamp's own", invoke(41, [wireInteger(12), wireInteger(1)]), Status.DENIED],
    ['a subscription of what is not observable', subscribe(37, 0), Status.UNKNOWN_AFFORDANCE],
    ['an impossible interval', subscribe(1, 100, 10), Status.BAD_REQUEST],
  ])('refuses %s', (_name, request, status) => {
    expect(resultOf(peer.exchange(request)).status).toBe(status);
  });

  it('answers NaN with out_of_range for a number', () => {
    const setTime = (time: Value) => resultOf(peer.exchange(invoke(PID.timeSet, [time]))).status;
    expect(setTime(wireNumber(NaN))).toBe(Status.BAD_REQUEST);
    expect(setTime(wireInteger(-1))).toBe(Status.OUT_OF_RANGE);
    expect(resultOf(peer.exchange(write(PID.time, wireInteger(1)))).status).toBe(Status.READ_ONLY);
  });

  it('writes, answers with the value in force and reports it after the answer', () => {
    peer.exchange(subscribe(2, 0));
    const answer = resultOf(peer.exchange(write(2, wireColor(0xff8800))));
    expect(answer).toMatchObject({ status: Status.OK, values: [wireColor(0xff8800)] });
    const cases = peer.received.map(({ body }) => body.case);
    expect(cases.slice(-2)).toEqual(['result', 'report']);
    expect(reportsOf(peer).at(-1)?.values[0]).toMatchObject({ pid: 2, value: wireColor(0xff8800) });
  });

  it('carries a command out once, and answers a repeat with the first result', () => {
    const tag = { commandId: 7n, ttlMs: 1_000 };
    peer.exchange(write(1, wireBoolean(true), { tag }));
    peer.exchange(write(1, wireBoolean(false)));
    const repeat = resultOf(peer.exchange(write(1, wireBoolean(true), { tag })));
    expect(repeat).toMatchObject({ status: Status.DUPLICATE, firstStatus: Status.OK });
    const now = resultOf(peer.exchange({ case: 'read', value: create(ReadSchema, { pid: 1 }) }));
    expect(now.values).toEqual([wireBoolean(false)]);
  });

  it('remembers eight commands and no more', () => {
    for (let id = 1n; id <= 9n; id += 1n) {
      peer.exchange(write(1, wireBoolean(true), { tag: { commandId: id, ttlMs: 0 } }));
    }
    const exchange = (commandId: bigint) =>
      resultOf(peer.exchange(write(1, wireBoolean(true), { tag: { commandId, ttlMs: 0 } }))).status;
    expect(exchange(2n)).toBe(Status.DUPLICATE);
    expect(exchange(1n)).toBe(Status.OK);
  });

  it('fades a colour and reports steps on the way', () => {
    peer.exchange(subscribe(2, 0));
    peer.exchange(write(2, wireColor(0), { transitionMs: 300 }));
    clock.advance(1_000);
    const colors = reportsOf(peer).flatMap(({ values }) =>
      values.map(({ value }) => (value?.kind.case === 'color' ? value.kind.value : -1)),
    );
    expect(colors.length).toBeGreaterThan(3);
    expect(colors[0]).toBe(0xffffff);
    expect(colors.at(-1)).toBe(0);
  });

  it('gives back on its UART what was written to it, as an event', () => {
    const sent = resultOf(peer.exchange(invoke(43, [wireData(Uint8Array.of(1, 2))])));
    expect(sent.values).toEqual([wireInteger(2), wireInteger(254), wireText('confirmed')]);
    clock.advance(10);
    const last = peer.received.at(-1)?.body;
    expect(last?.case === 'event' && last.value).toMatchObject({ pid: 44, seq: 1 });
    expect(resultOf(peer.exchange(invoke(PID.uartFlush, []))).values).toEqual([
      wireInteger(256),
      wireText('confirmed'),
    ]);
  });

  it('accepts what its UART has room for, and returns it in events', () => {
    const send = () =>
      resultOf(peer.exchange(invoke(PID.uartWrite, [wireData(new Uint8Array(128))]))).values[0];
    expect([send(), send(), send()]).toEqual([128, 128, 0].map(wireInteger));
    clock.advance(10);
    const events = peer.received.filter(({ body }) => body.case === 'event');
    expect(events).toHaveLength(2);
  });

  it('sets up its UART, and refuses a frame that is none', () => {
    const open = (frame: string) =>
      resultOf(peer.exchange(invoke(PID.uartOpen, [wireInteger(9600), wireText(frame)]))).status;
    expect(open('9N1')).toBe(Status.OUT_OF_RANGE);
    expect(open('7E2')).toBe(Status.OK);
    const read = create(ReadSchema, { pid: PID.uartSettings });
    const settings = resultOf(peer.exchange({ case: 'read', value: read }));
    expect(settings.values).toEqual([wireText('9600 7E2')]);
  });

  it('pulses a pin that was set before, once at a time, and reports the end', () => {
    const write5 = (level: number) => invoke(PID.gpioWrite, [5, level].map(wireInteger));
    const pulse = () =>
      resultOf(peer.exchange(invoke(PID.gpioPulse, [5, 1, 500].map(wireInteger)))).status;
    const level = () =>
      resultOf(peer.exchange(invoke(PID.gpioRead, [wireInteger(5)]))).values[0]?.kind.value;
    expect(pulse()).toBe(Status.DENIED);
    peer.exchange(write5(0));
    expect(pulse()).toBe(Status.ACCEPTED);
    expect(pulse()).toBe(Status.BUSY);
    expect(level()).toBe(1n);
    clock.advance(500);
    const reported = peer.received.at(-1)?.body;
    expect(reported?.case === 'event' && reported.value).toMatchObject({ pid: PID.gpioPulsed });
    expect(level()).toBe(0n);
    expect(pulse()).toBe(Status.ACCEPTED);
    peer.exchange(write5(1));
    clock.advance(500);
    expect(level()).toBe(1n);
  });

  it('reports how wrong its clock was, and who set it', () => {
    const source = () => {
      const read = create(ReadSchema, { pid: PID.timeSource });
      return resultOf(peer.exchange({ case: 'read', value: read })).values[0]?.kind.value;
    };
    expect(source()).toBe('system');
    const time = clock.nowMs() + 5_000;
    const set = resultOf(peer.exchange(invoke(PID.timeSet, [wireInteger(time)])));
    expect(set.values).toEqual([-5_000, 0].map(wireInteger));
    expect(source()).toBe('command');
  });

  it('has nothing to forget', () => {
    const answer = resultOf(peer.exchange(invoke(PID.factoryReset, [])));
    expect(answer.status).toBe(Status.UNSUPPORTED);
  });

  it('answers a reset as accepted, sends goodbye and returns with another boot', () => {
    const before = lamp.bootId;
    expect(resultOf(peer.exchange(invoke(45, []))).status).toBe(Status.ACCEPTED);
    clock.advance(0);
    expect(peer.goodbye).toBe(GoodbyeReason.RESTART);
    expect(lamp.bootId).not.toBe(before);
    expect(lamp.uptimeMs()).toBe(0);
  });
});

it('says in its log what becomes of each command, and of its repeat', () => {
  const lines: string[] = [];
  const unit = buildUnit({
    kind: 'lamp',
    hardwareId: 'lamp-1',
    clock,
    newBootId: () => 1,
    observer: commandLog((line) => lines.push(line)),
  });
  const peer = new TestPeer(unit);
  peer.hello();
  const tag = { commandId: 0x9f045b8e2d7a1c60n, ttlMs: 0 };
  peer.exchange(write(1, wireBoolean(true), { tag }));
  peer.exchange(write(1, wireBoolean(true), { tag }));
  peer.exchange(write(1, wireBoolean(true)));
  expect(lines).toEqual([
    'stage=unit_received command=9f04-5b8e2d7a1c60 pid=1',
    'stage=unit_replied command=9f04-5b8e2d7a1c60 status=ok',
    'stage=unit_received command=9f04-5b8e2d7a1c60 pid=1',
    'stage=unit_replied command=9f04-5b8e2d7a1c60 status=duplicate',
  ]);
  unit.close();
});
