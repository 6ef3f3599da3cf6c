import { expect, it } from 'vitest';
import { Command, type IssuedCommand } from '#protocol/command/command.ts';
import { type CommandOutcome, isFinal } from '#protocol/command/command-state.ts';
import { SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import { fromInstant } from '#protocol/json.ts';
import { LIMITS } from '#protocol/limits.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { z } from 'zod';
import { ANSWER_GRACE_MS } from '../../hub/domain/commands/transition.ts';
import { finished } from '../../hub/testing/lamp-site.ts';
import { Random } from '../faults/random.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { EventReader } from '../harness/event-reader.ts';
import { startHubTarget } from './hub-target.ts';
import { SpeakingBase } from './speaking-base.ts';

/** Below what may wait for one unit. */
const PER_UNIT = 20;
const UNITS = process.env['SIGNALBOX_LONG'] === '1' ? 20 : 3;
/** From so long before the moment at which commands are due, until so long after it. */
const SPREAD_MS = 200;

const random = new Random(Number(process.env['SIGNALBOX_SEED'] ?? '1'));

/** What the base says of a command, which is the truth. */
type Truth = Extract<CommandOutcome, 'succeeded' | 'failed' | 'cancelled' | 'expired' | 'unknown'>;
const TRUTHS: readonly Truth[] = [
  'succeeded',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
  'unknown',
];
const CODES = {
  succeeded: {},
  failed: { code: 'unit_unreachable' },
  cancelled: { code: 'cancelled' },
  expired: { code: 'expired' },
  unknown: { code: 'outcome_unknown' },
} as const;

async function moment(atMs: number): Promise<void> {
  await until('the moment', () => Date.now() >= atMs);
}

async function lamps(base: SpeakingBase, network: string): Promise<UnitId[]> {
  const units: UnitId[] = [];
  for (let index = 1; index <= UNITS; index += 1)
    units.push(await base.addLamp(`${network}.${index}`));
  return units;
}

/** Commands that all expire at the same time. */
async function issue(
  api: ApiClient,
  units: readonly UnitId[],
  expiresAtMs: number,
): Promise<CommandId[]> {
  const each = units.flatMap((unit) => Array.from({ length: PER_UNIT }, () => unit));
  return await Promise.all(
    each.map(async (unit) => {
      const ttlMs = Math.max(LIMITS.minTtlMs, Math.round(expiresAtMs - Date.now()));
      const body = { verb: 'enqueue', affordance: 'blink', input: { times: 3 }, ttlMs };
      return (await api.post(Command, `/api/units/${unit}/commands`, body)).id;
    }),
  );
}

/** Cancels each at some time around a moment; of which the hub said that it is cancelled. */
async function cancelAround(
  api: ApiClient,
  ids: readonly CommandId[],
  atMs: number,
): Promise<ReadonlySet<CommandId>> {
  const cancelled = new Set<CommandId>();
  await Promise.all(
    ids.map(async (id) => {
      await moment(atMs + random.int(-SPREAD_MS, SPREAD_MS));
      const { status, text } = await api.send('POST', `/api/commands/${id}/cancel`);
      expect([200, 409], text).toContain(status);
      if (status === 200 && Command.parse(JSON.parse(text)).state === 'cancelled')
        cancelled.add(id);
    }),
  );
  return cancelled;
}

async function endOf(api: ApiClient, id: CommandId): Promise<string> {
  return await until(`${id} has ended`, async () => {
    const { command } = await api.get(CommandTrace, `/api/commands/${id}/trace`);
    return isFinal(command.state) ? command.state : undefined;
  });
}

/** The base has them; its reports, cancellations and the hub's own timeout come together. */
async function raceAtTimeout(api: ApiClient, base: SpeakingBase, units: readonly UnitId[]) {
  const expiresAtMs = Date.now() + LIMITS.minTtlMs + 300;
  const ids = await issue(api, units, expiresAtMs);
  await until('the base has all', () => {
    const there = new Set(base.entries.flatMap(issuedIn));
    return ids.every((id) => there.has(id));
  });
  const truths = new Map(ids.map((id) => [id, random.pick(TRUTHS)]));
  const dueAtMs = expiresAtMs + ANSWER_GRACE_MS;
  const report = async (): Promise<void> => {
    const mixed = random.shuffled([...truths]);
    for (const [index, [id, outcome]] of mixed.entries()) {
      // One after the other, as a base does, and as many before that moment as after it.
      await moment(dueAtMs - SPREAD_MS + (2 * SPREAD_MS * index) / mixed.length);
      await base.send(finished(id, { outcome, ...CODES[outcome] }));
    }
  };
  const [cancelled] = await Promise.all([cancelAround(api, ids, dueAtMs), report()]);
  return { truths, cancelled };
}

/** Nobody has them; the base comes, cancellations and the hub's expiry come together. */
async function raceAtExpiry(api: ApiClient, base: SpeakingBase, units: readonly UnitId[]) {
  const expiresAtMs = Date.now() + LIMITS.minTtlMs + 300;
  const ids = await issue(api, units, expiresAtMs);
  const truths = new Map<CommandId, Truth>();
  const connect = async (): Promise<void> => {
    await moment(expiresAtMs - SPREAD_MS / 2);
    const { resumed } = await base.goOnline(atTestEnd);
    if (!resumed.ok) throw new Error(resumed.code);
    const snapshot: readonly IssuedCommand[] = resumed.recovered ? [] : resumed.commands;
    const entries = resumed.recovered ? resumed.entries : [];
    // As a real base does: what has not expired is executed.
    const has = [...snapshot, ...[...entries, ...base.entries].flatMap(commandsIn)];
    for (const { id, expiresAt } of has) {
      const isOver = expiresAt !== null && fromInstant(expiresAt) <= Date.now();
      truths.set(id, isOver ? 'expired' : 'succeeded');
    }
    for (const [id, outcome] of truths)
      await base.send(finished(id, { outcome, ...CODES[outcome] }));
  };
  const some = ids.filter(() => random.int(0, 1) === 1);
  const [cancelled] = await Promise.all([cancelAround(api, some, expiresAtMs), connect()]);
  return { ids, truths, cancelled };
}

type Entry = SpeakingBase['entries'][number];
const commandsIn = (entry: Entry): IssuedCommand[] =>
  entry.type === 'command.issued' ? [entry.data] : [];
const issuedIn = (entry: Entry): CommandId[] => commandsIn(entry).map(({ id }) => id);

it('never says of a command what is not so, whatever comes at the same time', async () => {
  const { owner, hub, logged } = await startHubTarget(atTestEnd);
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const siteId = sites[0]?.id;
  if (siteId === undefined) throw new Error('no site');
  const { secret } = await owner.post(TokenCreated, '/api/account/tokens', {
    ...{ name: 'reader', scope: 'read' },
  });
  const reader = new EventReader({ url: hub.httpUrl, token: secret, siteId, cleanup: atTestEnd });
  reader.start();
  const online = await SpeakingBase.pair(owner, siteId);
  const offline = await SpeakingBase.pair(owner, siteId);
  const [here, there] = [await lamps(online, '192.0.2'), await lamps(offline, '198.51.100')];
  await online.goOnline(atTestEnd);

  const [timeouts, expiries] = await Promise.all([
    raceAtTimeout(owner, online, here),
    raceAtExpiry(owner, offline, there),
  ]);

  const ends = new Map<CommandId, string>();
  for (const id of [...timeouts.truths.keys(), ...expiries.ids])
    ends.set(id, await endOf(owner, id));
  const lies: string[] = [];
  for (const [id, truth] of [...timeouts.truths, ...expiries.truths])
    if (ends.get(id) !== truth) lies.push(`${truth}, and the hub says ${ends.get(id)}`);
  for (const id of expiries.ids) {
    const end = ends.get(id) ?? '';
    if (!expiries.truths.has(id) && !['expired', 'cancelled'].includes(end))
      lies.push(`nobody had it, and the hub says ${end}`);
  }
  for (const id of [...timeouts.cancelled, ...expiries.cancelled])
    if (ends.get(id) !== 'cancelled') lies.push(`said to be cancelled, and then ${ends.get(id)}`);
  expect(lies).toEqual([]);

  // Each end once, after at most one guess; nothing twice and nothing missing in between.
  const endsSaid = (): Map<string, string[]> => {
    const said = new Map<string, string[]>();
    for (const event of reader.events) {
      if (event.type !== 'command.ended') continue;
      const { commandId, state } = event.data;
      said.set(commandId, [...(said.get(commandId) ?? []), state]);
    }
    return said;
  };
  const said = await until('all ends are said', () =>
    [...ends].every(([id, end]) => endsSaid().get(id)?.at(-1) === end) ? endsSaid() : undefined,
  );
  const odd = [...said.values()].filter(
    ([first, ...more]) => more.length > 1 || (more.length === 1 && first !== 'timed_out'),
  );
  expect(odd).toEqual([]);
  const revs = reader.events.map(({ rev }) => rev);
  expect(revs).toEqual(revs.map((_, index) => (revs[0] ?? 0) + index));
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});
