import { createHash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { describeThing } from '#protocol/unit-link/describe-thing.ts';
import { encodeEnvelope, type EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import {
  type Affordance,
  AffordanceKind,
  AffordanceSchema,
  type CommandTag,
  DescribeSchema,
  GoodbyeReason,
  GoodbyeSchema,
  HelloSchema,
  InvokeSchema,
  PingSchema,
  ReadSchema,
  type Report,
  type Result,
  ResumeSchema,
  Status,
  SubscribeSchema,
  TimeSchema,
  type UnitHello,
  type Value,
  ValueSchema,
  WriteSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { UnitPeer } from './unit-peer.ts';
import { until } from '#platform/testing/until.ts';
import { itConformsInUpdates } from './update-conformance.ts';

type Body = NonNullable<EnvelopeBody>;

/** A lamp that listens on a port, as an implementation provides it. */
export interface ConformingLamp {
  /** A connection to it that has sent nothing. */
  readonly connect: () => UnitPeer;
  readonly isEncrypted: boolean;
  /**
   * A signed firmware file for it, and one of a maker that it does not trust; absent: it
   * accepts no updates.
   */
  readonly firmware?: { readonly trusted: Uint8Array; readonly untrusted: Uint8Array };
}

const boolean = (value: boolean): Value =>
  create(ValueSchema, { kind: { case: 'boolean', value } });
const integer = (value: number): Value =>
  create(ValueSchema, { kind: { case: 'integer', value: BigInt(value) } });
const color = (value: number): Value => create(ValueSchema, { kind: { case: 'color', value } });

const NOBODYS_PID = 63;
let lastCommandId = 0x1234_5678_0000_0000n;
type Tag = Pick<CommandTag, 'commandId' | 'ttlMs'>;
const newTag = (): Tag => ({ commandId: (lastCommandId += 1n), ttlMs: 0 });

const read = (pid: number): Body => ({ case: 'read', value: create(ReadSchema, { pid }) });
const write = (pid: number, value?: Value, tag?: Tag): Body => ({
  case: 'write',
  value: create(WriteSchema, { pid, ...(value ? { value } : {}), ...(tag ? { tag } : {}) }),
});
const invoke = (pid: number, args: Value[], tag?: Tag): Body => ({
  case: 'invoke',
  value: create(InvokeSchema, { pid, arguments: args, ...(tag ? { tag } : {}) }),
});
const subscribe = (pid: number, minIntervalMs: number, maxIntervalMs: number): Body => ({
  case: 'subscribe',
  value: create(SubscribeSchema, { pid, minIntervalMs, maxIntervalMs }),
});

/**
 * What every unit does on the link (docs/unit-link.md), whoever wrote it: the
 * C++ firmware and the TypeScript stand-in, plain and encrypted.
 */
export function itConforms(lamp: () => ConformingLamp): void {
  async function connected(): Promise<UnitPeer> {
    const peer = lamp().connect();
    expect(await peer.sayHello()).toBe(true);
    return peer;
  }

  async function exchange(peer: UnitPeer, body: Body): Promise<Result> {
    const answer = await peer.exchange(body);
    if (answer?.body.case !== 'result') throw new Error(`answered ${String(answer?.body.case)}`);
    return answer.body.value;
  }

  async function describedBy(peer: UnitPeer): Promise<Affordance[]> {
    const found: Affordance[] = [];
    for (let index = 0, count = 1; index < count; index += 1) {
      const answer = await peer.exchange({
        case: 'describe',
        value: create(DescribeSchema, { index }),
      });
      if (answer?.body.case !== 'description') throw new Error(`no description ${index}`);
      const { affordance, ...more } = answer.body.value;
      expect(more.index).toBe(index);
      count = more.count;
      if (affordance) found.push(affordance);
    }
    return found;
  }

  /** Requested once: a unit's description does not change. */
  const pids = new Map<string, number>();
  async function pidsOf(peer: UnitPeer): Promise<(name: string) => number> {
    if (pids.size === 0) {
      for (const { name, pid } of await describedBy(peer)) pids.set(name, pid);
    }
    return (name) => {
      const pid = pids.get(name);
      if (pid === undefined) throw new Error(`it has no ${name}`);
      return pid;
    };
  }

  /** Its identity in its hello. */
  function unitOf({ heard: [answer] }: UnitPeer): UnitHello {
    const identity = answer?.body.case === 'hello' ? answer.body.value.identity : undefined;
    if (identity?.case !== 'unit') throw new Error('it is no unit');
    return identity.value;
  }

  const reportsOf = (peer: UnitPeer): Report[] =>
    peer.heard.flatMap(({ body }) => (body.case === 'report' ? [body.value] : []));
  const valuesOf = (peer: UnitPeer, pid: number): unknown[] =>
    reportsOf(peer).flatMap(({ values }) =>
      values.filter((one) => one.pid === pid).map((one) => one.value?.kind.value),
    );

  it('answers a hello with its own, under the same request id', async () => {
    const peer = await connected();
    expect(peer.heard[0]).toMatchObject({
      requestId: 1,
      body: { case: 'hello', value: { protocolMin: 1, maxBodyBytes: LIMITS.frameBodyBytes } },
    });
    const unit = unitOf(peer);
    expect(unit).toMatchObject({ hardwareId: 'conforming', model: 'rgb-lamp', safeMode: false });
    expect(unit.bootId).not.toBe(0);
    expect(unit.maxInFlight).toBeGreaterThanOrEqual(1);
  });

  it('says that there is no common version, and closes', async () => {
    const peer = lamp().connect();
    await peer.secured();
    const identity = { case: 'base', value: { baseId: 'base' } } as const;
    peer.say(1, {
      case: 'hello',
      value: create(HelloSchema, { protocolMin: 2, protocolMax: 9, maxBodyBytes: 1024, identity }),
    });
    expect(await peer.ended()).toBe(GoodbyeReason.VERSION);
  });

  it('ends a connection that begins with anything but a hello', async () => {
    const peer = lamp().connect();
    await peer.secured();
    peer.say(1, { case: 'ping', value: create(PingSchema) });
    expect(await peer.ended()).toBe(GoodbyeReason.PROTOCOL_ERROR);
  });

  it('answers a second hello as a bad request, and goes on', async () => {
    const peer = await connected();
    const { status } = await exchange(peer, { case: 'hello', value: create(HelloSchema) });
    expect(status).toBe(Status.BAD_REQUEST);
    expect(await peer.isServed()).toBe(true);
  });

  it('describes itself as a lamp, one affordance an answer, and no further', async () => {
    const peer = await connected();
    const affordances = await describedBy(peer);
    const unit = unitOf(peer);
    const thing = describeThing(unit, affordances);
    if (!thing) throw new Error('its description is not valid');
    expect(schemaHashOf(affordances)).toBe(unit.schemaHash);
    expect(Object.keys(thing.properties)).toEqual(
      expect.arrayContaining(['on', 'color', 'brightness', 'uptime', 'time']),
    );
    expect(Object.keys(thing.actions)).toEqual(
      expect.arrayContaining(['gpioRead', 'gpioWrite', 'gpioPulse', 'uartWrite', 'reset']),
    );
    const value = create(DescribeSchema, { index: affordances.length });
    expect((await exchange(peer, { case: 'describe', value })).status).toBe(Status.OUT_OF_RANGE);
  });

  it('reads each of its readable properties, and nothing else', async () => {
    const peer = await connected();
    const affordances = await describedBy(peer);
    for (const { pid, kind, readable, name } of affordances) {
      const { status, values } = await exchange(peer, read(pid));
      const isReadable = kind === AffordanceKind.PROPERTY && readable;
      expect([name, status]).toEqual([name, isReadable ? Status.OK : Status.UNKNOWN_AFFORDANCE]);
      expect(values).toHaveLength(isReadable ? 1 : 0);
    }
    expect((await exchange(peer, read(NOBODYS_PID))).status).toBe(Status.UNKNOWN_AFFORDANCE);
  });

  it('writes, answers with the value in force, and reads it back', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    for (const value of [0x12ab34, 0xff8800]) {
      const { status, values } = await exchange(peer, write(pid('color'), color(value)));
      expect([status, values[0]?.kind.value]).toEqual([Status.OK, value]);
      const { values: now } = await exchange(peer, read(pid('color')));
      expect(now[0]?.kind.value).toBe(value);
    }
  });

  it('refuses what its description does not allow, and changes nothing', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    await exchange(peer, write(pid('brightness'), integer(40)));
    const refusals: [Body, Status][] = [
      [write(pid('brightness'), integer(101)), Status.OUT_OF_RANGE],
      [write(pid('brightness'), integer(-1)), Status.OUT_OF_RANGE],
      [write(pid('brightness'), boolean(true)), Status.BAD_REQUEST],
      [write(pid('brightness')), Status.BAD_REQUEST],
      [write(pid('uptime'), integer(1)), Status.READ_ONLY],
      [write(pid('reset'), boolean(true)), Status.UNKNOWN_AFFORDANCE],
      [write(NOBODYS_PID, boolean(true)), Status.UNKNOWN_AFFORDANCE],
      [invoke(pid('on'), []), Status.UNKNOWN_AFFORDANCE],
      [invoke(NOBODYS_PID, []), Status.UNKNOWN_AFFORDANCE],
      [invoke(pid('gpioWrite'), []), Status.BAD_REQUEST],
      [invoke(pid('gpioWrite'), [integer(4), integer(1), integer(1)]), Status.BAD_REQUEST],
      [invoke(pid('gpioWrite'), [integer(4), boolean(true)]), Status.BAD_REQUEST],
      [invoke(pid('gpioWrite'), [integer(1), integer(1)]), Status.OUT_OF_RANGE],
      [invoke(pid('gpioWrite'), [integer(4), integer(2)]), Status.OUT_OF_RANGE],
      [subscribe(pid('reset'), 0, 0), Status.UNKNOWN_AFFORDANCE],
      [subscribe(pid('color'), 500, 100), Status.BAD_REQUEST],
    ];
    for (const [index, [body, status]] of refusals.entries()) {
      const result = await exchange(peer, body);
      expect([index, result.status]).toEqual([index, status]);
      expect(result.values).toEqual([]);
    }
    const { values } = await exchange(peer, read(pid('brightness')));
    expect(values[0]?.kind.value).toBe(40n);
  });

  it('carries a command out once, and answers a repeat with the first result', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const tag = newTag();
    const first = await exchange(peer, write(pid('brightness'), integer(55), tag));
    await exchange(peer, write(pid('brightness'), integer(66)));
    const repeat = await exchange(peer, write(pid('brightness'), integer(55), tag));
    expect(first.status).toBe(Status.OK);
    expect(repeat).toMatchObject({ status: Status.DUPLICATE, firstStatus: Status.OK });
    expect(repeat.values[0]?.kind.value).toBe(55n);
    const { values } = await exchange(peer, read(pid('brightness')));
    expect(values[0]?.kind.value).toBe(66n);
  });

  it('remembers a refusal like a success, also over a new connection', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const tag = newTag();
    expect((await exchange(peer, write(pid('brightness'), integer(999), tag))).status).toBe(
      Status.OUT_OF_RANGE,
    );
    peer.close();
    const repeat = await exchange(await connected(), write(pid('brightness'), integer(999), tag));
    expect(repeat).toMatchObject({
      status: Status.DUPLICATE,
      firstStatus: Status.OUT_OF_RANGE,
      values: [],
    });
  });

  it('remembers eight commands, and forgets the ninth before', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const tags = Array.from({ length: 9 }, () => newTag());
    for (const tag of tags) await exchange(peer, write(pid('brightness'), integer(10), tag));
    const statusOf = async (tag: Tag | undefined) =>
      (await exchange(peer, write(pid('brightness'), integer(10), tag))).status;
    expect(await statusOf(tags[8])).toBe(Status.DUPLICATE);
    expect(await statusOf(tags[1])).toBe(Status.DUPLICATE);
    expect(await statusOf(tags[0])).toBe(Status.OK);
  });

  it('reports a subscribed property at once, at each change, and not after a cancel', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    await exchange(peer, write(pid('on'), boolean(false)));
    expect((await exchange(peer, subscribe(pid('on'), 0, 0))).status).toBe(Status.OK);
    await until('the present value', () => valuesOf(peer, pid('on')).length === 1);
    await exchange(peer, write(pid('on'), boolean(true)));
    await until('the change', () => valuesOf(peer, pid('on')).length === 2);
    expect(valuesOf(peer, pid('on'))).toEqual([false, true]);
    const [before, after] = reportsOf(peer);
    expect((after?.seq ?? 0) - (before?.seq ?? 0)).toBe(1);
    const cancel = create(SubscribeSchema, { pid: pid('on'), cancel: true });
    expect((await exchange(peer, { case: 'subscribe', value: cancel })).status).toBe(Status.OK);
    await exchange(peer, write(pid('on'), boolean(false)));
    // The report of another property shows that one of this would have come.
    await exchange(peer, subscribe(pid('brightness'), 0, 0));
    await until('another report', () => valuesOf(peer, pid('brightness')).length === 1);
    expect(valuesOf(peer, pid('on'))).toEqual([false, true]);
  });

  it('reports again after the longest interval, though nothing changed', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    await exchange(peer, subscribe(pid('brightness'), 20, 40));
    await until('three reports', () => valuesOf(peer, pid('brightness')).length >= 3);
    expect(new Set(valuesOf(peer, pid('brightness'))).size).toBe(1);
  });

  it('goes on after the last sample that a base has', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    await exchange(peer, subscribe(pid('brightness'), 0, 0));
    await until('a report', () => reportsOf(peer).length === 1);
    const afterSeq = reportsOf(peer)[0]?.seq ?? 0;
    const answer = await peer.exchange({
      case: 'resume',
      value: create(ResumeSchema, { afterSeq }),
    });
    expect(answer?.body).toMatchObject({ case: 'resumed', value: { nextSeq: afterSeq + 1 } });
  });

  it('takes the time, and keeps it', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const epochMs = 1_800_000_000_000;
    peer.say(0, {
      case: 'time',
      value: create(TimeSchema, { epochMs: BigInt(epochMs), utcOffsetMinutes: 60 }),
    });
    const { values } = await exchange(peer, read(pid('time')));
    expect(Number(values[0]?.kind.value)).toBeGreaterThanOrEqual(epochMs);
    expect(Number(values[0]?.kind.value)).toBeLessThan(epochMs + 60_000);
  });

  it('ignores requests without an id, and what is no request', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const before = peer.heard.length;
    peer.say(0, read(pid('on')));
    peer.say(7, { case: 'pong', value: { $typeName: 'signalbox.unitlink.v1.Pong', uptimeMs: 1n } });
    expect(await peer.isServed()).toBe(true);
    expect(peer.heard).toHaveLength(before + 1);
  });

  it('answers what it does not know as unsupported', async () => {
    const peer = await connected();
    // Request 900 with the message of field 49, which no version has.
    peer.sayRaw(Uint8Array.of(0x08, 0x84, 0x07, 0x8a, 0x03, 0x00));
    const answer = await until('an answer', () =>
      peer.heard.find(({ requestId }) => requestId === 900),
    );
    expect(answer.body).toMatchObject({ case: 'result', value: { status: Status.UNSUPPORTED } });
    expect(await peer.isServed()).toBe(true);
  });

  it('ends a connection whose frames are broken, and serves the next', async () => {
    const peer = await connected();
    peer.write(Uint8Array.of(0x00, 0x01, 0x00, 0x01, 0x00));
    expect(await peer.ended()).toBe(GoodbyeReason.PROTOCOL_ERROR);
    expect(await (await connected()).isServed()).toBe(true);
  });

  it('lets a goodbye be the end', async () => {
    const peer = await connected();
    const value = create(GoodbyeSchema, { reason: GoodbyeReason.DONE });
    peer.say(0, { case: 'goodbye', value });
    await until('it closes', () => peer.isClosed);
  });

  it('lets a second base take over, and says so to the first', async () => {
    const first = await connected();
    const second = await connected();
    expect(await first.ended()).toBe(GoodbyeReason.TAKEN_OVER);
    expect(await second.isServed()).toBe(true);
  });

  it('answers requests in their order, however many are under way', async () => {
    const peer = await connected();
    const pid = await pidsOf(peer);
    const before = peer.heard.length;
    for (let id = 501; id <= 504; id += 1) peer.say(id, read(pid('on')));
    await until('four answers', () => peer.heard.length >= before + 4);
    const answers = peer.heard.slice(before);
    const done = answers.filter(
      ({ body }) => body.case === 'result' && body.value.status === Status.OK,
    );
    // Beyond max_in_flight it may answer busy, and that may overtake.
    expect(done.length).toBeGreaterThan(0);
    expect(done.map(({ requestId }) => requestId)).toEqual(
      done.map(({ requestId }) => requestId).toSorted((a, b) => a - b),
    );
    expect(answers.map(({ requestId }) => requestId).toSorted((a, b) => a - b)).toEqual([
      501, 502, 503, 504,
    ]);
  });

  itConformsInUpdates(lamp);

  it('is not harmed by frames in pieces', async () => {
    const peer = await connected();
    const before = peer.heard.length;
    const ping = encodeEnvelope(700, { case: 'ping', value: create(PingSchema) });
    for (const byte of peer.frame(ping)) peer.write(Uint8Array.of(byte));
    await until('the pong', () => peer.heard.length === before + 1);
    expect(peer.heard.at(-1)).toMatchObject({ requestId: 700, body: { case: 'pong' } });
  });
}

/** docs/unit-link.md section 4.5. */
function schemaHashOf(affordances: readonly Affordance[]): bigint {
  const hash = createHash('sha256');
  for (const affordance of affordances) {
    const bytes = toBinary(AffordanceSchema, affordance);
    hash.update(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)).update(bytes);
  }
  return hash.digest().readBigUInt64BE();
}
