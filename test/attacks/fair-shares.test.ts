import { expect, it } from 'vitest';
import { Command } from '#protocol/command/command.ts';
import { SiteView } from '#protocol/http/accounts.ts';
import { FirmwareView } from '#protocol/http/firmware.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { HistoryAnswer } from '#protocol/http/units.ts';
import type { CommandId, UnitId } from '#protocol/ids.ts';
import { FirmwareMaker } from '../../hub/testing/firmware-file.ts';
import { finished } from '../../hub/testing/lamp-site.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import { type HubTarget, rawConnection, request, startHubTarget } from './hub-target.ts';
import { SpeakingBase, signUpWithSite } from './speaking-base.ts';

/** What the hub gives out of each at once (hub/edges/channels, hub/domain/firmware, hub/kernel). */
const JOINING_BASES = 16;
const UPLOADS = 32;
const WAITS = 1_000;
/** Of one person; more than what runs and waits is refused. */
const HISTORIES = 40;
/** Of ordinary answers on a machine that does other things too: sooner than what is held ends (30 s). */
const PATIENCE_MS = 25_000;

interface Client {
  readonly api: ApiClient;
  readonly siteId: string;
  readonly base: SpeakingBase;
  readonly unitId: UnitId;
}

async function newClient({ owner }: HubTarget, name: string): Promise<Client> {
  const { api, siteId } = await signUpWithSite(owner, name);
  const base = await SpeakingBase.pair(api, siteId);
  return { api, siteId, base, unitId: await base.addLamp('192.0.2.10') };
}

const blink = (ttlMs: number) => ({
  ...{ verb: 'enqueue', affordance: 'blink', input: { times: 3 }, ttlMs },
});

async function holdJoiningPlaces({ api, siteId }: Client): Promise<void> {
  for (let held = 0; held < JOINING_BASES; held += 2) {
    const base = await SpeakingBase.pair(api, siteId);
    await base.connect(atTestEnd);
    await base.connect(atTestEnd);
  }
}

/** Two at each of its sites is what one person may; none of them ends. */
async function holdUploads({ port, hub }: HubTarget, { api }: Client): Promise<void> {
  for (let held = 0; held < UPLOADS; held += 2) {
    const { id } = await api.post(SiteView, '/api/sites', { name: `Site ${held}` });
    for (const part of ['S', 'Si']) {
      const { socket } = await rawConnection(port, atTestEnd);
      const headers = [`Cookie: ${api.cookie}`, 'Sec-Fetch-Site: same-origin'];
      headers.push('Content-Type: application/octet-stream', 'Content-Length: 100000');
      socket.write(request(`POST /api/sites/${id}/firmware`, headers, part));
    }
  }
  await until('all uploads are held', () => hub.gauges['services.uploads'] === UPLOADS);
}

async function holdWaits({ port, hub }: HubTarget, { api, unitId }: Client): Promise<void> {
  const { id } = await api.post(Command, `/api/units/${unitId}/commands`, blink(600_000));
  const body = JSON.stringify({ ...blink(600_000), id });
  const headers = [`Cookie: ${api.cookie}`, 'Sec-Fetch-Site: same-origin', 'Prefer: wait=30'];
  headers.push('Content-Type: application/json', `Content-Length: ${body.length}`);
  const bytes = request(`POST /api/units/${unitId}/commands`, headers, body);
  const connections = await Promise.all(
    Array.from({ length: WAITS + 20 }, () => rawConnection(port, atTestEnd)),
  );
  for (const { socket } of connections) socket.write(bytes);
  await until('all waits are held', () => {
    const { 'services.waiters': waiters } = hub.gauges;
    return waiters === WAITS;
  });
}

/** Requests histories without a pause until it is stopped; gives what was answered. */
function floodHistory({ api, unitId }: Client) {
  let isStopped = false;
  const statuses: number[] = [];
  const path = `/api/units/${unitId}/history?property=temperature&from=0&to=${Date.now()}`;
  const askers = Array.from({ length: HISTORIES }, async () => {
    while (!isStopped) statuses.push((await api.send('GET', path)).status);
  });
  const stop = async (): Promise<readonly number[]> => {
    isStopped = true;
    await Promise.all(askers);
    return statuses;
  };
  atTestEnd.add(stop);
  return { stop, statuses };
}

/** A command that is waited for; the base ends it once it has it. */
async function waitForCommand({ api, unitId, base }: Client): Promise<Command> {
  const waits = api.call(Command, 'POST', `/api/units/${unitId}/commands`, {
    body: blink(60_000),
    headers: { prefer: 'wait=30' },
  });
  const id = await until('the base has it', (): CommandId | undefined =>
    base.entries
      .flatMap((entry) => (entry.type === 'command.issued' ? [entry.data.id] : []))
      .at(-1),
  );
  await base.send(finished(id));
  return await waits;
}

it('answers others while one client holds all that one person can hold', async () => {
  const target = await startHubTarget(atTestEnd, {
    bounds: { admission: { perOwner: 64, joiningBases: JOINING_BASES } },
  });
  const { hub, logged } = target;
  const otherUser = await newClient(target, 'Mallory');
  const other = await newClient(target, 'Grace');
  const file = await (await FirmwareMaker.create()).file();

  await holdJoiningPlaces(otherUser);
  await holdUploads(target, otherUser);
  await holdWaits(target, otherUser);
  const flood = floodHistory(otherUser);
  await until('more is requested than it may', () => flood.statuses.includes(429));
  const begunMs = performance.now();

  const snapshot = await other.api.get(SiteSnapshot, `/api/sites/${other.siteId}/snapshot`);
  expect(snapshot.units).toMatchObject([{ id: other.unitId }]);
  const history = `/api/units/${other.unitId}/history?property=temperature&from=0&to=${Date.now()}`;
  await other.api.get(HistoryAnswer, history);
  const { resumed } = await other.base.goOnline(atTestEnd);
  expect(resumed).toMatchObject({ ok: true, units: [{ unitId: other.unitId }] });
  const { uploadedBy } = await other.api.call(
    FirmwareView,
    'POST',
    `/api/sites/${other.siteId}/firmware`,
    { rawBody: file, headers: { 'content-type': 'application/octet-stream' } },
  );
  expect(uploadedBy).not.toBe('');
  const command = await waitForCommand(other);
  expect(command.state).toBe('succeeded');

  expect(performance.now() - begunMs).toBeLessThan(PATIENCE_MS);
  // It was held until then, but for the other's share.
  expect(hub.gauges['services.uploads']).toBe(UPLOADS - 1);
  expect(hub.gauges['services.waiters']).toBe(WAITS - 1);
  expect(new Set(await flood.stop())).toEqual(new Set([200, 429]));
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
});
