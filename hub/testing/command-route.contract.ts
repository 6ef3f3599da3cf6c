import { describe, expect, it } from 'vitest';
import type { CommandOutcome, CommandState } from '#protocol/command/command-state.ts';
import type { Command, IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { type CommandRequest, CommandRequest as RequestSchema } from '#protocol/http/commands.ts';
import { CommandEnded } from '#protocol/events/command-events.ts';
import { CommandId, type UnitId, newId } from '#protocol/ids.ts';
import type { ModelHub } from './model/model-hub.ts';

/** A unit at a hub, and whoever carries commands to it, as the route under test has them. */
export interface RoutedUnit {
  readonly hub: ModelHub;
  readonly unitId: UnitId;
  /** Why a command that cannot wait fails while the carrier is away. */
  readonly awayCode: ErrorCode;
  /** The carrier is there from now on, and gets what waits. */
  readonly arrive: () => Promise<void>;
  readonly leave: () => Promise<void>;
  /** The commands it received, in order. It agrees to cancel those that it has not begun. */
  readonly given: () => readonly IssuedCommand[];
  readonly begin: (id: CommandId) => void;
  /** It reports an end; how many of the reports are refused. */
  readonly report: (id: CommandId, ...outcomes: readonly CommandOutcome[]) => Promise<number>;
  /** Another of its kind reports the same; the code that it gets. */
  readonly forge: (id: CommandId, outcome: CommandOutcome) => Promise<ErrorCode | undefined>;
  /** Lets all messages arrive that are under way. */
  readonly settle: () => Promise<void>;
}

const SET = { verb: 'set', affordance: 'brightness', input: 40 } as const;
const INVOKE = { verb: 'invoke', affordance: 'brightness', input: 50 } as const;
const ENQUEUE = { verb: 'enqueue', affordance: 'brightness', input: 60, ttlMs: 60_000 } as const;
/** How long an answer is waited for beyond the time of a command. */
const GRACE_MS = 120_000;

/** What every command route promises, whatever reaches the unit. */
export function itCarriesCommands(name: string, open: () => Promise<RoutedUnit>): void {
  describe(name, () => {
    it('gives a command to a unit that is there, and it ends as the unit says', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(SET);
      await at.unit.settle();
      expect(at.unit.given()).toMatchObject([{ id, affordance: 'brightness', input: 40 }]);
      expect(await at.unit.report(id, 'succeeded')).toBe(0);
      expect(await at.ended(id)).toEqual(['succeeded']);
    });

    it('gives commands in the order in which they were accepted, each once', async () => {
      const at = await opened(open);
      const first = [await at.issue(ENQUEUE), await at.issue(ENQUEUE)];
      await at.unit.arrive();
      const rest = [await at.issue(INVOKE), await at.issue(SET)];
      await at.unit.settle();
      await at.unit.leave();
      await at.unit.arrive();
      const ids = [...first, ...rest].map(({ id }) => id);
      expect(at.unit.given().map(({ id }) => id)).toEqual(ids);
    });

    it('gives the repeat of a request no second time', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const request = { ...SET, id: newId(CommandId) };
      await at.issue(request);
      await at.issue(request);
      await at.unit.settle();
      expect(at.unit.given()).toHaveLength(1);
    });

    it('keeps what may wait while the unit is away, and gives it once it is there', async () => {
      const at = await opened(open);
      const { id, state } = await at.issue(SET);
      expect(state).toBe('queued');
      await at.pass(3_600_000);
      await at.unit.arrive();
      expect(at.unit.given().map((command) => command.id)).toEqual([id]);
      expect(await at.stateOf(id)).not.toBe('queued');
    });

    it('fails what cannot wait while the unit is away, and never gives it', async () => {
      const at = await opened(open);
      const failed = await at.issue(INVOKE);
      expect(failed).toMatchObject({ state: 'failed', code: at.unit.awayCode });
      await at.unit.arrive();
      expect(at.unit.given()).toEqual([]);
      expect(await at.ended(failed.id)).toEqual(['failed']);
    });

    it('says expired of what was never given, and never gives it afterwards', async () => {
      const at = await opened(open);
      const { id } = await at.issue(ENQUEUE);
      await at.pass(ENQUEUE.ttlMs);
      expect(await at.ended(id)).toEqual(['expired']);
      await at.unit.arrive();
      expect(at.unit.given()).toEqual([]);
    });

    it('never says expired of what was given: it waits for its end, which may come late', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(ENQUEUE);
      await at.unit.settle();
      at.unit.begin(id);
      await at.pass(ENQUEUE.ttlMs + GRACE_MS);
      expect(await at.stateOf(id)).toBe('timed_out');
      expect(await at.ended(id)).toEqual([]);
      await at.unit.report(id, 'succeeded');
      expect(await at.ended(id)).toEqual(['succeeded']);
    });

    it('gives a command along with the time after which it must not begin', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { expiresAt } = await at.issue(ENQUEUE);
      await at.unit.settle();
      expect(expiresAt).not.toBeNull();
      expect(at.unit.given()).toMatchObject([{ expiresAt }]);
    });

    it('cancels at once what was never given, and never gives it', async () => {
      const at = await opened(open);
      const { id } = await at.issue(SET);
      expect((await at.cancel(id)).state).toBe('cancelled');
      await at.unit.arrive();
      expect(at.unit.given()).toEqual([]);
      expect(await at.ended(id)).toEqual(['cancelled']);
    });

    it('requests the cancellation of what was sent, which is cancelled only when the carrier says so', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(SET);
      await at.unit.settle();
      expect((await at.cancel(id)).state).not.toBe('cancelled');
      expect(await at.ended(id)).toEqual([]);
      await at.unit.settle();
      expect(await at.ended(id)).toEqual(['cancelled']);
    });

    it('ends what has begun as it ends, though its cancellation was requested', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(SET);
      await at.unit.settle();
      at.unit.begin(id);
      // Or refused at once, where the hub knows that it has begun.
      await at.cancel(id).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'command_not_cancellable' });
      });
      await at.unit.settle();
      expect(await at.ended(id)).toEqual([]);
      await at.unit.report(id, 'succeeded');
      expect(await at.ended(id)).toEqual(['succeeded']);
    });

    it('says unknown where nobody knows, and what happened once somebody does', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(INVOKE);
      await at.unit.settle();
      at.unit.begin(id);
      await at.unit.report(id, 'unknown');
      expect(await at.stateOf(id)).toBe('unknown');
      await at.unit.report(id, 'succeeded');
      expect(await at.ended(id)).toEqual(['unknown', 'succeeded']);
    });

    it('ends a command once, however often and however differently its end is reported', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(INVOKE);
      await at.unit.settle();
      at.unit.begin(id);
      await at.unit.report(id, 'succeeded', 'succeeded', 'failed');
      await at.unit.report(id, 'unknown');
      expect(await at.ended(id)).toEqual(['succeeded']);
    });

    it('believes nobody else', async () => {
      const at = await opened(open);
      await at.unit.arrive();
      const { id } = await at.issue(SET);
      await at.unit.settle();
      expect(await at.unit.forge(id, 'failed')).toBe('event_foreign');
      expect(await at.ended(id)).toEqual([]);
    });
  });
}

interface Opened {
  readonly unit: RoutedUnit;
  readonly issue: (request: object) => Promise<Command>;
  readonly cancel: (id: CommandId) => Promise<Command>;
  readonly stateOf: (id: CommandId) => Promise<CommandState | undefined>;
  /** The ends of a command, as the events of the site have them. */
  readonly ended: (id: CommandId) => Promise<CommandState[]>;
  readonly pass: (ms: number) => Promise<void>;
}

async function opened(open: () => Promise<RoutedUnit>): Promise<Opened> {
  const unit = await open();
  const { hub, unitId } = unit;
  const { commands } = hub.services;
  const by = { actor: { kind: 'hub' }, account: 'test' } as const;
  const request = (body: object): CommandRequest => RequestSchema.parse(body);
  return {
    unit,
    issue: async (body) =>
      commands.issue({
        ...{ unit: await hub.unit(unitId), request: request(body) },
        ...{ issuedBy: 'user:test', account: 'test' },
      }),
    cancel: (id) => commands.cancel(id, by),
    stateOf: async (id) => (await commands.get(id))?.command.state,
    ended: async (id) => {
      const rows = await hub.db
        .selectFrom('site_events')
        .select('data')
        .where('type', '=', 'command.ended')
        .where('unit_id', '=', unitId)
        .orderBy('rev')
        .execute();
      return rows.flatMap(({ data }) => {
        const event = CommandEnded.parse(JSON.parse(data));
        return event.commandId === id ? [event.state] : [];
      });
    },
    pass: async (ms) => {
      // What is due is looked for once it is known when that is, and again after each look.
      for (const step of [0, ms, 1_000, 1_000]) {
        await unit.settle();
        hub.clock.advance(step);
      }
      await unit.settle();
    },
  };
}
