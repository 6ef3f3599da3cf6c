import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import {
  ResumeSchema,
  Status,
  SubscribeSchema,
  TimeSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { until } from '#platform/testing/until.ts';
import {
  boolean,
  type ConformingLamp,
  connectedTo,
  exchange,
  pidsOf,
  read,
  reportsOf,
  subscribe,
  valuesOf,
  write,
} from './conforming-lamp.ts';

/** What every unit reports unasked (docs/unit-link.md sections 9 and 10), and the time it is given. */
export function itConformsInReports(lamp: () => ConformingLamp): void {
  it('reports a subscribed property at once, at each change, and not after a cancel', async () => {
    const peer = await connectedTo(lamp());
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
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    await exchange(peer, subscribe(pid('brightness'), 20, 40));
    await until('three reports', () => valuesOf(peer, pid('brightness')).length >= 3);
    expect(new Set(valuesOf(peer, pid('brightness'))).size).toBe(1);
  });

  it('goes on after the last sample that a base has', async () => {
    const peer = await connectedTo(lamp());
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

  it('accepts the time, and keeps it', async () => {
    const peer = await connectedTo(lamp());
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

  it('ignores a time that no clock can show', async () => {
    const peer = await connectedTo(lamp());
    const pid = await pidsOf(peer);
    for (const epochMs of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n]) {
      peer.say(0, { case: 'time', value: create(TimeSchema, { epochMs, utcOffsetMinutes: 0 }) });
    }
    const { values } = await exchange(peer, read(pid('time')));
    expect(Math.abs(Number(values[0]?.kind.value))).toBeLessThan(2 ** 53);
  });
}
