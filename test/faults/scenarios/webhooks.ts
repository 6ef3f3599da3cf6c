import { LIMITS } from '#protocol/limits.ts';
import { BatchReceipt } from '#protocol/hub-link/base-events.ts';
import { Command } from '#protocol/command/command.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { UnitView } from '#protocol/http/units.ts';
import type { UnitId } from '#protocol/ids.ts';
import { describedLamp } from '../../../hub/testing/things.ts';
import { RawBase, type RawEvent } from '../../harness/raw-base.ts';
import type { Random } from '../random.ts';
import { type FaultFixture, startFixture } from '../fault-fixture.ts';
import { type Scenario, scaled } from '../scenario.ts';
import { HubRecords } from '../verify/hub-records.ts';
import { checkReadings } from '../verify/check-readings.ts';

const BOOT = '0000abcd';
const READINGS_PER_EVENT = 10;
const EVENTS_PER_BATCH = 5;

interface Post {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly isGenuine: boolean;
}

async function claimBase(fixture: FaultFixture, name: string): Promise<RawBase> {
  const path = `/api/sites/${fixture.siteId}/claim-codes`;
  const { code } = await fixture.api.post(ClaimCodeCreated, path, { baseName: name });
  return RawBase.claim(fixture.api, code);
}

function batches(count: number, unitId: UnitId): RawEvent[][] {
  const counters = { event: 0, reading: 0 };
  const nowMs = Date.now();
  return Array.from({ length: count }, () =>
    Array.from({ length: EVENTS_PER_BATCH }, () => {
      counters.event += 1;
      const readings = Array.from({ length: READINGS_PER_EVENT }, () => {
        counters.reading += 1;
        const measuredAtMs = nowMs - 60_000 + counters.reading;
        return {
          property: 'illuminance',
          value: counters.reading,
          measuredAtMs,
          receivedAtMs: measuredAtMs,
          clock: 'synced',
          seq: counters.reading,
        };
      });
      return {
        seq: counters.event,
        type: 'readings.recorded',
        data: { unitId, bootId: BOOT, readings },
      };
    }),
  );
}

/** Each batch one to three times, with the same bytes or repacked, and forgeries among them. */
function postsOf(
  own: readonly RawEvent[][],
  bases: { base: RawBase; otherBase: RawBase },
  random: Random,
): Post[] {
  const { base, otherBase } = bases;
  const longAgo = Math.floor(Date.now() / 1_000) - LIMITS.webhookToleranceSeconds - 5;
  return own.flatMap((events) => {
    const body = base.batch(events);
    const genuine = { body, headers: base.headersFor(body), isGenuine: true };
    const repacked = base.batch(random.shuffled(events));
    const forgery = body.replace('"value":', '"value":1');
    const forged: Post[] = [
      { body: forgery, headers: genuine.headers, isGenuine: false },
      { body, headers: base.headersFor(body, longAgo), isGenuine: false },
      { body: forgery, headers: otherBase.headersFor(forgery), isGenuine: false },
    ];
    return [
      genuine,
      ...(random.next() < 0.5 ? [genuine] : []),
      ...(random.next() < 0.5
        ? [{ body: repacked, headers: base.headersFor(repacked), isGenuine: true }]
        : []),
      ...(random.next() < 0.3 ? [random.pick(forged)] : []),
    ];
  });
}

/** Posts all of it, several at a time, in the order given; sentences about wrong answers. */
async function postAll(base: RawBase, posts: readonly Post[]) {
  const counts = { accepted: 0, duplicates: 0, refused: 0 };
  const violations: string[] = [];
  const queue = [...posts];
  const worker = async (): Promise<void> => {
    for (let post = queue.shift(); post; post = queue.shift()) {
      const { status, text } = await base.post(post.body, post.headers);
      if (post.isGenuine && status === 200) {
        const receipt = BatchReceipt.parse(JSON.parse(text));
        counts.accepted += receipt.accepted;
        counts.duplicates += receipt.duplicates;
        violations.push(...receipt.refused.map(({ seq, code }) => `event ${seq}: ${code}`));
      } else if (!post.isGenuine && (status === 401 || status === 429)) {
        counts.refused += 1;
      } else {
        violations.push(`a ${post.isGenuine ? 'genuine' : 'forged'} batch got ${status}: ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return { counts, violations };
}

/** A command that waits for an absent base: only that base may end it. */
async function endByForgery(
  fixture: FaultFixture,
  unitId: UnitId,
  bases: { base: RawBase; otherBase: RawBase },
) {
  const { base, otherBase } = bases;
  const path = `/api/units/${unitId}/commands`;
  const described = { seq: 2_000_000, type: 'unit.described', data: describedLamp(unitId) };
  await base.post(base.batch([described]));
  const wanted = { verb: 'set', affordance: 'on', input: true };
  const answer = await fixture.api.send('POST', path, { body: wanted });
  if (answer.status >= 300) return [`the command was refused: ${answer.text}`];
  const { id } = Command.parse(JSON.parse(answer.text));
  const finished = (seq: number): RawEvent => ({
    seq,
    type: 'command.finished',
    data: { commandId: id, outcome: 'succeeded', trace: [] },
  });
  const body = base.batch([finished(1_000_000)]);
  await base.post(body, otherBase.headersFor(body));
  await otherBase.post(otherBase.batch([finished(1)]));
  const { command } = await fixture.api.get(CommandTrace, `/api/commands/${id}/trace`);
  return command.state === 'queued' ? [] : [`a forged result made a command ${command.state}`];
}

export const webhooks: Scenario = {
  name: 'webhooks',
  description: 'webhooks duplicated, reordered, replayed after the tolerance, forged',
  play: async ({ random, cleanup, isLong, scale }) => {
    const fixture = await startFixture({ name: 'webhooks', lamps: 0, sensors: 0, cleanup });
    const base = await claimBase(fixture, 'Raw');
    const otherBase = await claimBase(fixture, 'Other');
    const { id: unitId } = await fixture.api.post(UnitView, `/api/sites/${fixture.siteId}/units`, {
      name: 'Somewhere',
      endpoint: { kind: 'base', baseId: base.id, address: { host: '127.0.0.1', port: 9 } },
    });
    const own = batches(isLong ? scaled(2_000, scale) : 60, unitId);
    const posts = random.shuffled(postsOf(own, { base, otherBase }, random));
    const { counts, violations } = await postAll(base, posts);
    violations.push(...(await endByForgery(fixture, unitId, { base, otherBase })));
    await fixture.hub.program.stop();
    const hub = new HubRecords(fixture.hub.database);
    cleanup.add(() => hub.close());
    const boot = Number.parseInt(BOOT, 16);
    const total = own.length * EVENTS_PER_BATCH * READINGS_PER_EVENT;
    const checked = checkReadings({
      sent: new Map(
        Array.from({ length: total }, (_, index) => [
          `${unitId} ${boot} ${index + 1}`,
          { unitId, measuredAtMs: Date.now() },
        ]),
      ),
      stored: hub.readings('illuminance'),
      gaps: hub.declaredGaps(),
    });
    const events = own.length * EVENTS_PER_BATCH;
    if (counts.accepted !== events) {
      violations.push(`${counts.accepted} events were accepted, ${events} were sent`);
    }
    return {
      readings: checked.counts,
      notes: [
        `${posts.length} batches: ${counts.accepted} events accepted, ${counts.duplicates} known already, ${counts.refused} batches forged or too old and refused`,
      ],
      violations: [...violations, ...checked.violations],
    };
  },
};
