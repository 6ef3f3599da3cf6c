import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { SessionView, SiteView } from '#protocol/http/accounts.ts';
import { BaseView, ClaimCodeCreated } from '#protocol/http/bases.ts';
import { UnitView } from '#protocol/http/units.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import type { BaseId } from '#protocol/ids.ts';
import { type UnitId } from '#protocol/ids.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import type { UnitLinkKind } from '#protocol/unit-link-kind.ts';
import { ApiClient } from './api-client.ts';
import { BaseProgram } from './base-program.ts';
import { ChannelSocket } from './channel-socket.ts';
import { atTestEnd, type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { freePorts } from './free-ports.ts';
import { HubProgram } from './hub-program.ts';
import { SystemUnit } from './system-unit.ts';
import { newKeyFile, type UnitImplementation, type UnitKind, UnitProcess } from './unit-process.ts';
import { until } from '#platform/testing/until.ts';

export interface SystemOptions {
  /** The units of the site; without any, there is no base either. */
  readonly units: readonly UnitKind[];
  readonly implementation: UnitImplementation;
  /** Further arguments of the units' programs. */
  readonly unitArgs?: Readonly<Partial<Record<UnitKind, readonly string[]>>>;
  readonly signUp?: 'invite' | 'open' | 'closed';
  /** Multicast DNS of the base: the IPv4 address of an interface; default: off. */
  readonly discovery?: string;
  /** Changes of the base's configuration. */
  readonly baseConfig?: object;
  readonly cleanup: Cleanup;
}

/** A running system whose owner is signed in. */
export interface System {
  /** The owner's browser. */
  readonly api: ApiClient;
  readonly hub: HubProgram;
  readonly site: SiteView;
  readonly baseId: BaseId;
  /** The base's data folder. */
  readonly baseData: string;
  base(): Promise<BaseView>;
  snapshot(): Promise<SiteSnapshot>;
  unit(kind: UnitKind): SystemUnit & { readonly process: UnitProcess };
  unitById(id: UnitId): SystemUnit;
  addUnit(baseId: BaseId, name: string, port: number, link?: UnitLinkKind): Promise<UnitView>;
  addSite(name: string, owner?: ApiClient): Promise<SiteView>;
  claimCode(baseName: string): Promise<string>;
  /** Someone else, with an account of their own; needs sign-up to be open. */
  signUpAnother(): Promise<ApiClient>;
  socket(options?: SocketOptions): ChannelSocket;
  /** A socket of the owner that has joined the channel of the site. */
  watch(): Promise<ChannelSocket>;
  /** Gives the base the key of a unit, as soon as the base knows the unit. */
  giveKey(unit: UnitId, keyFile: string): Promise<void>;
  startBase(): void;
  stopBase(): Promise<void>;
  restartHub(): Promise<void>;
}

export interface SocketOptions {
  readonly api?: ApiClient;
  readonly auth?: Readonly<Record<string, string>>;
  readonly origin?: string;
}

/** Starts a hub, a base and units, and brings them together as people do: through the API. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const { cleanup } = options;
  const folder = temporaryFolder(cleanup);
  const [httpsPort = 0, httpPort = 0] = await freePorts(2);
  const hub = new HubProgram({
    args: ['--webhook-networks', 'loopback'],
    data: join(folder, 'hub'),
    httpsPort,
    httpPort,
    signUp: options.signUp ?? 'invite',
  });
  cleanup.add(() => hub.stop());
  await hub.start();
  const api = new ApiClient({ url: hub.url, ca: hub.ca, cleanup });
  await signUp(api, hub.setupCode);
  const { sites } = await api.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [site] = sites;
  if (site === undefined) throw new Error('the first account has no site');
  const base = new BaseProgram(join(folder, 'base'), options.discovery);
  cleanup.add(() => base.stop());
  const system = new RunningSystem({ api, hub, site, base });
  if (options.units.length > 0) await furnish(system, base, options);
  return system;
}

/** Pairs and starts the base, starts the units and adds them. */
async function furnish(
  system: RunningSystem,
  base: BaseProgram,
  { units, implementation, unitArgs = {}, baseConfig = {}, cleanup }: SystemOptions,
): Promise<void> {
  const processes = units.map(
    (kind) =>
      new UnitProcess({
        kind,
        id: `${kind}-1`,
        implementation,
        cleanup,
        args: unitArgs[kind] ?? [],
        keyFile: newKeyFile(temporaryFolder(cleanup)),
      }),
  );
  await Promise.all(processes.map((process) => process.start()));
  await base.pair(system.hub.url, await system.claimCode('Home'));
  base.configure(baseConfig);
  base.start();
  const { bases } = await system.snapshot();
  const [{ id: baseId } = { id: undefined }] = bases;
  if (baseId === undefined) throw new Error('the base is not there');
  system.baseId = baseId;
  await until('the base is online', async () => (await system.base()).presence.state === 'online');
  for (const process of processes) {
    const { id } = await system.addUnit(baseId, process.kind, process.port);
    const { keyFile } = process;
    if (keyFile !== undefined) await system.giveKey(id, keyFile);
    system.furnished.push({ kind: process.kind, id, process });
  }
  await Promise.all(system.furnished.map(({ id }) => system.unitById(id).ready()));
}

async function signUp(api: ApiClient, setupCode: string | undefined): Promise<void> {
  await api.post(SessionView, '/api/sign-up', {
    email: `${randomBytes(6).toString('hex')}@example.com`,
    name: 'Ada',
    password: 'a lamp in the window',
    ...(setupCode === undefined ? {} : { setupCode }),
  });
}

interface Furnished {
  readonly kind: UnitKind;
  readonly id: UnitId;
  readonly process: UnitProcess;
}

class RunningSystem implements System {
  readonly api: ApiClient;
  readonly hub: HubProgram;
  readonly site: SiteView;
  readonly furnished: Furnished[] = [];
  readonly #base: BaseProgram;
  #baseId: BaseId | undefined;

  constructor(parts: { api: ApiClient; hub: HubProgram; site: SiteView; base: BaseProgram }) {
    this.api = parts.api;
    this.hub = parts.hub;
    this.site = parts.site;
    this.#base = parts.base;
  }

  get baseId(): BaseId {
    if (this.#baseId === undefined) throw new Error('this system has no base');
    return this.#baseId;
  }

  set baseId(id: BaseId) {
    this.#baseId = id;
  }

  get baseData(): string {
    return this.#base.data;
  }

  base(): Promise<BaseView> {
    return this.api.get(BaseView, `/api/bases/${this.baseId}`);
  }

  snapshot(): Promise<SiteSnapshot> {
    return this.api.get(SiteSnapshot, `/api/sites/${this.site.id}/snapshot`);
  }

  unit(kind: UnitKind): SystemUnit & { readonly process: UnitProcess } {
    const found = this.furnished.find((one) => one.kind === kind);
    if (found === undefined) throw new Error(`this system has no ${kind}`);
    return Object.assign(this.unitById(found.id), { process: found.process });
  }

  unitById(id: UnitId): SystemUnit {
    return new SystemUnit(this.api, id);
  }

  addUnit(
    baseId: BaseId,
    name: string,
    port: number,
    link: UnitLinkKind = 'frames',
  ): Promise<UnitView> {
    return this.api.post(UnitView, `/api/sites/${this.site.id}/units`, {
      name,
      endpoint: { kind: 'base', baseId, address: { host: '127.0.0.1', port }, link },
    });
  }

  addSite(name: string, owner = this.api): Promise<SiteView> {
    return owner.post(SiteView, '/api/sites', { name });
  }

  async claimCode(baseName: string): Promise<string> {
    const path = `/api/sites/${this.site.id}/claim-codes`;
    return (await this.api.post(ClaimCodeCreated, path, { baseName })).code;
  }

  async signUpAnother(): Promise<ApiClient> {
    const other = this.api.anonymous();
    await signUp(other, undefined);
    return other;
  }

  socket({ api = this.api, auth, origin }: SocketOptions = {}): ChannelSocket {
    return new ChannelSocket({
      url: this.hub.url,
      ca: this.hub.ca,
      cleanup: atTestEnd,
      api,
      ...(auth === undefined ? {} : { auth }),
      ...(origin === undefined ? {} : { origin }),
    });
  }

  async watch(): Promise<ChannelSocket> {
    const socket = this.socket();
    const refusal =
      (await socket.connect()) ??
      (await socket.join(channelName({ kind: 'site', siteId: this.site.id })));
    if (refusal !== undefined) throw new Error(`the channel was refused: ${refusal}`);
    return socket;
  }

  async giveKey(unit: UnitId, keyFile: string): Promise<void> {
    await until('the base knows the unit', () => {
      this.#base.giveKey(unit, keyFile);
      return true;
    });
  }

  startBase(): void {
    this.#base.start();
  }

  stopBase(): Promise<void> {
    return this.#base.stop();
  }

  async restartHub(): Promise<void> {
    await this.hub.stop();
    await this.hub.start();
  }
}
