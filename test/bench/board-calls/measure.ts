import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { z } from 'zod';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { LibpyiotcloudClient } from '../../../hub/testing/libpyiotcloud-client.ts';
import { ApiClient } from '../../harness/api-client.ts';
import { freePorts } from '../../harness/free-ports.ts';
import { startProcess } from '../bench-process.ts';
import { measure, type Percentiles, percentilesOf } from '../latencies.ts';
import { HUB_READY, SETUP_CODE, signalbox } from '../programs.ts';
import { signUp } from '../sign-up.ts';

const Board = z.object({
  ...{ deviceid: z.string(), cert: z.string(), pkey: z.string(), ca: z.string() },
});
const NAME = 'board';
const EMAIL = 'bench@example.com';
const PASSWORD = 'a lamp in the window';
const WARM_UP = 100;

/** `get_gpio` as libpyiotcloud's client calls it over HTTPS, to a board over MQTT with TLS, QoS 1. */
export async function measureBoardCalls(count: number, cleanup: Cleanup): Promise<Percentiles> {
  const folder = join(temporaryFolder(cleanup), 'hub');
  const [port = 0] = await freePorts(1);
  const ports = ['--https-port', '0', '--http-port', '0', '--mqtts-port', String(port)];
  const started = { ...signalbox('hub', '--data', folder, ...ports), sign: HUB_READY };
  const hub = await startProcess(started, cleanup);
  const ca = readFileSync(join(folder, 'tls', 'ca.pem'), 'utf8');
  const url = `https://127.0.0.1:${HUB_READY.exec(hub.output())?.groups?.['port'] ?? ''}`;
  const api = new ApiClient({ url, ca, cleanup });
  const siteId = await signUp(api, SETUP_CODE.exec(hub.output())?.[1] ?? '');
  await api.send('PUT', '/api/account/libpyiotcloud', { body: { siteId } });
  const client = new LibpyiotcloudClient(url, { username: EMAIL, ca });
  await client.logIn(PASSWORD);
  const { deviceid, cert, pkey: key } = Board.parse(await client.register(NAME));
  const tls = { ca, cert, key, clientId: deviceid };
  const board = await connectAsync(`mqtts://127.0.0.1:${port}`, { ...tls, protocolVersion: 4 });
  cleanup.add(() => board.endAsync(true));
  await board.subscribeAsync(`${deviceid}/#`, { qos: 1 });
  board.on('message', (topic) => {
    const answer = '{"number": 12, "value": 0}';
    board.publish(`server/${topic}`, answer, { qos: 1 });
  });
  const roundTrip = async (): Promise<void> => {
    const { status, text } = await client.call('get_gpio', NAME, { number: 12 });
    if (status !== 200) throw new Error(`get_gpio answered ${status}: ${text}`);
  };
  await measure({ inFlight: 1, count: WARM_UP, roundTrip });
  return percentilesOf(await measure({ inFlight: 1, count, roundTrip }));
}
