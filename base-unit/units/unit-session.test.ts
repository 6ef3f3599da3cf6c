import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { BaseId, newId, UnitId } from '#protocol/ids.ts';
import { toInstant } from '#protocol/json.ts';
import type { Reading } from '#protocol/reading.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import {
  AffordanceKind,
  type Envelope,
  GoodbyeReason,
  PongSchema,
  PropertyValueSchema,
  ReportSchema,
  ResultSchema,
  Status,
  ValueSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { atTestEnd } from '../../test/harness/cleanup.ts';
import {
  manualClock,
  type ManualClock,
  type Tampering,
  virtualUnit,
  type VirtualUnit,
} from '../../test/harness/virtual-units.ts';
import type { CommandTask, TaskEnd } from '../commands/command-task.ts';
import { issued, testLog } from '../testing/test-base.ts';
import { Gate } from './gate.ts';
import { MemoryTransport } from './memory-transport.ts';
import type { PresenceNow } from './unit-events.ts';
import { UnitSession } from './unit-session.ts';

const address = { host: 'unit.test', port: 8888 };
const unitId = newId(UnitId);

let clock: ManualClock;
let transport: MemoryTransport;
let presences: PresenceNow[];
let readings: Reading[];
let ended: { readonly task: CommandTask; readonly end: TaskEnd }[];
let heard: Envelope[];
let marked: CommandTask[];
let dials: number;

beforeEach(() => {
  clock = manualClock();
  transport = new MemoryTransport();
  [presences, readings, ended, heard, marked] = [[], [], [], [], []];
  dials = 0;
});

function sessionOf(hardwareId: string | null = null): UnitSession {
  const known = new Map<string, ThingDescription>();
  const session = new UnitSession(
    { unitId, origin: 'hub', name: 'Unit', address, hardwareId, told: null },
    {
      clock,
      log: testLog,
      random: () => 0.5,
      baseId: newId(BaseId),
      transport: {
        dial: async (where, events) => {
          dials += 1;
          return transport.dial(where, events);
        },
      },
      gates: { dial: new Gate(8), handshake: new Gate(8) },
      descriptions: {
        find: (hash) => known.get(hash),
        put: (thing) => known.set(thing['sb:schemaHash'], thing),
      },
      sensorIntervalMs: 1_000,
      clockQuality: () => 'synced',
      isElsewhere: () => false,
      events: {
        presence: (_unitId, presence) => presences.push(presence),
        described: () => undefined,
        readings: (_unitId, _bootId, some) => readings.push(...some),
        happened: () => undefined,
        sending: (task) => marked.push(task),
        written: () => undefined,
        finished: (task, end) => ended.push({ task, end }),
      },
    },
  );
  atTestEnd.add(async () => {
    const closed = session.close();
    clock.advance(2_000);
    await closed;
    expect(session.isConnected).toBe(false);
  });
  return session;
}

/** A unit at the address, whose requests are noted. */
function put(tampering: Tampering = {}, kind: 'lamp' | 'light_sensor' = 'lamp'): VirtualUnit {
  const unit = virtualUnit(
    {
      kind,
      clock,
      hardwareId: 'real',
      tampering: {
        ...tampering,
        onRequest: (request, link) => {
          heard.push(request);
          return tampering.onRequest?.(request, link) ?? false;
        },
      },
    },
    atTestEnd,
  );
  transport.put(address, unit);
  return unit;
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) await Promise.resolve();
}

async function pass(ms: number, stepMs = 500): Promise<void> {
  let left = ms;
  while (left > 0) {
    clock.advance(Math.min(stepMs, left));
    left -= stepMs;
    await settle();
  }
}

function task(more: Parameters<typeof issued>[0] = {}, ttlMs: number | null = 10_000): CommandTask {
  const expiresAtMs = ttlMs === null ? undefined : clock.nowMs() + ttlMs;
  const expiresAt = expiresAtMs === undefined ? null : toInstant(expiresAtMs);
  const command = issued({ unitId, expiresAt, ...more });
  return { command, expiresAtMs, trace: [], attempts: 0, isInDoubt: false };
}

async function started(session: UnitSession): Promise<UnitSession> {
  session.start(0);
  clock.advance(0);
  await settle();
  return session;
}

const states = () => presences.map(({ state, code }) => [state, code]);
const requestsOf = (name: Envelope['body']['case']) =>
  heard.filter(({ body }) => body.case === name);
const swallow = (name: Envelope['body']['case']): Tampering => ({
  onRequest: ({ body }) => body.case === name,
});

describe('a session with a unit on demand', () => {
  it('looks after the unit, subscribes, and leaves it alone again', async () => {
    put();
    const session = await started(sessionOf());
    expect(states()).toEqual([['ready', undefined]]);
    expect(readings.map(({ property }) => property).sort()).toEqual([
      'brightness',
      'color',
      'on',
      'rssi',
    ]);
    await pass(1_000);
    expect(session.isConnected).toBe(false);
    expect(requestsOf('goodbye')).toHaveLength(1);
    await pass(60_000);
    expect(dials).toBe(2);
    expect(states()).toHaveLength(1);
  });

  it('does not ask a known unit for its description again', async () => {
    put();
    await started(sessionOf());
    const asked = requestsOf('describe').length;
    expect(asked).toBe(17);
    await pass(62_000);
    expect(dials).toBe(2);
    expect(requestsOf('describe')).toHaveLength(asked);
  });

  it('connects for a command, lingers 8 s for more, then says goodbye', async () => {
    put();
    const session = await started(sessionOf());
    await pass(2_000);
    session.submit(task());
    await settle();
    expect(ended[0]?.end).toEqual({ outcome: 'succeeded', output: true });
    await pass(7_500);
    session.submit(task({ affordance: 'color', input: '#010203' }));
    await settle();
    expect(ended[1]?.end).toEqual({ outcome: 'succeeded', output: '#010203' });
    expect(dials).toBe(2);
    await pass(7_500);
    expect(session.isConnected).toBe(true);
    await pass(1_000);
    expect(session.isConnected).toBe(false);
  });

  it('stays until a fade has ended, and reports its last step', async () => {
    put();
    const session = await started(sessionOf());
    session.submit(task({ affordance: 'brightness', input: 0, transitionMs: 20_000 }));
    await pass(21_000, 50);
    const brightness = readings.filter(({ property }) => property === 'brightness');
    expect(brightness.at(-1)?.value).toBe(0);
    expect(brightness.length).toBeGreaterThan(20);
  });

  it('sends one command at a time, in their order', async () => {
    const answers: (() => void)[] = [];
    put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        answers.push(() => {
          const value = create(ResultSchema, { status: Status.OK });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const session = await started(sessionOf());
    const tasks = [1, 2, 3].map((input) => task({ affordance: 'brightness', input }));
    for (const one of tasks) session.submit(one);
    for (let count = 1; count <= 3; count += 1) {
      await settle();
      expect(answers).toHaveLength(count);
      answers[count - 1]?.();
    }
    await settle();
    expect(ended.map((one) => one.task)).toEqual(tasks);
  });

  it('refuses the 51st waiting command', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    for (let count = 0; count < 52; count += 1) session.submit(task());
    expect(ended).toMatchObject([{ end: { outcome: 'rejected', code: 'queue_full' } }]);
  });

  it('lets a newer wish take the place of one that waits', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    session.submit(task());
    const [older, newer] = [1, 2].map((input) =>
      task({ verb: 'set', affordance: 'brightness', input }, null),
    );
    if (!older || !newer) throw new Error();
    session.submit(older);
    session.submit(newer);
    expect(ended).toMatchObject([{ task: older, end: { outcome: 'superseded' } }]);
  });

  it('takes back a command that has not left, and only that', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    const [sent, waiting] = [task(), task()];
    session.submit(sent);
    session.submit(waiting);
    expect(session.cancel(sent.command.id)).toBe(false);
    expect(session.cancel(waiting.command.id)).toBe(true);
    expect(ended).toMatchObject([{ task: waiting, end: { outcome: 'cancelled' } }]);
  });

  it('ends a waiting command when its time is over', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    session.submit(task());
    session.submit(task({ verb: 'enqueue' }, 3_000));
    await pass(3_000);
    expect(ended).toMatchObject([{ end: { outcome: 'expired', code: 'expired' } }]);
  });
});

describe('a unit that does not answer', () => {
  it('fails `invoke` at once where nobody can be reached, and keeps the others', async () => {
    const session = await started(sessionOf());
    expect(states()).toEqual([['lost', 'unit_unreachable']]);
    const wish = task({ verb: 'set' }, null);
    session.submit(task());
    session.submit(wish);
    await settle();
    expect(ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_unreachable' } }]);
    put();
    await pass(31_000);
    expect(ended[1]).toMatchObject({ task: wish, end: { outcome: 'succeeded' } });
    expect(states().at(-1)).toEqual(['ready', undefined]);
  });

  it('waits longer and longer between tries, up to 30 s', async () => {
    await started(sessionOf());
    await pass(1_000, 250);
    const early = dials;
    await pass(119_000);
    expect(early).toBeGreaterThanOrEqual(2);
    expect(dials).toBeGreaterThan(8);
    expect(dials).toBeLessThan(20);
  });

  it('is given 5 s for its hello', async () => {
    put(swallow('hello'));
    await started(sessionOf());
    await pass(4_900, 100);
    expect(states()).toEqual([]);
    await pass(200, 100);
    expect(states()).toEqual([['lost', 'unit_timeout']]);
  });

  it('leaves what must not be done twice in doubt, and marked that before it left', async () => {
    put({
      onRequest: ({ body }, link) => {
        if (body.case === 'invoke') link.drop();
        return body.case === 'invoke';
      },
    });
    const session = await started(sessionOf());
    const reset = task({
      operation: 'invokeaction',
      affordance: 'uartWrite',
      input: { data: 'AA==' },
    });
    session.submit(reset);
    await settle();
    expect(marked).toEqual([reset]);
    expect(ended).toMatchObject([{ end: { outcome: 'unknown', code: 'in_doubt' } }]);
    await pass(10_000);
    expect(requestsOf('invoke')).toHaveLength(1);
  });

  it('is asked again when that does no harm, under the same tag', async () => {
    let drops = 2;
    put({
      onRequest: ({ body }, link) => {
        if (body.case !== 'write' || drops === 0) return false;
        drops -= 1;
        link.drop();
        return true;
      },
    });
    const session = await started(sessionOf());
    session.submit(task());
    await pass(9_000, 100);
    expect(ended).toMatchObject([{ end: { outcome: 'succeeded', output: true } }]);
    const tags = requestsOf('write').map(({ body }) => body.case === 'write' && body.value.tag);
    expect(tags).toHaveLength(3);
    expect(new Set(tags.map((tag) => tag && tag.commandId)).size).toBe(1);
    expect(marked).toEqual([]);
  });

  it('ends a command as unknown when its answer does not come in its time', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    session.submit(task({}, 4_000));
    await pass(4_000);
    expect(ended).toMatchObject([{ end: { outcome: 'unknown', code: 'unit_timeout' } }]);
  });

  it('is heard even when its answer comes late', async () => {
    const late: (() => void)[] = [];
    put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'invoke') return false;
        late.push(() => {
          const value = create(ResultSchema, { status: Status.HARDWARE_ERROR });
          link.send(requestId, { case: 'result', value });
        });
        return true;
      },
    });
    const session = await started(sessionOf());
    session.submit(task({ operation: 'invokeaction', affordance: 'reset', input: null }, 2_000));
    await pass(2_500);
    expect(ended.map(({ end }) => end.outcome)).toEqual(['unknown']);
    late[0]?.();
    await settle();
    expect(ended[1]?.end).toEqual({ outcome: 'failed', code: 'unit_hardware_error' });
  });

  it('is asked for a sign of life after 10 s, and lost after 30 s of silence', async () => {
    put(
      { onRequest: ({ body }) => body.case === 'ping' || body.case === 'subscribe' },
      'light_sensor',
    );
    await started(sessionOf());
    await pass(10_000);
    expect(requestsOf('ping')).toHaveLength(1);
    await pass(19_000);
    expect(states()).toEqual([['ready', undefined]]);
    await pass(1_000);
    expect(states()[1]).toEqual(['lost', 'unit_timeout']);
  });
});

describe('a unit that comes and goes', () => {
  it('is disconnected when it says goodbye, and ready again with its next boot', async () => {
    const unit = put({}, 'light_sensor');
    await started(sessionOf());
    unit.restart();
    await settle();
    expect(states().at(-1)).toEqual(['disconnected', undefined]);
    await pass(1_000);
    expect(states().at(-1)).toEqual(['ready', undefined]);
  });

  it('is lost when its link breaks', async () => {
    const unit = put({}, 'light_sensor');
    await started(sessionOf());
    transport.remove(address);
    await settle();
    expect(states().at(-1)).toEqual(['lost', undefined]);
    transport.put(address, unit);
    await pass(1_000);
    expect(states().at(-1)).toEqual(['ready', undefined]);
  });

  it('keeps its connection while it streams, and is told the time', async () => {
    put({}, 'light_sensor');
    const session = await started(sessionOf());
    await pass(65_000);
    expect(session.isConnected).toBe(true);
    expect(dials).toBe(1);
    expect(requestsOf('time')).toHaveLength(1);
    expect(readings.filter(({ property }) => property === 'illuminance').length).toBeGreaterThan(
      60,
    );
  });

  it('keeps the times of its readings when the wall clock jumps', async () => {
    put({}, 'light_sensor');
    await started(sessionOf());
    await pass(5_000);
    clock.jump(86_400_000);
    await pass(5_000);
    for (const { measuredAtMs, receivedAtMs } of readings) {
      expect(receivedAtMs - measuredAtMs).toBeLessThan(1_100);
    }
  });
});

describe('a unit that lies', () => {
  const sendResult = (
    requestId: number,
    link: Parameters<NonNullable<Tampering['onRequest']>>[1],
  ) => {
    link.send(requestId, { case: 'result', value: create(ResultSchema, { status: Status.OK }) });
  };

  it('is refused when it is another than the one that was added', async () => {
    put();
    const session = await started(sessionOf('expected'));
    expect(states()).toEqual([['lost', 'unit_wrong']]);
    session.submit(task());
    await settle();
    expect(ended).toMatchObject([{ end: { outcome: 'failed', code: 'unit_wrong' } }]);
    expect(requestsOf('write')).toEqual([]);
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
          if (body.case === 'hello' && body.value.party?.case === 'unit') {
            Object.assign(body.value.party.value, { schemaHash: 1n });
          }
          return false;
        },
      },
    ],
    [
      'a description of another kind than its hash says',
      {
        onSend: ({ body }) => {
          if (body.case === 'description' && body.value.index === 3) {
            Object.assign(body.value.affordance ?? {}, { kind: AffordanceKind.EVENT });
          }
          return false;
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
    put(tampering);
    await started(sessionOf());
    expect(states()).toEqual([['lost', 'unit_protocol_error']]);
  });

  it('is not believed an answer to a request of another time or with another id', async () => {
    put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        sendResult(requestId + 1_000, link);
        sendResult(requestId - 1, link);
        return true;
      },
    });
    const session = await started(sessionOf());
    session.submit(task({}, 3_000));
    await settle();
    expect(ended).toEqual([]);
    await pass(3_000);
    expect(ended).toMatchObject([{ end: { outcome: 'unknown' } }]);
  });

  it('is cut off when it goes on answering what nobody asked', async () => {
    put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        for (let id = 0; id < 20; id += 1) sendResult(requestId + 100 + id, link);
        return true;
      },
    });
    const session = await started(sessionOf());
    session.submit(task());
    await settle();
    expect(states().at(-1)).toEqual(['lost', 'unit_protocol_error']);
  });

  it('has its flood of reports bounded, and values that do not fit left out', async () => {
    put({
      onRequest: ({ body }, link) => {
        if (body.case !== 'write') return false;
        for (let seq = 1; seq <= 5_000; seq += 1) {
          const value = create(ValueSchema, { kind: { case: 'integer', value: 7n } });
          const values = [
            create(PropertyValueSchema, { pid: 3, value }),
            create(PropertyValueSchema, { pid: 1, value }),
            create(PropertyValueSchema, { pid: 50, value }),
          ];
          const report = create(ReportSchema, { seq, uptimeMs: 1n << 62n, values });
          link.send(0, { case: 'report', value: report });
        }
        return true;
      },
    });
    const session = await started(sessionOf());
    readings.length = 0;
    session.submit(task());
    for (let turn = 0; turn < 20; turn += 1) await settle();
    expect(readings.length).toBeLessThanOrEqual(1_000);
    expect(readings.length).toBeGreaterThan(900);
    expect(new Set(readings.map(({ property }) => property))).toEqual(new Set(['brightness']));
    for (const { measuredAtMs } of readings) expect(measuredAtMs).toBe(clock.nowMs());
  });

  it.each([
    [Status.OUT_OF_RANGE, { outcome: 'rejected', code: 'unit_out_of_range' }],
    [Status.BUSY, { outcome: 'rejected', code: 'unit_busy' }],
    [Status.EXPIRED, { outcome: 'expired', code: 'expired' }],
    [Status.DENIED, { outcome: 'rejected', code: 'unit_denied' }],
    [Status.DUPLICATE, { outcome: 'failed', code: 'unit_protocol_error', duplicate: true }],
  ] as const)('tells status %i as the unit means it', async (status, end) => {
    put({
      onRequest: ({ requestId, body }, link) => {
        if (body.case !== 'write') return false;
        link.send(requestId, { case: 'result', value: create(ResultSchema, { status }) });
        return true;
      },
    });
    const session = await started(sessionOf());
    session.submit(task());
    await settle();
    expect(ended[0]?.end).toEqual(end);
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
    put();
    const session = await started(sessionOf());
    session.submit(task(more));
    await settle();
    expect(ended[0]?.end).toEqual(end);
  });

  it('tells that the unit had done it before', async () => {
    put();
    const session = await started(sessionOf());
    const first = task();
    session.submit(first);
    await settle();
    session.submit({ ...first, attempts: 0 });
    await settle();
    expect(ended[1]?.end).toEqual({ outcome: 'succeeded', output: true, duplicate: true });
  });
});

describe('the end of a session', () => {
  it('refuses what waits when the unit is removed, and says goodbye', async () => {
    put(swallow('write'));
    const session = await started(sessionOf());
    session.submit(task());
    session.submit(task());
    const removed = session.remove();
    clock.advance(2_000);
    await removed;
    expect(ended.map(({ end }) => end.outcome)).toEqual(['rejected', 'unknown']);
    const [goodbye] = requestsOf('goodbye');
    expect(goodbye?.body.case === 'goodbye' && goodbye.body.value.reason).toBe(GoodbyeReason.DONE);
  });
});
