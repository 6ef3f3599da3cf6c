import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { inject, onTestFinished } from 'vitest';
import type { Role } from '#protocol/access/roles.ts';
import { InvitationCreated, SessionView, SiteView } from '#protocol/http/accounts.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteId } from '#protocol/ids.ts';
import { z } from 'zod';
import { buildHub, type HubDeps } from '../app.ts';
import type { HubAddresses } from '../listeners.ts';
import type { ConnectionTimes } from '../edges/http/connections.ts';
import type { Clock } from '#platform/clock.ts';
import type { EventConsumer } from '../delivery/event-consumers.ts';
import type { HubConfig } from '../config/config.ts';
import type { LoadBounds } from '../edges/http/load-bound.ts';
import type { RateLimitSettings } from '../edges/http/rate-limits.ts';
import type { AdmissionBounds } from '../edges/channels/admission.ts';
import { DEFAULT_SOCKET_TIMES, type SocketTimes } from '../edges/channels/socket-times.ts';
import { databaseFile } from '../store/engine/sqlite/database.ts';
import { databaseOfFolder } from './test-database.ts';
import { HubClient } from './hub-client.ts';

/** High enough that only tests of the limits meet them. */
const LOOSE_LIMITS: RateLimitSettings = {
  failures: 10_000,
  signIn: 10_000,
  signUp: 10_000,
  claim: 10_000,
  deviceLogin: 10_000,
  open: 10_000,
};

export interface TestHubOptions {
  readonly config?: Partial<HubConfig>;
  /** Of several hubs on one database. */
  readonly database?: string;
  readonly clock?: Clock;
  /** The clock of a hub on PostgreSQL is moved to that of the database; default: not a given one. */
  readonly isClockShared?: boolean;
  readonly rateLimits?: Partial<RateLimitSettings>;
  readonly loadBounds?: Partial<LoadBounds>;
  readonly socketTimes?: Partial<SocketTimes>;
  readonly admission?: AdmissionBounds;
  readonly log?: Logger;
  readonly connectionTimes?: Partial<ConnectionTimes>;
  readonly consumers?: readonly EventConsumer[];
  readonly webhooks?: HubDeps['webhooks'];
  /** Called with a message for each clean-up, for hubs that outlive one test. */
  readonly onCleanup?: (cleanup: () => Promise<void>) => void;
}

export interface TestHub {
  readonly addresses: HubAddresses;
  readonly dataFolder: string;
  readonly setupCode: string | undefined;
  readonly client: (credentials?: { readonly bearer?: string }) => HubClient;
  /** Resources that it holds now. */
  readonly gauges: () => Readonly<Record<string, number>>;
  readonly drain: (stopNow: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

export function temporaryFolder(onCleanup: (cleanup: () => Promise<void>) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-hub-'));
  onCleanup(() => {
    rmSync(folder, { recursive: true, force: true });
    return Promise.resolve();
  });
  return folder;
}

function beginFromTemplate(dataFolder: string): void {
  if (existsSync(databaseFile(dataFolder))) return;
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const filter = (path: string): boolean => inject('engine') === 'sqlite' || !isDatabase(path);
  cpSync(inject('templateFolder'), dataFolder, { recursive: true, force: false, filter });
}

function isDatabase(path: string): boolean {
  return path.startsWith(databaseFile(inject('templateFolder')));
}

/** A hub on its own ports with its own folder, closed when the test ends. */
export async function startTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const onCleanup = options.onCleanup ?? onTestFinished;
  const dataFolder = options.config?.dataFolder ?? temporaryFolder(onCleanup);
  beginFromTemplate(dataFolder);
  const database = options.database ?? (await databaseOfFolder(dataFolder, onCleanup));
  const hub = buildHub({
    config: {
      httpsPort: 0,
      httpsHost: '127.0.0.1',
      httpPort: 0,
      httpHost: '127.0.0.1',
      mqttsPort: 'off',
      mqttPort: 'off',
      signUp: 'invite',
      logLevel: 'silent',
      tlsNames: [],
      connectionsPerAddress: 512,
      sharedAddresses: ['loopback'],
      trustedProxies: [],
      webhookNetworks: [],
      webhookTimeout: 15,
      dashboardFolder: join(dataFolder, 'dashboard'),
      ...options.config,
      dataFolder,
      database,
    },
    log: options.log ?? pino({ level: process.env['HUB_TEST_LOG'] ?? 'silent' }),
    ...(options.clock
      ? // One that a test moves stays where it is put.
        { clock: options.clock, isClockShared: options.isClockShared ?? false }
      : {}),
    socketTimes: { ...DEFAULT_SOCKET_TIMES, ...options.socketTimes },
    ...(options.admission ? { admission: options.admission } : {}),
    ...(options.loadBounds ? { loadBounds: options.loadBounds } : {}),
    ...(options.connectionTimes ? { connectionTimes: options.connectionTimes } : {}),
    ...(options.consumers ? { consumers: options.consumers } : {}),
    ...(options.webhooks ? { webhooks: options.webhooks } : {}),
    passwordCost: { memoryCost: 1_024, timeCost: 1, parallelism: 1 },
    rateLimits: { ...LOOSE_LIMITS, ...options.rateLimits },
  });
  onCleanup(() => hub.close());
  const started = await hub.start();
  if (!started.ok) throw new Error(started.message);
  const addresses = {
    ...started.addresses,
    https: started.addresses.https,
    // Not localhost, which some machines resolve to ::1 first.
    http: started.addresses.http.replace('localhost', '127.0.0.1'),
  };
  return {
    addresses,
    dataFolder,
    setupCode: started.signInUrl?.split('#code=').at(1),
    client: (credentials) => new HubClient(addresses.http, credentials),
    gauges: () => hub.gauges,
    drain: (stopNow) => hub.drain(stopNow),
    close: () => hub.close(),
  };
}

export const PASSWORD = 'correct horse battery';

export interface Owner {
  readonly client: HubClient;
  readonly siteId: SiteId;
  readonly userId: string;
}

/** The first account, owner of the site that a fresh hub has. */
export async function signUpOwner(hub: TestHub, email = 'ada@example.org'): Promise<Owner> {
  const client = hub.client();
  const view = await client.request(SessionView, {
    path: '/api/sign-up',
    body: { email, name: 'Ada', password: PASSWORD, setupCode: hub.setupCode },
  });
  const { sites } = await client.request(z.object({ sites: z.array(SiteView) }), {
    path: '/api/sites',
  });
  const [site] = sites;
  if (!site || !view.user) throw new Error('no site');
  return { client, siteId: site.id, userId: view.user.id };
}

/** The code of an invitation to the owner's site. */
export async function invite(owner: Owner, role: Role = 'member'): Promise<string> {
  const created = await owner.client.request(InvitationCreated, {
    path: `/api/sites/${owner.siteId}/invitations`,
    body: { role },
  });
  return created.code;
}

/** A further account, which has joined nothing. */
export async function signUpOther(hub: TestHub, owner: Owner): Promise<HubClient> {
  const invitation = await invite(owner);
  const client = hub.client();
  const view = await client.request(SessionView, {
    path: '/api/sign-up',
    body: {
      email: `bo${Math.random()}@example.org`,
      name: 'Bo',
      password: PASSWORD,
      invitation,
    },
  });
  await owner.client.done({
    method: 'DELETE',
    path: `/api/sites/${owner.siteId}/members/${view.user?.id ?? ''}`,
  });
  return client;
}

export async function snapshotOf(owner: Owner): Promise<SiteSnapshot> {
  return await owner.client.request(SiteSnapshot, { path: `/api/sites/${owner.siteId}/snapshot` });
}
