import { clone, create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AffordanceKind,
  DescriptionSchema,
  PongSchema,
  PropertyValueSchema,
  ReportSchema,
  ResultSchema,
  Status,
  ValueSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { Tampering } from '../../test/harness/virtual-units.ts';
import type { TaskEnd } from '../drivers/port/command-task.ts';
import type { issued } from '../testing/test-base.ts';
import { UnitFixture } from '../testing/unit-fixture.ts';

let fixture: UnitFixture;
beforeEach(() => {
  fixture = new UnitFixture();
});

describe('a unit that lies', () => {
  const sendResult = (
    requestId: number,
    link: Parameters<NonNullable<Tampering['onRequest']>>[1],
  ) => {
    link.send(requestId, { case: 'result', value: create(ResultSchema, { status: Status.OK }) });
  };

  it('is refused when it is another than the one that was added', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf('expected'));
    expect(fixture.states()).toEqual([['lost', 'unit_wrong']]);
    unit.submit(fixture.task());
    await fixture.settle();
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_wrong' } }]);
    expect(fixture.requestsOf('write')).toEqual([]);
  });

  it.each<[string, Tampering]>([
    [
      'a frame longer than allowed',
      { onSend: (_message, link) => (link.writeRaw(Uint8Array.of(0xb5, 1, 0xff, 0xff)), true) },
    ],
    [
      'a frame of garbage',
      { onSend: (_message, link) => (link.writeRaw(new TextEncoder().encode('HTTP/1.1')), true) },
    ],
    [
      'an empty envelope',
      { onSend: (_message, link) => (link.writeRaw(Uint8Array.of(0xb5, 1, 0, 2, 8, 1)), true) },
    ],
    [
      'a pong in place of its hello',
      {
        onSend: ({ requestId }, link) => {
          link.send(requestId, { case: 'pong', value: create(PongSchema) });
          return true;
        },
      },
    ],
    [
      'a description under another hash',
      {
        onSend: ({ body }) => {
          if (body.case === 'hello' && body.value.identity?.case === 'unit') {
            Object.assign(body.value.identity.value, { schemaHash: 1n });
          }
          return false;
        },
      },
    ],
    [
      'a description of another kind than its hash says',
      {
        onSend: ({ requestId, body }, link) => {
          if (body.case !== 'description' || body.value.index !== 3) return false;
          // A copy: all units of a kind share one table.
          const value = clone(DescriptionSchema, create(DescriptionSchema, body.value));
          Object.assign(value.affordance ?? {}, { kind: AffordanceKind.EVENT });
          link.send(requestId, { case: 'description', value });
          return true;
        },
      },
    ],
    [
      'a description of a thousand affordances',
      {
        onSend: ({ body }) => {
          if (body.case === 'description') Object.assign(body.value, { count: 1_000 });
          return false;
        },
      },
    ],
  ])('is refused when it sends %s', async (_name, tampering) => {
    fixture.put(tampering);
    await fixture.started(fixture.unitOf());
    expect(fixture.states()).toEqual([['lost', 'unit_protocol_error']]);
  });

  it('is not believed an answer to a request of another time or with another id', async () => {
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        sendResult(requestId + 1_000, link);
        sendResult(requestId - 1, link);
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task({}, 3_000));
    await fixture.settle();
    expect(fixture.ended).toEqual([]);
    await fixture.pass(3_000);
    expect(fixture.ended).toMatchObject([{ end: { outcome: 'unknown' } }]);
  });

  it('is disconnected when it keeps sending unsolicited answers', async () => {
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        for (let id = 0; id < 20; id += 1) sendResult(requestId + 100 + id, link);
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    await fixture.settle();
    expect(fixture.states().at(-1)).toEqual(['lost', 'unit_protocol_error']);
  });

  it('has its flood of reports bounded, and values that do not fit left out', async () => {
    fixture.put({
      onRequest: ({ body }, link) => {
        if (body.case !== 'write') return false;
        for (let seq = 1; seq <= 5_000; seq += 1) {
          const value = create(ValueSchema, { kind: { case: 'integer', value: 7n } });
          const values = [
            create(PropertyValueSchema, { pid: 3, value }),
            create(PropertyValueSchema, { pid: 1, value }),
            create(PropertyValueSchema, { pid: 50, value }),
          ];
          const report = create(ReportSchema, { seq: 3 * seq + 10, uptimeMs: 1n << 62n, values });
          link.send(0, { case: 'report', value: report });
        }
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    fixture.readings.length = 0;
    unit.submit(fixture.task());
    for (let turn = 0; turn < 20; turn += 1) await fixture.settle();
    expect(fixture.readings.length).toBeLessThanOrEqual(1_000);
    expect(fixture.readings.length).toBeGreaterThan(900);
    expect(new Set(fixture.readings.map(({ property }) => property))).toEqual(
      new Set(['brightness']),
    );
    for (const { measuredAtMs } of fixture.readings)
      expect(measuredAtMs).toBe(fixture.clock.nowMs());
  });

  it.each([
    [Status.OUT_OF_RANGE, { outcome: 'rejected', code: 'unit_out_of_range' }],
    [Status.BUSY, { outcome: 'rejected', code: 'unit_busy' }],
    [Status.EXPIRED, { outcome: 'expired', code: 'expired' }],
    [Status.DENIED, { outcome: 'rejected', code: 'unit_denied' }],
    [Status.DUPLICATE, { outcome: 'failed', code: 'unit_protocol_error', duplicate: true }],
  ] as const)('reports status %i as the unit means it', async (status, end) => {
    fixture.put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        link.send(requestId, { case: 'result', value: create(ResultSchema, { status }) });
        return true;
      },
    });
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task());
    await fixture.settle();
    expect(fixture.ended[0]?.end).toEqual(end);
  });
});

describe('commands against the description', () => {
  it.each<[string, Parameters<typeof issued>[0], TaskEnd]>([
    [
      'an unknown name',
      { affordance: 'volume' },
      { outcome: 'rejected', code: 'affordance_unknown' },
    ],
    [
      'a name of Object',
      { affordance: 'toString' },
      { outcome: 'rejected', code: 'affordance_unknown' },
    ],
    ['a value that does not fit', { input: 'yes' }, { outcome: 'rejected', code: 'input_invalid' }],
    [
      'a write to what only reads',
      { affordance: 'uptime', input: 1 },
      { outcome: 'rejected', code: 'operation_not_allowed' },
    ],
    [
      'missing arguments',
      { operation: 'invokeaction', affordance: 'gpioWrite', input: { pin: 4 } },
      { outcome: 'rejected', code: 'input_invalid' },
    ],
    [
      'surplus arguments',
      { operation: 'invokeaction', affordance: 'reset', input: { now: true } },
      { outcome: 'rejected', code: 'input_invalid' },
    ],
    [
      'an action with inputs and outputs',
      { operation: 'invokeaction', affordance: 'gpioWrite', input: { pin: 4, level: 1 } },
      { outcome: 'succeeded', output: { level: 1 } },
    ],
    [
      'a read',
      { operation: 'readproperty', affordance: 'freeHeap' },
      { outcome: 'succeeded', output: 38_000 },
    ],
  ])('answers %s', async (_name, more, end) => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    unit.submit(fixture.task(more));
    await fixture.settle();
    expect(fixture.ended[0]?.end).toEqual(end);
  });

  it('reports that the unit had executed it before', async () => {
    fixture.put();
    const unit = await fixture.started(fixture.unitOf());
    const first = fixture.task();
    unit.submit(first);
    await fixture.settle();
    unit.submit({ ...first, attempts: 0, end: undefined });
    await fixture.settle();
    expect(fixture.ended[1]?.end).toEqual({ outcome: 'succeeded', output: true, duplicate: true });
  });
});
