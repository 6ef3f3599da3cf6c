import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { describeThing } from '#protocol/unit-link/describe-thing.ts';
import {
  AffordanceKind,
  DescribeSchema,
  GoodbyeReason,
  HelloSchema,
  PingSchema,
  Status,
} from '#protocol/unit-link/unit_link_pb.ts';
import {
  type Body,
  boolean,
  color,
  type ConformingLamp,
  connectedTo,
  describedBy,
  exchange,
  integer,
  invoke,
  newTag,
  NOBODYS_PID,
  pidsOf,
  read,
  subscribe,
  type Tag,
  unitOf,
  write,
} from './conforming-lamp.ts';
import { schemaHashOf } from './schema-hash.ts';
import { itConformsInReports } from './unit-reports-conformance.ts';
import { itConformsOnTheLink } from './unit-link-conformance.ts';
import { itConformsInUpdates } from './update-conformance.ts';

/**
 * What every unit does on the link (docs/unit-link.md), whoever wrote it: the
 * C++ firmware and the TypeScript stand-in, plain and encrypted.
 */
export function itConforms(lamp: () => ConformingLamp): void {
  it('answers a hello with its own, under the same request id', async () => {
    const peer = await connectedTo(lamp());
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
    const peer = await connectedTo(lamp());
    const { status } = await exchange(peer, { case: 'hello', value: create(HelloSchema) });
    expect(status).toBe(Status.BAD_REQUEST);
    expect(await peer.isServed()).toBe(true);
  });

  it('describes itself as a lamp, one affordance an answer, and no further', async () => {
    const peer = await connectedTo(lamp());
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
    const peer = await connectedTo(lamp());
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
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    for (const value of [0x12ab34, 0xff8800]) {
      const { status, values } = await exchange(peer, write(pid('color'), color(value)));
      expect([status, values[0]?.kind.value]).toEqual([Status.OK, value]);
      const { values: now } = await exchange(peer, read(pid('color')));
      expect(now[0]?.kind.value).toBe(value);
    }
  });

  it('refuses what its description does not allow, and changes nothing', async () => {
    const peer = await connectedTo(lamp());
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

  it('executes a command once, and answers a retry with the first result', async () => {
    const peer = await connectedTo(lamp());
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
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    const tag = newTag();
    expect((await exchange(peer, write(pid('brightness'), integer(999), tag))).status).toBe(
      Status.OUT_OF_RANGE,
    );
    peer.close();
    const repeat = await exchange(
      await connectedTo(lamp()),
      write(pid('brightness'), integer(999), tag),
    );
    expect(repeat).toMatchObject({
      status: Status.DUPLICATE,
      firstStatus: Status.OUT_OF_RANGE,
      values: [],
    });
  });

  it('remembers the last eight commands, and none before them', async () => {
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    const tags = Array.from({ length: 9 }, () => newTag());
    for (const tag of tags) await exchange(peer, write(pid('brightness'), integer(10), tag));
    const statusOf = async (tag: Tag | undefined) =>
      (await exchange(peer, write(pid('brightness'), integer(10), tag))).status;
    expect(await statusOf(tags[8])).toBe(Status.DUPLICATE);
    expect(await statusOf(tags[1])).toBe(Status.DUPLICATE);
    expect(await statusOf(tags[0])).toBe(Status.OK);
  });

  itConformsInReports(lamp);
  itConformsOnTheLink(lamp);
  itConformsInUpdates(lamp);
}
