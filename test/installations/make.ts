// Makes an installation as this version leaves it behind: hub and base, stopped,
// with something of everything, and what its owner knew of it. Those kept
// beside this file are of earlier versions; opens.test.ts holds that they open.
//
//   node --conditions=source --import tsx test/installations/make.ts FOLDER
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { InvitationCreated, SessionView, TokenCreated } from '#protocol/http/accounts.ts';
import { CleanupStack } from '#platform/testing/cleanup.ts';
import { startSystem, type System } from '../harness/system.ts';
import { until } from '#platform/testing/until.ts';
import type { KnownInstallation } from './known.ts';

const PASSWORD = 'a lamp in the window';
const MIN_READINGS = 20;
const DAY_MS = 86_400_000;

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: make.ts FOLDER');
const cleanup = new CleanupStack();
try {
  const system = await startSystem({
    units: ['lamp', 'light_sensor'],
    implementation: 'virtual',
    signUp: 'open',
    cleanup,
  });
  const known = await use(system);
  keep(system, known, target);
} finally {
  await cleanup.run();
}

/** Uses everything that is stored, stops both programs, and returns what must be found again. */
async function use(system: System): Promise<KnownInstallation> {
  const { api, site, baseId } = system;
  const sinceMs = Date.now() - 60_000;
  const { user } = await api.get(SessionView, '/api/session');
  if (user === null) throw new Error('nobody is signed in');
  await inviteSomebody(system);
  const token = await api.post(TokenCreated, '/api/account/tokens', {
    name: 'A program of today',
    scope: 'read',
  });
  const lamp = system.unit('lamp');
  const sensor = system.unit('light_sensor');
  const on = { verb: 'set', affordance: 'on', input: true } as const;
  const succeeded = await lamp.command(on, { wait: 10 });
  await until(
    'readings are stored',
    async () => (await sensor.rawHistory(sinceMs)).length >= MIN_READINGS,
  );
  await system.stopBase();
  const expired = await lamp.command({ ...on, ttlMs: 1_000 });
  await lamp.ended(expired.command.id);
  const waiting = await lamp.command({ ...on, input: false, ttlMs: DAY_MS });
  const points = await sensor.rawHistory(sinceMs);
  await system.hub.stop();
  system.startBase();
  const owed = await until('the base owes its hub readings', () => owedEvents(system));
  await system.stopBase();
  return {
    atMs: Date.now(),
    owner: { email: user.email, password: PASSWORD },
    token: token.secret,
    siteId: site.id,
    baseId,
    members: 2,
    units: { lamp: lamp.id, sensor: sensor.id },
    commands: {
      succeeded: [succeeded.command.id],
      expired: [expired.command.id],
      waiting: [waiting.command.id],
    },
    readings: { property: 'illuminance', sinceMs, points },
    owedEvents: Math.max(owed, owedEvents(system) ?? 0),
  };
}

async function inviteSomebody(system: System): Promise<void> {
  const { api, site } = system;
  const path = `/api/sites/${site.id}/invitations`;
  const { code } = await api.post(InvitationCreated, path, { role: 'member' });
  const other = await system.signUpAnother();
  await other.send('POST', '/api/invitations/accept', { body: { code } });
}

function owedEvents({ baseData }: System): number | undefined {
  const database = new Database(join(baseData, 'base.db'), { readonly: true });
  try {
    const size = Number(database.prepare('SELECT count(*) FROM outbox').pluck().get());
    return size >= MIN_READINGS ? size : undefined;
  } finally {
    database.close();
  }
}

function keep({ baseData }: System, known: KnownInstallation, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, from] of Object.entries({ hub: join(baseData, '../hub'), base: baseData })) {
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const kept = `${join(folder, name, relative(from, path))}.gz`;
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, gzipSync(readFileSync(path), { level: 9 }));
    }
  }
  writeFileSync(join(folder, 'known.json'), `${JSON.stringify(known, null, 2)}\n`);
}
