import { beforeEach, describe, expect, it } from 'vitest';
import { newId, UnitId } from '#protocol/ids.ts';
import { UnitDescribed } from '#protocol/hub-link/base-events.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { checkValue } from '#protocol/thing/check-value.ts';
import {
  type Delivered,
  type DrivenUnit,
  DriverTalk,
  type OperationRequest,
} from '../../testing/driver-talk.ts';
import type { TaskEnd } from './command-task.ts';
import type { DriverEvent } from './unit-driver.ts';
import { describedOf } from './unit-identity.ts';

interface Doing {
  readonly request: OperationRequest;
  readonly end: Partial<TaskEnd>;
}

/** What a kind of unit can do, for the parts that not every one has. */
export interface Abilities {
  readonly read?: { readonly request: OperationRequest; readonly output: unknown };
  readonly write?: Doing;
  readonly invoke?: Doing;
  /** A property that it reports by itself. */
  readonly reports?: string;
  readonly event?: {
    /** In this order. */
    readonly causes: readonly OperationRequest[];
    readonly expected: Partial<DriverEvent>;
  };
  readonly refuses: readonly (readonly [OperationRequest, ErrorCode])[];
  /** Whether it answers commands; then also by which of them an answer that comes late is still the end. */
  readonly answers: false | { readonly late: readonly OperationRequest[] };
}

/** What every driver promises to the unit that uses it. */
export function itDrivesUnits(
  name: string,
  make: () => DrivenUnit | Promise<DrivenUnit>,
  can: Abilities,
): void {
  describe(name, () => {
    let unit: DrivenUnit;
    let talk: DriverTalk;
    beforeEach(async () => {
      unit = await make();
      talk = new DriverTalk(unit);
    });

    it('connects, and knows who the unit is and what it can do in words that every kind has', async () => {
      const { isOpen, identity, model } = await talk.connect();
      expect(isOpen).toBe(true);
      expect(identity.hardwareId).not.toBe('');
      expect(identity.bootId).toMatch(/^[0-9a-f]{8}$/);
      const thing = model.thing;
      const described = describedOf({ unitId: newId(UnitId), identity, thing, startedAtMs: 1 });
      expect(UnitDescribed.parse(described)).toEqual(described);
    });

    it('knows the same unit on each connection', async () => {
      const first = await talk.connect();
      talk.leave(first);
      const second = await talk.connect();
      expect(second.identity.hardwareId).toBe(first.identity.hardwareId);
      expect(second.model.thing).toEqual(first.model.thing);
    });

    it('says on a connection what it said before the first, where it did', async () => {
      const { staticDescription } = unit.driver;
      const { identity, model } = await talk.connect();
      const known = { identity, thing: model.thing };
      const before = staticDescription ?? { identity, model };
      expect({ identity: before.identity, thing: before.model.thing }).toEqual(known);
    });

    it('fails where nothing listens', async () => {
      await expect(talk.connect({ address: unit.nowhere })).rejects.toMatchObject({
        code: 'unit_unreachable',
      });
      expect(talk.ends).toEqual([]);
    });

    it('is not content with another unit than the one that is wanted', async () => {
      const problemWith = () => 'unit_wrong' as const;
      await expect(talk.connect({ problemWith })).rejects.toMatchObject({ code: 'unit_wrong' });
      expect(talk.ends).toEqual([]);
      expect((await talk.connect()).isOpen).toBe(true);
    });

    it('gives a connection up that is called off while it is made', async () => {
      const controller = new AbortController();
      const connected = talk.connect({ signal: controller.signal });
      controller.abort();
      await expect(connected).rejects.toMatchObject({ code: 'unit_unreachable' });
      expect(talk.ends).toEqual([]);
      expect((await talk.connect()).isOpen).toBe(true);
    });

    it('ends a connection once, in good order when it is left', async () => {
      const session = await talk.connect();
      session.goodbye();
      session.goodbye();
      session.refuse('internal');
      unit.cut();
      await talk.settled();
      expect(talk.ends).toEqual([{ kind: 'closed' }]);
      expect(session.isOpen).toBe(false);
    });

    it('ends a connection with the reason for which the unit is refused', async () => {
      const session = await talk.connect();
      session.refuse('unit_wrong');
      expect(talk.ends).toEqual([{ kind: 'lost', code: 'unit_wrong' }]);
      expect(session.isOpen).toBe(false);
    });

    it('notices once that the unit is gone, and connects again', async () => {
      const session = await talk.connect();
      unit.cut();
      await talk.until('the end is noticed', () => talk.ends.length > 0);
      await talk.settled();
      expect(talk.ends).toEqual([{ kind: 'lost' }]);
      expect(session.isOpen).toBe(false);
      expect((await talk.connect()).isOpen).toBe(true);
    });

    it('has nothing to send on a connection that has ended', async () => {
      const connected = await talk.connect();
      talk.leave(connected);
      for (const request of everything(can)) {
        const task = talk.task(request);
        expect(await talk.deliver(connected, task)).toEqual({ kind: 'retry', reason: 'link_lost' });
        expect(task.attempts).toBe(0);
      }
      expect(talk.steps).toEqual([]);
    });

    it.each(can.refuses)('refuses %o as %s, and sends nothing', async (request, code) => {
      const connected = await talk.connect();
      const task = talk.task(request);
      expect(await talk.deliver(connected, task)).toEqual({
        kind: 'ended',
        end: { outcome: 'rejected', code },
      });
      expect([task.attempts, talk.steps]).toEqual([0, []]);
    });

    it('sends nothing whose time is over', async () => {
      for (const request of everything(can)) {
        const connected = await talk.connect();
        const task = talk.task(request, 1_000);
        unit.clock.set(unit.clock.nowMs() + 1_000);
        expect(await talk.deliver(connected, task)).toEqual({
          kind: 'ended',
          end: { outcome: 'expired', code: 'expired' },
        });
        expect([task.attempts, talk.written]).toEqual([0, []]);
        talk.leave(connected);
      }
    });

    if (can.read) itReads(can.read);
    if (can.write) itDoes('writes', can.write);
    if (can.invoke) itDoes('invokes', can.invoke);
    if (can.reports !== undefined) itReports(can.reports);
    if (can.event) itReportsEvents(can.event);
    if (can.answers) itWaitsForAnswers();

    function itReads({ request, output }: NonNullable<Abilities['read']>): void {
      it('reads a value', async () => {
        const connected = await talk.connect();
        const delivered = await talk.delivered(connected, talk.task(request));
        expect(delivered).toMatchObject({ kind: 'ended', end: { outcome: 'succeeded', output } });
        // What only reads may be done twice, and is on no disk.
        expect(talk.steps).not.toContain('sending');
      });
    }

    function itDoes(verb: string, { request, end }: Doing): void {
      it(`${verb}, and says before it sends that it is about to`, async () => {
        const connected = await talk.connect();
        const task = talk.task(request);
        expect(await talk.delivered(connected, task)).toMatchObject({ kind: 'ended', end });
        expect([talk.steps, task.attempts]).toEqual([['sending', 'written'], 1]);
      });

      it(`sends nothing where what it ${verb} cannot be recorded first`, async () => {
        const connected = await talk.connect();
        talk.sendingFails = true;
        await expect(talk.deliver(connected, talk.task(request))).rejects.toThrow('disk');
        expect(talk.written).toEqual([]);
      });
    }

    function itReports(property: string): void {
      it('reports values from the moment of the subscription', async () => {
        const connected = await talk.connect();
        await talk.settled();
        expect(talk.readings).toEqual([]);
        connected.startSubscriptions();
        const values = () => talk.readings.filter((reading) => reading.property === property);
        await talk.until('a value', () => values().length > 0);
        for (const { value, measuredAtMs, receivedAtMs, seq } of values()) {
          const schema = connected.model.property(property) ?? never();
          expect(checkValue(schema, value)).toBeUndefined();
          expect(measuredAtMs).toBeLessThanOrEqual(receivedAtMs);
          expect(seq).toBeGreaterThan(0);
        }
      });

      it('numbers values on over its connections, and none twice', async () => {
        for (let connection = 1; connection <= 2; connection += 1) {
          const connected = await talk.connect();
          const before = talk.readings.length;
          const stop = connected.startSubscriptions();
          await talk.until('values', () => talk.readings.length >= before + 2);
          stop();
          talk.leave(connected);
        }
        const seqs = talk.readings.map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
        expect(new Set(seqs).size).toBe(seqs.length);
      });

      it('reports nothing on a connection that has ended', async () => {
        const connected = await talk.connect();
        const stop = connected.startSubscriptions();
        await talk.until('a value', () => talk.readings.length > 0);
        stop();
        talk.leave(connected);
        const before = talk.readings.length;
        await talk.settled();
        expect(talk.readings).toHaveLength(before);
      });
    }

    function itReportsEvents({ causes, expected }: NonNullable<Abilities['event']>): void {
      it('passes an event of the unit on, with its name, its value and its time', async () => {
        const connected = await talk.connect();
        connected.startSubscriptions();
        for (const cause of causes) await talk.delivered(connected, talk.task(cause));
        await talk.until('the event', () => talk.events.length > 0);
        expect(talk.events).toMatchObject([expected]);
        const [{ seq, measuredAtMs, receivedAtMs } = never()] = talk.events;
        expect(seq).toBeGreaterThan(0);
        expect(measuredAtMs).toBeLessThanOrEqual(receivedAtMs);
      });
    }

    function itWaitsForAnswers(): void {
      for (const request of everything(can)) {
        const what = `${request.operation} of ${request.affordance}`;
        it(`claims nothing where the deadline of ${what} passes without an answer`, async () => {
          const connected = await talk.connect();
          unit.freeze();
          const task = talk.task(request, 2_000);
          const pending = talk.deliver(connected, task);
          await talk.settled();
          unit.clock.advance(2_000);
          const delivered = await pending;
          expectNoClaim(delivered, 'unit_timeout');
          expect(task.attempts).toBe(1);
        });

        it(`claims nothing where the link is lost while ${what} is in flight`, async () => {
          const connected = await talk.connect();
          unit.freeze();
          const pending = talk.deliver(connected, talk.task(request));
          await talk.settled();
          unit.cut();
          expectNoClaim(await pending, 'link_lost');
          await talk.until('the end is noticed', () => talk.ends.length > 0);
          expect(talk.ends).toEqual([{ kind: 'lost' }]);
        });

        it(`ends ${what} once at most where the answer comes late`, async () => {
          const connected = await talk.connect();
          unit.freeze();
          const task = talk.task(request, 2_000);
          const pending = talk.deliver(connected, task);
          await talk.settled();
          unit.clock.advance(2_000);
          const delivered = await pending;
          if (delivered.kind === 'ended') task.end = delivered.end;
          unit.thaw();
          // Behind the late answer, on the same link.
          if (can.read) await talk.delivered(connected, talk.task(can.read.request));
          const isEnd = can.answers !== false && can.answers.late.includes(request);
          expect(talk.finished).toMatchObject(isEnd ? [{ outcome: 'succeeded' }] : []);
          expect(connected.isOpen).toBe(true);
        });
      }
    }
  });
}

/** Whether it happened is known to nobody: that is said, or it is tried again. */
function expectNoClaim(delivered: Delivered, reason: 'unit_timeout' | 'link_lost'): void {
  if (delivered.kind === 'retry') expect(delivered.reason).toBe(reason);
  else expect(['unknown', 'failed']).toContain(delivered.end.outcome);
}

function everything({ read, write, invoke }: Abilities): OperationRequest[] {
  return [read, write, invoke].flatMap((ability) => (ability ? [ability.request] : []));
}

function never(): never {
  throw new Error('there is none');
}
