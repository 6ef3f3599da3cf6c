import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { TokenCreated } from '#protocol/http/accounts.ts';
import { DeviceCredential } from '#protocol/http/devices.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { type BenchProcess, startProcess } from '../bench-process.ts';
import { HUB_READY, SETUP_CODE, signalbox } from '../programs.ts';
import { signUp } from '../sign-up.ts';
import { MqttClient } from './mqtt-client.ts';

/** A broker with TLS, in a process of its own. */
export interface Broker {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly ca: string;
  /** A client that may publish at its own topics. */
  readonly publisher: (index: number) => Promise<MqttClient>;
  /** A client that may read all of them; several with one name are kept apart by their number. */
  readonly reader: (index: number) => Promise<MqttClient>;
  /** What a reader subscribes to in order to get what a publisher sends. */
  readonly topicsOf: (index: number) => string;
  readonly allTopics: string;
}

export interface HubBroker extends Broker {
  /** An API token that may connect, as often as one identity may. */
  readonly newToken: () => Promise<string>;
  /** The files of its key and certificate. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string };
}

/** Below what one identity may connect at a time. */
export const READERS_PER_TOKEN = 200;

/** The hub on SQLite: each message of QoS 1 is stored and synced before its acknowledgement. */
export async function startHubBroker(
  { publishers, readers }: { readonly publishers: number; readonly readers: number },
  cleanup: Cleanup,
): Promise<HubBroker> {
  const folder = join(temporaryFolder(cleanup), 'hub');
  const [port = 0] = await freePorts(1);
  const ports = ['--https-port', '0', '--http-port', '0', '--mqtts-port', String(port)];
  const hub = await startProcess(
    { ...signalbox('hub', '--data', folder, ...ports), sign: HUB_READY },
    cleanup,
  );
  const file = (name: string): string => join(folder, 'tls', name);
  const ca = readFileSync(file('ca.pem'), 'utf8');
  const https = HUB_READY.exec(hub.output())?.groups?.['port'] ?? '';
  const api = new ApiClient({ url: `https://127.0.0.1:${https}`, ca, cleanup });
  const site = await signUp(api, SETUP_CODE.exec(hub.output())?.[1] ?? '');
  const newToken = async (): Promise<string> =>
    (await api.post(TokenCreated, '/api/account/tokens', { name: 'bench', scope: 'read' })).secret;
  const passwords: string[] = [];
  for (let index = 0; index < publishers; index += 1) {
    const wanted = { name: publisherId(index), clientId: publisherId(index) };
    const body = { ...wanted, credential: { kind: 'password' } };
    const { secret } = await api.post(DeviceCredential, `/api/sites/${site}/devices`, body);
    passwords.push(secret.kind === 'password' ? secret.password : '');
  }
  const tokens: string[] = [];
  for (let made = 0; made < readers; made += READERS_PER_TOKEN) tokens.push(await newToken());
  const tokenOf = (index: number) => tokens[Math.floor(index / READERS_PER_TOKEN)];
  return {
    ...{ name: 'hub', pid: hub.pid, port, ca, newToken },
    tls: { key: file('server.key'), cert: file('server.pem'), ca: file('ca.pem') },
    publisher: (index) =>
      connected({ ...publisher(index), port, ca, password: passwords[index] }, cleanup),
    reader: (index) => connected({ ...reader(index), port, ca, password: tokenOf(index) }, cleanup),
    topicsOf: (index) => `site/${site}/${publisherId(index)}/#`,
    allTopics: `site/${site}/#`,
  };
}

/** Debian's mosquitto with the hub's certificate: it keeps its messages in memory. */
export async function startMosquitto(
  { tls, ca }: Pick<HubBroker, 'tls' | 'ca'>,
  cleanup: Cleanup,
): Promise<Broker> {
  const folder = temporaryFolder(cleanup);
  const [port = 0] = await freePorts(1);
  const settings = [
    `listener ${port} 127.0.0.1`,
    ...[`cafile ${tls.ca}`, `certfile ${tls.cert}`, `keyfile ${tls.key}`],
    'allow_anonymous true',
    'persistence false',
    'set_tcp_nodelay true',
    // As many as the hub has in flight, and as many as are published here without being dropped.
    'max_inflight_messages 100',
    'max_queued_messages 100000',
    'user root',
  ];
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, settings.map((line) => `${line}\n`).join(''));
  const { pid }: BenchProcess = await startProcess(
    { command: 'mosquitto', args: ['-c', file], sign: /mosquitto version \S+ running/ },
    cleanup,
  );
  const client = (options: { clientId: string; version: 4 | 5 }) =>
    connected({ ...options, port, ca, password: undefined }, cleanup);
  return {
    ...{ name: 'mosquitto', pid, port, ca },
    publisher: (index) => client(publisher(index)),
    reader: (index) => client(reader(index)),
    topicsOf: (index) => `${publisherId(index)}/#`,
    allTopics: '#',
  };
}

/** Its own topic, as a device of either broker names it. */
export function topicOf(index: number): string {
  return `${publisherId(index)}/temperature`;
}

/** As most boards speak. */
function publisher(index: number) {
  return { clientId: publisherId(index), version: 4 as const };
}

/** As software that has to keep up speaks: it accepts more at a time. */
function reader(index: number) {
  return { clientId: `reader-${index}`, version: 5 as const };
}

function publisherId(index: number): string {
  return `publisher-${index}`;
}

async function connected(
  options: {
    readonly port: number;
    readonly ca: string;
    readonly clientId: string;
    readonly version: 4 | 5;
    readonly password: string | undefined;
  },
  cleanup: Cleanup,
): Promise<MqttClient> {
  const { password, ...rest } = options;
  const client = await MqttClient.connect(password === undefined ? rest : { ...rest, password });
  cleanup.add(() => client.close());
  return client;
}
