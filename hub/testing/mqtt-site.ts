import { inject } from 'vitest';
import type { Role, TokenScope } from '#protocol/access/roles.ts';
import { DeviceRequest } from '#protocol/http/devices.ts';
import { type DeviceId, type SiteId, TokenId, UserId, newId } from '#protocol/ids.ts';
import type { z } from 'zod';
import type { TokenPrincipal } from '../domain/accounts/principal.ts';
import type { MqttCredentials } from '../kernel/mqtt-authenticator.ts';
import type { TopicGrant } from '../kernel/topic-rights.ts';
import { insertSite } from '../store/sites.ts';
import { ReadingsHub } from './readings-site.ts';

const HUB = { account: 'test', actor: { kind: 'hub' } } as const;

/** A registered device, and what it may show in a CONNECT. */
export interface TestDevice {
  readonly id: DeviceId;
  readonly clientId: string;
  readonly password: Buffer | undefined;
  readonly certificateFingerprint: string | undefined;
}

/** The services of a hub, with a site for devices, members and apps. */
export class MqttSite {
  readonly hub: ReadingsHub;
  readonly siteId: SiteId;

  private constructor(hub: ReadingsHub, siteId: SiteId) {
    this.hub = hub;
    this.siteId = siteId;
  }

  static async open(): Promise<MqttSite> {
    const hub = await ReadingsHub.open(inject('engine'));
    return new MqttSite(hub, await newSite(hub));
  }

  /** Another site of the same hub. */
  async neighbour(): Promise<MqttSite> {
    return new MqttSite(this.hub, await newSite(this.hub));
  }

  get services() {
    return this.hub.services;
  }

  async register(
    clientId: string,
    request: Partial<z.input<typeof DeviceRequest>> = {},
  ): Promise<TestDevice> {
    const parsed = DeviceRequest.parse({
      ...{ name: clientId, clientId, credential: { kind: 'password' } },
      ...request,
    });
    const made = await this.services.devices.register(this.siteId, parsed, HUB);
    const { secret, deviceId: id } = made;
    const view = await this.services.deviceViews.one(id, () => Promise.resolve(undefined));
    return {
      ...{ id, clientId },
      password: secret.kind === 'password' ? Buffer.from(secret.password) : undefined,
      certificateFingerprint: view.credentials[0]?.fingerprint ?? undefined,
    };
  }

  async unregister({ id }: TestDevice): Promise<void> {
    await this.services.devices.unregister(id, HUB);
  }

  async change({ id }: TestDevice, topicSpace: string | null): Promise<void> {
    await this.services.devices.change(id, { topicSpace }, HUB);
  }

  async revokeAll({ id }: TestDevice): Promise<void> {
    const view = await this.services.deviceViews.one(id, () => Promise.resolve(undefined));
    for (const credential of view.credentials)
      await this.services.devices.revoke(id, credential.id, HUB);
  }

  async connect(shown: Partial<MqttCredentials>) {
    return await this.services.mqttAuthenticator.authenticate({
      ...{ clientId: '', userName: undefined, password: undefined },
      ...{ certificateFingerprint: undefined, version: '5', listener: 'tls', address: '192.0.2.7' },
      ...shown,
    });
  }

  /** What a device may do that connects with all that it has. */
  async grantOf({ clientId, password, certificateFingerprint }: TestDevice): Promise<TopicGrant> {
    const verdict = await this.connect({ clientId, password, certificateFingerprint });
    if (!verdict?.ok) throw new Error('refused');
    return await this.services.topicRights.grantOf(verdict.principal);
  }

  /** Software of a person who has this role here. */
  async app(role: Role, scope: TokenScope): Promise<TokenPrincipal> {
    const userId = newId(UserId);
    await this.services.unitOfWork.run(async ({ tx }) => {
      const user = { id: userId, email: `${userId}@example.org`, name: 'Ada' };
      await tx
        .insertInto('users')
        .values({ ...user, password_hash: '', created_at: 0 })
        .execute();
      const member = { site_id: this.siteId, user_id: userId, role, since: 0, layout: '[]' };
      await tx.insertInto('members').values(member).execute();
    }, 'test');
    const principal = { kind: 'token', userId, tokenId: newId(TokenId), scope } as const;
    return { ...principal, siteIds: [this.siteId], expiresAtMs: null };
  }
}

async function newSite(hub: ReadingsHub): Promise<SiteId> {
  const { unitOfWork } = hub.services;
  return (await unitOfWork.run(({ tx }) => insertSite(tx, 'Home', 0), 'test')).id;
}

/** Whether somebody may do this with a name as a client writes it. */
export function may(
  grant: TopicGrant,
  what: 'mayPublish' | 'maySubscribe' | 'mayReceive',
  name: string,
): boolean {
  const place = grant.locate(name);
  return place !== undefined && grant[what](place);
}
