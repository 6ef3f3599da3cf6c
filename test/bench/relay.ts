import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { CommandState, isFinal } from '#protocol/command/command-state.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { ClaimCodeCreated } from '#protocol/http/bases.ts';
import { ChannelAuthorization } from '#protocol/http/channels.ts';
import { SiteSnapshot } from '#protocol/http/sites.ts';
import { UnitView } from '#protocol/http/units.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { JoinReply } from '#protocol/hub-link/socket-events.ts';
import { type BaseId, CommandId, newId, type SiteId, type UnitId } from '#protocol/ids.ts';
import { ApiClient } from '../harness/api-client.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { BaseProgram } from '../harness/base-program.ts';
import { RawBase } from '../harness/raw-base.ts';
import { SystemUnit } from '../harness/system-unit.ts';
import { FIRMWARE, newKeyFile } from '../harness/unit-process.ts';
import { until } from '#platform/testing/until.ts';
import { startProcess } from './bench-process.ts';
import type { TlsFiles } from './floor/floor.ts';
import { HUB_READY, SETUP_CODE, signalbox } from './programs.ts';
import { signUp } from './sign-up.ts';
import { Arrivals, type Subject } from './subject.ts';

/** The built system in processes of its own, with a number of C++ lamps. */
export interface Relay extends RelayEnds {
  /** The files of the databases that it has open. */
  readonly databases: { readonly hub: string; readonly base: string };
  readonly tls: TlsFiles & { readonly caPem: string };
}

/** Client, base and units of a hub, or of several. */
export interface RelayEnds extends Subject {
  readonly baseDatabase: string;
  /** A base without a program behind it, and a unit of its, for bulk readings. */
  readonly bulk: { readonly base: RawBase; readonly unitId: UnitId };
}

/** How hubs are reached that were just started, and have no account. */
export interface Entrance {
  readonly url: string;
  readonly caPem: string;
  readonly setupCode: string;
  /** Where the client opens its socket, once the base is connected. */
  readonly clientUrl: (baseId: BaseId) => Promise<string>;
}

interface RelayOptions {
  readonly lamps: number;
  /** For the programs: options of `node`. */
  readonly nodeOptions?: readonly string[];
}

/** A unit's key counts at the base's next try to reach it, which may be half a minute away. */
const KEYS_COUNT_WITHIN_MS = 60_000;

/** With a hub on SQLite. */
export async function startRelay(options: RelayOptions, cleanup: Cleanup): Promise<Relay> {
  const hubFolder = join(temporaryFolder(cleanup), 'hub');
  const serve = signalbox('hub', '--data', hubFolder, '--https-port', '0', '--http-port', '0');
  const hub = await startProcess(
    { ...serve, args: [...(options.nodeOptions ?? []), ...serve.args], sign: HUB_READY },
    cleanup,
  );
  const [, setupCode = ''] = SETUP_CODE.exec(hub.output()) ?? [];
  const port = HUB_READY.exec(hub.output())?.groups?.['port'] ?? '';
  const url = `https://127.0.0.1:${port}`;
  const tlsFile = (name: string): string => join(hubFolder, 'tls', name);
  const caPem = readFileSync(tlsFile('ca.pem'), 'utf8');
  const entrance = { url, caPem, setupCode, clientUrl: () => Promise.resolve(url) };
  const ends = await startEnds(entrance, options, cleanup);
  const tls = { key: tlsFile('server.key'), cert: tlsFile('server.pem'), ca: tlsFile('ca.pem') };
  return {
    ...ends,
    tls: { ...tls, caPem },
    databases: { hub: join(hubFolder, 'hub.db'), base: ends.baseDatabase },
  };
}

/** A base with its units, and a client. */
export async function startEnds(
  { url, caPem, setupCode, clientUrl }: Entrance,
  { lamps, nodeOptions = [] }: RelayOptions,
  cleanup: Cleanup,
): Promise<RelayEnds> {
  const api = new ApiClient({ url, ca: caPem, cleanup });
  const site = await signUp(api, setupCode);
  const claimCode = async (baseName: string): Promise<string> =>
    (await api.post(ClaimCodeCreated, `/api/sites/${site}/claim-codes`, { baseName })).code;

  const baseFolder = join(temporaryFolder(cleanup), 'base');
  const base = new BaseProgram(baseFolder);
  const code = await claimCode('Bench');
  const paired = signalbox('base', 'pair', url, code, '--data', baseFolder);
  await startProcess({ ...paired, sign: /Paired/ }, cleanup);
  // The lamps are on this machine.
  base.configure({ localUnits: true });
  const run = signalbox('base', 'run', '--data', baseFolder, '--discovery', 'off');
  await startProcess(
    { ...run, args: [...nodeOptions, ...run.args], sign: /hub link ready/ },
    cleanup,
  );
  const { bases } = await api.get(SiteSnapshot, `/api/sites/${site}/snapshot`);
  const [{ id: baseId } = { id: undefined }] = bases;
  if (baseId === undefined) throw new Error('the site has no base');

  const addUnit = (base: string, unitPort: number): Promise<UnitView> =>
    api.post(UnitView, `/api/sites/${site}/units`, {
      name: `Unit ${unitPort}`,
      endpoint: { kind: 'base', baseId: base, address: { host: '127.0.0.1', port: unitPort } },
    });
  const unitIds: UnitId[] = [];
  for (let index = 0; index < lamps; index += 1) {
    const keyFile = newKeyFile(temporaryFolder(cleanup));
    const args = ['--unit', 'lamp', '--id', `bench-${index}`, '--port', '0', '--key-file', keyFile];
    const unit = await startProcess({ command: FIRMWARE, args }, cleanup);
    const { id } = await addUnit(baseId, unit.port);
    await until('the base accepts the key', () => {
      base.giveKey(id, keyFile);
      return true;
    });
    unitIds.push(id);
  }
  await Promise.all(unitIds.map((id) => new SystemUnit(api, id).ready(KEYS_COUNT_WITHIN_MS)));

  const bulkBase = await RawBase.claim(api, await claimCode('Bulk'));
  const bulk = { base: bulkBase, unitId: (await addUnit(bulkBase.id, 9)).id };
  const client = { api, url, socketUrl: await clientUrl(baseId), caPem, site, unitIds };
  return {
    baseDatabase: join(baseFolder, 'base.db'),
    bulk,
    roundTrip: await connectClient(client, cleanup),
  };
}

const Changed = z.object({
  parts: z.array(
    z.object({
      name: z.string(),
      body: z.object({ command: z.object({ id: CommandId, state: CommandState }).optional() }),
    }),
  ),
});
interface Client {
  readonly api: ApiClient;
  readonly url: string;
  readonly socketUrl: string;
  readonly caPem: string;
  readonly site: SiteId;
  readonly unitIds: readonly UnitId[];
}

/** A program with a token: it posts commands, and gets their end on the site's channel. */
async function connectClient(client: Client, cleanup: Cleanup): Promise<Subject['roundTrip']> {
  const { api, url, socketUrl, caPem: ca, site, unitIds } = client;
  const wanted = { name: 'bench', scope: 'control' };
  const { secret } = await api.post(TokenCreated, '/api/account/tokens', wanted);
  const socket = io(socketUrl, {
    transports: ['websocket'],
    forceNew: true,
    auth: { token: secret },
    ca,
  });
  cleanup.add(() => socket.disconnect());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  const channel = channelName({ kind: 'site', siteId: site });
  const body = { socketId: socket.id, channel };
  const { token } = await api
    .withToken(secret)
    .post(ChannelAuthorization, '/api/channels/authorize', body);
  const reply: unknown = await socket
    .timeout(5_000)
    .emitWithAck('channel.join', { channel, token });
  if (!JoinReply.parse(reply).ok) throw new Error('the channel was refused');
  const arrivals = new Arrivals();
  socket.on('site.delta', (delta: unknown) => {
    for (const { name, body } of Changed.parse(delta).parts) {
      const command = name === 'command.changed' ? body.command : undefined;
      if (!command) continue;
      if (command.state === 'succeeded') arrivals.arrived(command.id);
      else if (isFinal(command.state)) throw new Error(`a command ended ${command.state}`);
    }
  });

  const agent = new Agent({ connect: { ca }, connections: 64 });
  cleanup.add(() => agent.destroy());
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret}` };
  return async (slot) => {
    const id = newId(CommandId);
    const arrived = arrivals.next(id);
    const input = Math.floor(Math.random() * 101);
    const body = JSON.stringify({ id, verb: 'invoke', affordance: 'brightness', input });
    const answer = await request(
      `${url}/api/units/${unitIds[slot % unitIds.length] ?? ''}/commands`,
      {
        method: 'POST',
        body,
        headers,
        dispatcher: agent,
      },
    );
    const text = await answer.body.text();
    if (answer.statusCode !== 202)
      throw new Error(`the hub answered ${answer.statusCode}: ${text}`);
    await arrived;
  };
}
