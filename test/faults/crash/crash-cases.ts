import { createServer } from 'node:http';
import { z } from 'zod';
import { STAGE } from '#protocol/command/command-stage.ts';
import type { AccountEventType } from '#protocol/events/account-event.ts';
import type { SiteEventType } from '#protocol/events/site-event.ts';
import { Command } from '#protocol/command/command.ts';
import { SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { RolloutView } from '#protocol/rollout/rollout.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';
import type { ApiClient } from '../../harness/api-client.ts';
import { ChannelSocket } from '../../harness/channel-socket.ts';
import { type CrashFixture, PASSWORD, presence } from './crash-fixture.ts';

/** How to make the hub store an event of one type. */
export interface CrashCase {
  /** Events of its type that its commit may store; 1 if not given. */
  readonly maxEvents?: number;
  /** Brings about what must be there first; answers with the request that stores the event. */
  readonly prepare: (
    fixture: CrashFixture,
    cleanup: Cleanup,
  ) => Promise<() => Promise<unknown>> | (() => Promise<unknown>);
  /** A client without an answer retries, and is recognised: nothing is stored twice. */
  readonly isRepeatable?: boolean;
}

const MEASURED = { bootId: '0000002a', seq: 1, measuredAtMs: 1_000, receivedAtMs: 1_001 };

/** A type without a case does not compile. */
export const SITE_CASES: Readonly<Record<SiteEventType, CrashCase>> = {
  'site.added': {
    prepare: (fixture) => () =>
      fixture.owner.post(SiteView, '/api/sites', { name: fixture.fresh('Barn') }),
  },
  'site.changed': {
    prepare: (fixture) => () => done(fixture.owner, 'PATCH', fixture.path(), { name: 'Cottage' }),
  },
  'site.retention_changed': {
    prepare: (fixture) => () =>
      done(fixture.owner, 'PUT', fixture.path('/retention'), {
        ...{ rawDays: 60, minuteDays: null, hourDays: null },
      }),
  },
  'member.invited': { prepare: (fixture) => () => fixture.invitation('guest') },
  'member.added': { prepare: (fixture) => fixture.signUp('guest') },
  'member.changed': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount('guest');
      const { code } = await fixture.invitation('member');
      return () => done(api, 'POST', '/api/invitations/accept', { code });
    },
  },
  'member.removed': {
    prepare: async (fixture) => {
      const { userId } = await fixture.newAccount();
      return () => done(fixture.owner, 'DELETE', fixture.path(`/members/${userId}`));
    },
  },
  'claim_code.created': { prepare: (fixture) => () => fixture.claimCode() },
  'base.added': {
    prepare: async (fixture) => {
      const code = await fixture.claimCode();
      return () => fixture.claim(code);
    },
  },
  'base.changed': {
    prepare: (fixture) => () =>
      done(fixture.owner, 'PATCH', `/api/bases/${fixture.base.id}`, { name: 'Attic' }),
  },
  'base.removed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newBase();
      return () => done(fixture.owner, 'DELETE', `/api/bases/${id}`);
    },
  },
  'base.presence_changed': {
    prepare: async (fixture, cleanup) => {
      const base = await fixture.newBase();
      const { url, ca } = fixture.hub;
      return async () => {
        const assertion = await base.assertion();
        const api = fixture.owner.withToken(await base.assertion());
        const socket = new ChannelSocket({ url, ca, cleanup, api, auth: { assertion } });
        await socket.connect();
        await socket.join(channelName({ kind: 'base', baseId: base.id }));
      };
    },
  },
  'device.added': { prepare: (fixture) => () => fixture.newDevice() },
  'device.changed': {
    prepare: async (fixture) => {
      const { device } = await fixture.newDevice();
      return () => done(fixture.owner, 'PATCH', `/api/devices/${device.id}`, { name: 'Pump' });
    },
  },
  'device.removed': {
    prepare: async (fixture) => {
      const { device } = await fixture.newDevice();
      return () => done(fixture.owner, 'DELETE', `/api/devices/${device.id}`);
    },
  },
  'device.credential_added': {
    prepare: async (fixture) => {
      const { device } = await fixture.newDevice();
      const body = { credential: { kind: 'password' } };
      return () => done(fixture.owner, 'POST', `/api/devices/${device.id}/credentials`, body);
    },
  },
  'device.credential_removed': {
    prepare: async (fixture) => {
      const { device, credentialId } = await fixture.newDevice();
      const path = `/api/devices/${device.id}/credentials/${credentialId}`;
      return () => done(fixture.owner, 'DELETE', path);
    },
  },
  'unit.added': { prepare: (fixture) => () => fixture.newUnit() },
  'unit.changed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newUnit();
      return () => done(fixture.owner, 'PATCH', `/api/units/${id}`, { place: 'Study' });
    },
  },
  'unit.removed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newUnit();
      return () => done(fixture.owner, 'DELETE', `/api/units/${id}`);
    },
  },
  'unit.presence_changed': {
    isRepeatable: true,
    prepare: async (fixture) => fixture.batch(presence(await fixture.newLamp(), 'lost')),
  },
  'unit.event': {
    isRepeatable: true,
    prepare: async (fixture) => {
      const unitId = await fixture.newLamp();
      return fixture.batch({ type: 'unit.event', data: { unitId, event: 'pressed', ...MEASURED } });
    },
  },
  'unit.update_changed': {
    // The update waits and, where its turn has come, is queued in the same commit.
    maxEvents: 2,
    prepare: async (fixture) => {
      const body = await rollout(fixture);
      return () => fixture.owner.post(RolloutView, fixture.path('/rollouts'), body);
    },
  },
  'property.changed': {
    isRepeatable: true,
    prepare: async (fixture) => {
      const unitId = await fixture.newLamp();
      const { bootId, ...times } = MEASURED;
      const readings = [{ property: 'on', value: true, ...times, clock: 'synced' as const }];
      return fixture.batch({ type: 'readings.recorded', data: { unitId, bootId, readings } });
    },
  },
  'readings.gap_declared': {
    isRepeatable: true,
    prepare: async (fixture) => {
      const unitId = await fixture.newLamp();
      const gap = { fromMs: 1_000, toMs: 2_000, count: 3, reason: 'outbox_full' as const };
      return fixture.batch({ type: 'readings.dropped', data: { unitId, ...gap } });
    },
  },
  'command.issued': {
    isRepeatable: true,
    prepare: async (fixture) => {
      const unitId = await fixture.newLamp();
      const id = newId(CommandId);
      return () => set(fixture, unitId, id);
    },
  },
  'command.ended': {
    isRepeatable: true,
    prepare: async (fixture) => {
      const commandId = newId(CommandId);
      await set(fixture, await fixture.newLamp(), commandId);
      const trace = [{ stage: STAGE.baseMatched, atMs: Date.now() }];
      const data = { commandId, outcome: 'succeeded' as const, output: 7, trace };
      return fixture.batch({ type: 'command.finished', data });
    },
  },
  'rollout.changed': {
    prepare: async (fixture) => {
      const body = await rollout(fixture);
      const { id } = await fixture.owner.post(RolloutView, fixture.path('/rollouts'), body);
      return () => done(fixture.owner, 'POST', `/api/rollouts/${id}/abort`);
    },
  },
  'webhook.added': { prepare: (fixture) => () => fixture.newWebhook() },
  'webhook.changed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newWebhook();
      return () => done(fixture.owner, 'POST', `/api/webhooks/${id}/rotate`);
    },
  },
  'webhook.disabled': {
    prepare: async (fixture, cleanup) => {
      const { id } = await fixture.newWebhook(await goneAddress(cleanup));
      return () => done(fixture.owner, 'POST', `/api/webhooks/${id}/test`);
    },
  },
  'webhook.removed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newWebhook();
      return () => done(fixture.owner, 'DELETE', `/api/webhooks/${id}`);
    },
  },
  'firmware.added': { prepare: (fixture) => fixture.firmware() },
  'firmware.removed': {
    prepare: async (fixture) => {
      const { id } = await fixture.newFirmware();
      return () => done(fixture.owner, 'DELETE', `/api/firmware/${id}`);
    },
  },
  'firmware.trust_changed': {
    prepare: (fixture) => () =>
      done(fixture.owner, 'PUT', fixture.path('/firmware-keys'), { keys: [] }),
  },
};

export const ACCOUNT_CASES: Readonly<Record<AccountEventType, CrashCase>> = {
  'account.created': { prepare: (fixture) => fixture.signUp('member') },
  'account.signed_in': {
    prepare: async (fixture) => {
      const { email } = await fixture.newAccount();
      const body = { email, password: PASSWORD };
      return () => done(fixture.owner.anonymous(), 'POST', '/api/sign-in', body);
    },
  },
  'account.reauthenticated': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount();
      return () => done(api, 'POST', '/api/account/reauthentication', { password: PASSWORD });
    },
  },
  'account.password_changed': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount();
      const body = { current: PASSWORD, next: 'another lamp in the window' };
      return () => done(api, 'POST', '/api/account/password', body);
    },
  },
  'session.ended': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount();
      return () => done(api, 'POST', '/api/sign-out');
    },
  },
  'token.created': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount();
      return () => api.post(TokenCreated, '/api/account/tokens', TOKEN);
    },
  },
  'token.removed': {
    prepare: async (fixture) => {
      const { api } = await fixture.newAccount();
      const { token } = await api.post(TokenCreated, '/api/account/tokens', TOKEN);
      return () => done(api, 'DELETE', `/api/account/tokens/${token.id}`);
    },
  },
};

const TOKEN = { name: 'a program', scope: 'read' };

/** Answers that there is nothing any more. */
async function goneAddress(cleanup: Cleanup): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(410).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/`;
}

async function done(
  api: ApiClient,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return api.call(z.unknown(), method, path, body === undefined ? {} : { body });
}

/** Of one unit. */
async function rollout(fixture: CrashFixture): Promise<object> {
  const unitIds = [await fixture.newLamp()];
  const { id: firmwareId } = await fixture.newFirmware();
  return { firmwareId, unitIds };
}

/** Waits for its base, which is offline. */
async function set(fixture: CrashFixture, unitId: string, id: CommandId): Promise<unknown> {
  const body = { id, verb: 'set', affordance: 'brightness', input: 7 };
  return fixture.owner.post(Command, `/api/units/${unitId}/commands`, body);
}
