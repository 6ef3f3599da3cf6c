import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MemberView, SessionView, SiteView } from '#protocol/http/accounts.ts';
import { CommandTrace } from '#protocol/http/commands.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import type { CommandId } from '#protocol/ids.ts';
import { openStore } from '../../base-unit/store/store.ts';
import { type Clock, serverClock } from '#platform/clock.ts';
import { ApiClient } from '../harness/api-client.ts';
import { atTestEnd, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from '../harness/free-ports.ts';
import { HubProgram } from '../harness/hub-program.ts';
import { SystemUnit } from '../harness/system-unit.ts';
import { KnownInstallation } from '../installations/known.ts';

const KEPT = join(import.meta.dirname, '../installations');
const versions = readdirSync(KEPT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe.each(versions)('an installation of %s', (version) => {
  it('opens at the hub with its people, units, commands and readings', async () => {
    const { known, api } = await openHub(version);
    const { user } = await api.get(SessionView, '/api/session');
    expect(user?.email).toBe(known.owner.email);
    const { sites } = await api.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
    expect(sites).toMatchObject([{ id: known.siteId, role: 'owner' }]);
    const members = await api.get(
      z.object({ members: z.array(MemberView) }),
      `/api/sites/${known.siteId}/members`,
    );
    expect(members.members).toHaveLength(known.members);

    const snapshot = await api.get(SiteSnapshot, `/api/sites/${known.siteId}/snapshot`);
    expect(snapshot.bases).toMatchObject([{ id: known.baseId }]);
    expect(snapshot.units.map(({ id }) => id).sort()).toEqual(Object.values(known.units).sort());
    for (const unit of snapshot.units) {
      expect(unit.description).toBeDefined();
      expect(unit.endpoint).toMatchObject({ kind: 'base', baseId: known.baseId, link: 'frames' });
    }

    const stateOf = async (id: CommandId): Promise<string> =>
      (await api.get(CommandTrace, `/api/commands/${id}/trace`)).command.state;
    const { succeeded, expired, waiting } = known.commands;
    for (const id of succeeded) expect(await stateOf(id)).toBe('succeeded');
    for (const id of expired) expect(await stateOf(id)).toBe('expired');
    for (const id of waiting) expect(await stateOf(id)).toBe('queued');

    const { sinceMs, property, points } = known.readings;
    const sensor = new SystemUnit(api, known.units.sensor);
    expect(await sensor.rawHistory(sinceMs, property)).toEqual(points);
  });

  it('knows the API tokens of its people', async () => {
    const { known, api } = await openHub(version);
    const program = api.withToken(known.token);
    const snapshot = await program.get(SiteSnapshot, `/api/sites/${known.siteId}/snapshot`);
    expect(snapshot.units).toHaveLength(Object.keys(known.units).length);
  });

  it('opens at the base with what it owes its hub and with its units', () => {
    const { known, folder } = unpack(version);
    const store = openStore({ path: join(folder, 'base/base.db') });
    atTestEnd.add(() => store.close());
    expect(
      store.units
        .all()
        .map(({ unitId }) => unitId)
        .sort(),
    ).toEqual(Object.values(known.units).sort());
    expect(store.outbox.depth.events).toBe(known.owedEvents);
  });
});

/** The hub of an installation as it was stopped, at the time when it was stopped, with its owner signed in. */
async function openHub(version: string): Promise<{ known: KnownInstallation; api: ApiClient }> {
  const { known, folder } = unpack(version);
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const hub = new HubProgram({
    data: join(folder, 'hub'),
    httpsPort,
    httpPort,
    signUp: 'invite',
    bounds: { clock: clockAt(known.atMs) },
  });
  atTestEnd.add(() => hub.stop());
  await hub.start();
  // Over plain HTTP on the loopback: the dates of its certificate do not matter here.
  const api = new ApiClient({ url: hub.httpUrl, cleanup: atTestEnd });
  await api.post(SessionView, '/api/sign-in', known.owner);
  return { known, api };
}

/** Continues from a time in the past, when everything that is kept for a while still exists. */
function clockAt(ms: number): Clock {
  const behindMs = Date.now() - ms;
  return { ...serverClock, nowMs: () => serverClock.nowMs() - behindMs };
}

function unpack(version: string): { known: KnownInstallation; folder: string } {
  const from = join(KEPT, version);
  const folder = temporaryFolder(atTestEnd);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.gz')) continue;
    const kept = join(entry.parentPath, entry.name);
    const path = join(folder, relative(from, kept)).slice(0, -'.gz'.length);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, gunzipSync(readFileSync(kept)), { mode: 0o600 });
  }
  const known = KnownInstallation.parse(JSON.parse(readFileSync(join(from, 'known.json'), 'utf8')));
  return { known, folder };
}
