import { join } from 'node:path';
import { mkdirSync, rmSync } from 'node:fs';
import { z } from 'zod';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import type { Role } from '#protocol/access/roles.ts';
import { InvitationCreated, SessionView, SiteView } from '#protocol/http/accounts.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { DeviceCredential } from '#protocol/http/devices.ts';
import { FirmwareView } from '#protocol/http/firmware.ts';
import { WebhookSecret, type WebhookView } from '#protocol/http/webhooks.ts';
import { UnitView } from '#protocol/http/units.ts';
import { type BaseEventBody, BatchReceipt } from '#protocol/hub-link/base-events.ts';
import type { SiteId, UnitId } from '#protocol/ids.ts';
import { FirmwareMaker } from '../../../hub/testing/firmware-file.ts';
import { describedLamp } from '../../../hub/testing/things.ts';
import { REPOSITORY } from '../../architecture/source.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { RawBase } from '../../harness/raw-base.ts';
import { FaultHub } from '../programs/hub.ts';

export const PASSWORD = 'a lamp in the window';

export interface Account {
  readonly api: ApiClient;
  readonly userId: string;
  readonly email: string;
}

/** A hub as a process that is killed again and again, an owner and a base without a program. */
export class CrashFixture {
  readonly hub: FaultHub;
  /** What the hub's own consumer of events was given. */
  readonly consumedFile: string;
  readonly #owner: ApiClient;
  readonly #siteId: SiteId;
  readonly #base: RawBase;
  #made = 0;
  #maker: FirmwareMaker | undefined;
  #seq = 0;

  constructor(parts: {
    readonly hub: FaultHub;
    readonly consumedFile: string;
    readonly owner: ApiClient;
    readonly siteId: SiteId;
    readonly base: RawBase;
  }) {
    this.hub = parts.hub;
    this.consumedFile = parts.consumedFile;
    this.#owner = parts.owner;
    this.#siteId = parts.siteId;
    this.#base = parts.base;
  }

  static async start(name: string, cleanup: Cleanup): Promise<CrashFixture> {
    const logs = join(REPOSITORY, 'build/faults', name);
    rmSync(logs, { recursive: true, force: true });
    mkdirSync(logs, { recursive: true });
    const folder = temporaryFolder(cleanup);
    const consumedFile = join(folder, 'consumed');
    const [httpsPort = 0, httpPort = 0] = await freePorts(2);
    const hub = new FaultHub({
      ...{ data: join(folder, 'hub'), httpsPort, httpPort, cleanup },
      logPath: join(logs, 'hub.log'),
      script: join(REPOSITORY, 'test/faults/crash/consuming-hub.mjs'),
      args: ['--webhook-networks', 'loopback'],
      env: { CONSUMED_EVENTS: consumedFile },
    });
    await hub.program.start();
    const owner = new ApiClient({ url: hub.url, ca: hub.ca, cleanup });
    await owner.post(SessionView, '/api/sign-up', {
      ...{ email: 'ada@example.com', name: 'Ada', password: PASSWORD },
      setupCode: await hub.setupCode(),
    });
    const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
    const [site] = sites;
    if (site === undefined) throw new Error('the first account has no site');
    const path = `/api/sites/${site.id}/claim-codes`;
    const { code } = await owner.post(ClaimCodeCreated, path, { baseName: 'Cellar' });
    const base = await RawBase.claim(owner, code);
    return new CrashFixture({ hub, consumedFile, owner, siteId: site.id, base });
  }

  get owner(): ApiClient {
    return this.#owner;
  }

  get siteId(): SiteId {
    return this.#siteId;
  }

  get base(): RawBase {
    return this.#base;
  }

  /** The path of the site, with more behind it. */
  path(rest = ''): string {
    return `/api/sites/${this.#siteId}${rest}`;
  }

  /** A name that nothing has yet. */
  fresh(what: string): string {
    this.#made += 1;
    return `${what} ${this.#made}`;
  }

  async claimCode(): Promise<string> {
    const body = { baseName: this.fresh('Base') };
    return (await this.#owner.post(ClaimCodeCreated, this.path('/claim-codes'), body)).code;
  }

  claim(code: string): Promise<RawBase> {
    return RawBase.claim(this.#owner, code);
  }

  async newBase(): Promise<RawBase> {
    return this.claim(await this.claimCode());
  }

  async newDevice(): Promise<DeviceCredential> {
    const body = { name: this.fresh('Device'), credential: { kind: 'password' } };
    return this.#owner.post(DeviceCredential, this.path('/devices'), body);
  }

  /** Nothing but the test message is sent to it. */
  async newWebhook(url = 'http://127.0.0.1:9/'): Promise<WebhookView> {
    const body = { name: this.fresh('Webhook'), url, events: ['site.retention_changed'] };
    return (await this.#owner.post(WebhookSecret, this.path('/webhooks'), body)).webhook;
  }

  async invitation(role: Role): Promise<InvitationCreated> {
    return this.#owner.post(InvitationCreated, this.path('/invitations'), { role });
  }

  /** The sign-up request of an invited person. */
  async signUp(role: Role): Promise<() => Promise<Account>> {
    const { code } = await this.invitation(role);
    const name = this.fresh('Mo');
    const email = `${name.replace(' ', '.')}@example.com`;
    const api = this.#owner.anonymous();
    return async () => {
      const view = await api.post(SessionView, '/api/sign-up', {
        ...{ email, name, password: PASSWORD, invitation: code },
      });
      return { api, email, userId: view.user?.id ?? '' };
    };
  }

  async newAccount(role: Role = 'member'): Promise<Account> {
    const signUp = await this.signUp(role);
    return signUp();
  }

  async newUnit(): Promise<UnitView> {
    this.#made += 1;
    const address = { host: `192.0.2.${1 + (this.#made % 250)}`, port: 1_024 + this.#made };
    const body = {
      name: this.fresh('Lamp'),
      endpoint: { kind: 'base', baseId: this.#base.id, address },
    };
    return this.#owner.post(UnitView, this.path('/units'), body);
  }

  /** A lamp, described and online. */
  async newLamp(): Promise<UnitId> {
    const { id } = await this.newUnit();
    const described = describedLamp(id, { hardwareId: id.slice(-12) });
    await this.batch({ type: 'unit.described', data: described })();
    await this.batch(presence(id, 'ready'))();
    return id;
  }

  async newFirmware(): Promise<FirmwareView> {
    const upload = await this.firmware();
    return upload();
  }

  /** The request that brings an image of a further version. */
  async firmware(): Promise<() => Promise<FirmwareView>> {
    this.#maker ??= await FirmwareMaker.create();
    this.#made += 1;
    const rawBody = await this.#maker.file({ version: `2.0.${this.#made}` });
    const headers = { 'content-type': 'application/octet-stream' };
    return () =>
      this.#owner.call(FirmwareView, 'POST', this.path('/firmware'), { rawBody, headers });
  }

  /** The base's request with these events: each call sends the same again. */
  batch(...bodies: readonly BaseEventBody[]): () => Promise<BatchReceipt> {
    const body = this.#base.batch(bodies.map((event) => ({ ...event, seq: (this.#seq += 1) })));
    return async () => {
      const answer = await this.#base.post(body);
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
      const receipt = BatchReceipt.parse(JSON.parse(answer.text));
      if (receipt.refused.length > 0) throw new Error(answer.text);
      return receipt;
    };
  }
}

export function presence(unitId: UnitId, state: 'ready' | 'lost'): BaseEventBody {
  const atMs = Date.now();
  return { type: 'unit.presence', data: { unitId, state, atMs, lastContactAtMs: atMs } };
}
