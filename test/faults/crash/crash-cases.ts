import { z } from 'zod';
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
import { type CrashScene, PASSWORD, presence } from './crash-scene.ts';

/** How an event of one type comes to be stored. */
export interface CrashCase {
  /** Brings about what must be there first; answers with the request that stores the event. */
  readonly prepare: (
    scene: CrashScene,
    cleanup: Cleanup,
  ) => Promise<() => Promise<unknown>> | (() => Promise<unknown>);
  /** Whoever got no answer sends it again, and it is known: nothing is stored once more. */
  readonly isRepeatable?: boolean;
}

const MEASURED = { bootId: '0000002a', seq: 1, measuredAtMs: 1_000, receivedAtMs: 1_001 };

/** A type without a case does not compile. */
export const SITE_CASES: Readonly<Record<SiteEventType, CrashCase>> = {
  'site.added': {
    prepare: (scene) => () =>
      scene.owner.post(SiteView, '/api/sites', { name: scene.fresh('Barn') }),
  },
  'site.changed': {
    prepare: (scene) => () => done(scene.owner, 'PATCH', scene.path(), { name: 'Cottage' }),
  },
  'member.invited': { prepare: (scene) => () => scene.invitation('guest') },
  'member.added': { prepare: (scene) => scene.signUp('guest') },
  'member.changed': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount('guest');
      const { code } = await scene.invitation('member');
      return () => done(api, 'POST', '/api/invitations/accept', { code });
    },
  },
  'member.removed': {
    prepare: async (scene) => {
      const { userId } = await scene.newAccount();
      return () => done(scene.owner, 'DELETE', scene.path(`/members/${userId}`));
    },
  },
  'claim_code.created': { prepare: (scene) => () => scene.claimCode() },
  'base.added': {
    prepare: async (scene) => {
      const code = await scene.claimCode();
      return () => scene.claim(code);
    },
  },
  'base.changed': {
    prepare: (scene) => () =>
      done(scene.owner, 'PATCH', `/api/bases/${scene.base.id}`, { name: 'Attic' }),
  },
  'base.removed': {
    prepare: async (scene) => {
      const { id } = await scene.newBase();
      return () => done(scene.owner, 'DELETE', `/api/bases/${id}`);
    },
  },
  'base.presence_changed': {
    prepare: async (scene, cleanup) => {
      const base = await scene.newBase();
      const { url, ca } = scene.hub;
      return async () => {
        const assertion = await base.assertion();
        const api = scene.owner.withToken(await base.assertion());
        const socket = new ChannelSocket({ url, ca, cleanup, api, auth: { assertion } });
        await socket.connect();
        await socket.join(channelName({ kind: 'base', baseId: base.id }));
      };
    },
  },
  'unit.added': { prepare: (scene) => () => scene.newUnit() },
  'unit.changed': {
    prepare: async (scene) => {
      const { id } = await scene.newUnit();
      return () => done(scene.owner, 'PATCH', `/api/units/${id}`, { place: 'Study' });
    },
  },
  'unit.removed': {
    prepare: async (scene) => {
      const { id } = await scene.newUnit();
      return () => done(scene.owner, 'DELETE', `/api/units/${id}`);
    },
  },
  'unit.presence_changed': {
    isRepeatable: true,
    prepare: async (scene) => scene.batch(presence(await scene.newLamp(), 'lost')),
  },
  'unit.event': {
    isRepeatable: true,
    prepare: async (scene) => {
      const unitId = await scene.newLamp();
      return scene.batch({ type: 'unit.event', data: { unitId, event: 'pressed', ...MEASURED } });
    },
  },
  'unit.update_changed': {
    prepare: async (scene) => {
      const body = await rollout(scene);
      return () => scene.owner.post(RolloutView, scene.path('/rollouts'), body);
    },
  },
  'property.changed': {
    isRepeatable: true,
    prepare: async (scene) => {
      const unitId = await scene.newLamp();
      const { bootId, ...times } = MEASURED;
      const readings = [{ property: 'on', value: true, ...times, clock: 'synced' as const }];
      return scene.batch({ type: 'readings.taken', data: { unitId, bootId, readings } });
    },
  },
  'readings.gap_declared': {
    isRepeatable: true,
    prepare: async (scene) => {
      const unitId = await scene.newLamp();
      const gap = { fromMs: 1_000, toMs: 2_000, count: 3, reason: 'outbox_full' as const };
      return scene.batch({ type: 'readings.dropped', data: { unitId, ...gap } });
    },
  },
  'command.issued': {
    isRepeatable: true,
    prepare: async (scene) => {
      const unitId = await scene.newLamp();
      const id = newId(CommandId);
      return () => set(scene, unitId, id);
    },
  },
  'command.ended': {
    isRepeatable: true,
    prepare: async (scene) => {
      const commandId = newId(CommandId);
      await set(scene, await scene.newLamp(), commandId);
      const trace = [{ hop: 11 as const, atMs: Date.now() }];
      const data = { commandId, outcome: 'succeeded' as const, output: 7, trace };
      return scene.batch({ type: 'command.finished', data });
    },
  },
  'rollout.changed': {
    prepare: async (scene) => {
      const body = await rollout(scene);
      const { id } = await scene.owner.post(RolloutView, scene.path('/rollouts'), body);
      return () => done(scene.owner, 'POST', `/api/rollouts/${id}/abort`);
    },
  },
  'firmware.added': { prepare: (scene) => scene.firmware() },
  'firmware.removed': {
    prepare: async (scene) => {
      const { id } = await scene.newFirmware();
      return () => done(scene.owner, 'DELETE', `/api/firmware/${id}`);
    },
  },
  'firmware.trust_changed': {
    prepare: (scene) => () => done(scene.owner, 'PUT', scene.path('/firmware-keys'), { keys: [] }),
  },
};

export const ACCOUNT_CASES: Readonly<Record<AccountEventType, CrashCase>> = {
  'account.created': { prepare: (scene) => scene.signUp('member') },
  'account.signed_in': {
    prepare: async (scene) => {
      const { email } = await scene.newAccount();
      const body = { email, password: PASSWORD };
      return () => done(scene.owner.stranger(), 'POST', '/api/sign-in', body);
    },
  },
  'account.reauthenticated': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount();
      return () => done(api, 'POST', '/api/account/proof', { password: PASSWORD });
    },
  },
  'account.password_changed': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount();
      const body = { current: PASSWORD, next: 'another lamp in the window' };
      return () => done(api, 'POST', '/api/account/password', body);
    },
  },
  'session.ended': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount();
      return () => done(api, 'POST', '/api/sign-out');
    },
  },
  'token.created': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount();
      return () => api.post(TokenCreated, '/api/account/tokens', TOKEN);
    },
  },
  'token.removed': {
    prepare: async (scene) => {
      const { api } = await scene.newAccount();
      const { token } = await api.post(TokenCreated, '/api/account/tokens', TOKEN);
      return () => done(api, 'DELETE', `/api/account/tokens/${token.id}`);
    },
  },
};

const TOKEN = { name: 'a program', scope: 'read' };

async function done(
  api: ApiClient,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  return api.call(z.unknown(), method, path, body === undefined ? {} : { body });
}

/** Of one unit. */
async function rollout(scene: CrashScene): Promise<object> {
  const unitIds = [await scene.newLamp()];
  const { id: firmwareId } = await scene.newFirmware();
  return { firmwareId, unitIds };
}

/** Waits for its base, which is not there. */
async function set(scene: CrashScene, unitId: string, id: CommandId): Promise<unknown> {
  const body = { id, verb: 'set', affordance: 'brightness', input: 7 };
  return scene.owner.post(Command, `/api/units/${unitId}/commands`, body);
}
