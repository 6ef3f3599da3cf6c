import fc from 'fast-check';
import type { CommandRequest } from '#protocol/http/commands.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import type { DeviceFixture } from './device-fixture.ts';
import { turn } from './model-hub.ts';

/** One thing that happens; several may happen in the same turn of the event loop. */
export interface DeviceStep {
  readonly run: (fixture: DeviceFixture) => Promise<void> | void;
  readonly name: string;
}

const pick = fc.nat({ max: 20 });
/** The hub that something happens at; where there is one, it is that one. */
const at = fc.nat({ max: 1 });

const REQUESTS: readonly CommandRequest[] = [
  { verb: 'invoke', affordance: 'restart' },
  { verb: 'invoke', affordance: 'brightness', input: 3, ttlMs: 1_000 },
  { verb: 'invoke', affordance: 'on', input: false },
  { verb: 'set', affordance: 'on', input: true },
  { verb: 'set', affordance: 'brightness', input: 40 },
  { verb: 'set', affordance: 'brightness', input: 50, ttlMs: 60_000 },
  { verb: 'enqueue', affordance: 'brightness', input: 60 },
  { verb: 'enqueue', affordance: 'brightness', input: 70, ttlMs: 5_000 },
];

function step(name: string, run: DeviceStep['run']): DeviceStep {
  return { name, run, ...{ [fc.toStringMethod]: () => name } };
}

const issue = fc
  .tuple(at, fc.constantFrom(...REQUESTS), fc.boolean(), fc.nat(2))
  .map(([hub, request, isNamed, copies]) =>
    step(`issue ${request.verb} ${request.affordance} at ${hub}, ${copies} more`, (fixture) => {
      fixture.issue(hub, isNamed ? { ...request, id: newId(CommandId) } : request);
      // Retried before the first answer arrived, at the other hub too.
      for (let copy = 0; isNamed && copy < copies; copy += 1)
        fixture.repeat(hub + copy, fixture.intents.length - 1);
    }),
  );

const burst = fc.tuple(at, fc.integer({ min: 20, max: 55 })).map(([hub, count]) =>
  step(`burst of ${count} at ${hub}`, (fixture) => {
    const request = { verb: 'enqueue', affordance: 'brightness', input: 1, ttlMs: 5_000 } as const;
    for (let index = 0; index < count; index += 1) fixture.issue(hub, request);
  }),
);

const connect = fc
  .tuple(at, fc.boolean(), fc.constantFrom(0, 600_000), fc.nat(9), fc.nat(9))
  .map(([hub, isCleanStart, expiryMs, other, deaf]) => {
    const options = { isCleanStart, expiryMs, isUnnamed: other === 0, subscribes: deaf > 1 };
    const how = `${options.isUnnamed ? ' as another' : ''}${options.subscribes ? '' : ', deaf'}`;
    return step(`connect at ${hub}${how}`, (fixture) => fixture.connect(hub, options));
  });

const answer = fc
  .tuple(pick, fc.constantFrom('succeeded' as const, 'failed' as const), fc.boolean())
  .map(([n, outcome, isByProperty]) =>
    step(`answer ${n}: ${outcome}`, (fixture) => fixture.answer(n, outcome, isByProperty)),
  );

const advance = fc
  .constantFrom(50, 900, 1_000, 4_000, 5_000, 10_000, 30_000, 3_600_000)
  .map((ms) => step(`${ms} ms pass`, (fixture) => fixture.clock.suspend(ms)));

/** Any step, the everyday ones more often. */
export const anyDeviceStep: fc.Arbitrary<DeviceStep> = fc.oneof(
  { weight: 8, arbitrary: issue },
  { weight: 1, arbitrary: burst },
  {
    weight: 3,
    arbitrary: fc
      .tuple(at, pick)
      .map(([hub, n]) => step(`repeat ${n} at ${hub}`, (fixture) => fixture.repeat(hub, n))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(at, pick)
      .map(([hub, n]) => step(`cancel ${n} at ${hub}`, (fixture) => fixture.cancel(hub, n))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(at, pick, fc.constantFrom(1_000, 30_000))
      .map(([hub, n, ms]) => step(`wait for ${n}`, (fixture) => fixture.wait(hub, n, ms))),
  },
  { weight: 6, arbitrary: connect },
  { weight: 2, arbitrary: pick.map((n) => step(`cut ${n}`, (fixture) => fixture.cut(n))) },
  {
    weight: 3,
    arbitrary: pick.map((n) => step(`hub sees end ${n}`, (fixture) => fixture.endAtHub(n))),
  },
  {
    weight: 2,
    arbitrary: pick.map((n) => step(`subscribe ${n}`, (fixture) => fixture.subscribe(n))),
  },
  {
    weight: 1,
    arbitrary: fc.constant(
      step('freeze', (fixture) => {
        const connection = fixture.connection();
        if (connection) connection.isFrozen = true;
      }),
    ),
  },
  { weight: 2, arbitrary: pick.map((n) => step(`thaw ${n}`, (f) => f.connection(n)?.thaw())) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(pick, fc.nat(9))
      .map(([n, sort]) => step(`ack ${n}`, (fixture) => fixture.acknowledge(n, sort === 0))),
  },
  { weight: 6, arbitrary: answer },
  {
    weight: 3,
    arbitrary: fc.boolean().map((isOn) => step(`is ${isOn}`, (fixture) => fixture.report(isOn))),
  },
  { weight: 5, arbitrary: advance },
  { weight: 1, arbitrary: at.map((hub) => step(`restart ${hub}`, (f) => f.restart(hub))) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(at, fc.nat(4))
      .map(([hub, turns]) => step(`crash ${hub} in ${turns}`, (f) => f.crash(hub, turns))),
  },
  { weight: 1, arbitrary: fc.constant(step('bury', (fixture) => fixture.buryDead())) },
  { weight: 4, arbitrary: fc.constant(step('turn', () => turn())) },
  { weight: 5, arbitrary: fc.constant(step('settle', (fixture) => fixture.settle())) },
);
