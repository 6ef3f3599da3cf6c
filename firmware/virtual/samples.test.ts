import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { ResumeSchema } from '#protocol/unit-link/unit_link_pb.ts';
import { RING_SAMPLES } from './sample-ring.ts';
import { TestPeer } from './testing/test-peer.ts';
import { reportsOf, subscribe } from './testing/unit-requests.ts';
import { buildUnit } from './unit-kinds.ts';
import type { VirtualUnit } from './virtual-unit.ts';

let clock: ManualClock;
let sensor: VirtualUnit;
let bootId = 0;

beforeEach(() => {
  clock = new ManualClock();
  const newBootId = () => (bootId += 1);
  sensor = buildUnit({ kind: 'light_sensor', hardwareId: 'light_sensor-1', clock, newBootId });
});
afterEach(() => {
  sensor.close();
  expect(clock.pendingTimers).toBe(0);
});

describe('the virtual light sensor', () => {
  it('measures only after a subscription, and reports at the requested interval', () => {
    expect(clock.pendingTimers).toBe(0);
    const peer = new TestPeer(sensor);
    peer.hello();
    peer.exchange(subscribe(1, 1_000));
    clock.advance(5_000);
    const reports = reportsOf(peer);
    expect(reports.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(reports.map(({ uptimeMs }) => uptimeMs)).size).toBe(6);
  });
});

describe('samples of a virtual unit', () => {
  const resume = (peer: TestPeer, afterSeq: number) => {
    const answer = peer.exchange({ case: 'resume', value: create(ResumeSchema, { afterSeq }) });
    if (answer?.body.case !== 'resumed') throw new Error('not resumed');
    return answer.body.value.nextSeq;
  };
  const seqsOf = (peer: TestPeer) =>
    reportsOf(peer).flatMap(({ seq, values }) => values.map((_value, index) => seq + index));
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const peerOf = (unit: VirtualUnit) => {
    const peer = new TestPeer(unit);
    peer.hello();
    return peer;
  };

  it('wait for the base that returns, and continue with new ones', () => {
    const first = peerOf(sensor);
    first.exchange(subscribe(1, 1_000));
    clock.advance(3_000);
    first.close();
    clock.advance(5_000);
    const second = peerOf(sensor);
    expect(resume(second, 2)).toBe(3);
    second.exchange(subscribe(1, 1_000));
    clock.advance(2_000);
    expect(seqsOf(first)).toEqual(range(1, 4));
    expect(seqsOf(second)).toEqual(range(3, 11));
    const uptimes = reportsOf(second).map(({ uptimeMs }) => Number(uptimeMs));
    expect(uptimes).toEqual(uptimes.toSorted((a, b) => a - b));
  });

  it.each([RING_SAMPLES - 1, RING_SAMPLES, RING_SAMPLES + 1, 3 * RING_SAMPLES])(
    'are kept while they are not too many: %i',
    (missed) => {
      const first = peerOf(sensor);
      first.exchange(subscribe(1, 200, 200));
      first.close();
      clock.advance(missed * 200);
      const second = peerOf(sensor);
      const lost = Math.max(0, missed - RING_SAMPLES);
      expect(resume(second, 1)).toBe(2 + lost);
      expect(seqsOf(second)).toEqual(range(2 + lost, 1 + missed));
    },
  );

  it('are not sent to a peer that did not request them', () => {
    const first = peerOf(sensor);
    first.exchange(subscribe(1, 1_000));
    const tool = peerOf(sensor);
    clock.advance(3_000);
    expect(reportsOf(tool)).toEqual([]);
    const again = peerOf(sensor);
    expect(resume(again, 1)).toBe(2);
    expect(seqsOf(again)).toEqual(range(2, 4));
  });

  it('start over at a boot', () => {
    const first = peerOf(sensor);
    first.exchange(subscribe(1, 1_000));
    clock.advance(3_000);
    sensor.restart();
    const second = peerOf(sensor);
    expect(resume(second, 4)).toBe(1);
    clock.advance(3_000);
    expect(reportsOf(second)).toEqual([]);
  });
});
