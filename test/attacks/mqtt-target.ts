import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { generate, type IConnectPacket } from 'mqtt-packet';
import { z } from 'zod';
import { InvitationCreated, SessionView, SiteView, TokenCreated } from '#protocol/http/accounts.ts';
import { DeviceCredential } from '#protocol/http/devices.ts';
import type { SiteId } from '#protocol/ids.ts';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';
import { REPOSITORY } from '../architecture/source.ts';
import { FaultHub } from '../faults/programs/hub.ts';
import { ApiClient } from '../harness/api-client.ts';
import { freePorts } from '../harness/free-ports.ts';

/** A hub in a process of its own, its ports, and those who have rights there. */
export interface MqttTarget {
  readonly hub: FaultHub;
  readonly port: number;
  readonly securePort: number;
  readonly owner: ApiClient;
  readonly guest: ApiClient;
  readonly siteId: SiteId;
  /** Another site, of the same owner. */
  readonly otherSiteId: SiteId;
}

const PASSWORD = 'a lamp in the window';

export async function startMqttTarget(cleanup: Cleanup): Promise<MqttTarget> {
  const logs = join(REPOSITORY, 'build/attacks');
  mkdirSync(logs, { recursive: true });
  const [httpsPort = 0, httpPort = 0, port = 0, securePort = 0] = await freePorts(4);
  const hub = new FaultHub({
    ...{ data: join(temporaryFolder(cleanup), 'hub'), httpsPort, httpPort, cleanup },
    args: ['--mqtt-port', String(port), '--mqtts-port', String(securePort)],
    logPath: join(logs, `mqtt-rights-${httpPort}.log`),
  });
  await hub.program.start();
  const owner = new ApiClient({ url: hub.url, ca: hub.ca, cleanup });
  const person = { name: 'Ada', email: 'ada@example.org', password: PASSWORD };
  await owner.post(SessionView, '/api/sign-up', { ...person, setupCode: await hub.setupCode() });
  const { sites } = await owner.get(z.object({ sites: z.array(SiteView) }), '/api/sites');
  const [site] = sites;
  if (!site) throw new Error('the first account has a site');
  const other = await owner.post(SiteView, '/api/sites', { name: 'Elsewhere' });
  const invited = `/api/sites/${site.id}/invitations`;
  const { code } = await owner.post(InvitationCreated, invited, { role: 'guest' });
  const guest = owner.anonymous();
  const second = { name: 'Bo', email: 'bo@example.org', password: PASSWORD };
  await guest.post(SessionView, '/api/sign-up', { ...second, invitation: code });
  return { hub, port, securePort, owner, guest, siteId: site.id, otherSiteId: other.id };
}

export async function registered(
  { owner, siteId }: MqttTarget,
  clientId: string,
  request: object = {},
): Promise<DeviceCredential> {
  return await owner.post(DeviceCredential, `/api/sites/${siteId}/devices`, {
    ...{ name: clientId, clientId, credential: { kind: 'password' }, ...request },
  });
}

export async function tokenOf(
  by: ApiClient,
  scope: 'read' | 'control',
  siteIds: readonly SiteId[],
): Promise<TokenCreated> {
  return await by.post(TokenCreated, '/api/account/tokens', { name: 'app', scope, siteIds });
}

/** A certificate that names a device, and that no hub has signed. */
export function foreignCertificate(
  cleanup: Cleanup,
  name: string,
): { readonly cert: string; readonly key: string } {
  const folder = temporaryFolder(cleanup);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const args = ['req', '-x509', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
}

type Identity =
  { readonly cert: string; readonly key: string } | { readonly session: Buffer | undefined };

/** A TLS connection, and what the hub gives for resuming it. */
export async function secureSocket(
  { hub, securePort }: MqttTarget,
  cleanup: Cleanup,
  identity: Identity,
): Promise<TLSSocket> {
  const place = { host: '127.0.0.1', port: securePort, servername: 'localhost' };
  const socket = connect({ ...place, ca: hub.ca, ...identity });
  socket.on('error', () => undefined);
  cleanup.add(() => socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('secureConnect', () => resolve());
    socket.once('close', () => resolve());
  });
  return socket;
}

/** The return code of CONNACK; undefined: the connection ended without one. */
export async function entered(
  socket: TLSSocket,
  connect: Partial<IConnectPacket> & { readonly clientId: string },
): Promise<number | undefined> {
  const answer = new Promise<Buffer | undefined>((resolve) => {
    socket.once('data', resolve);
    socket.once('close', () => resolve(undefined));
  });
  const hello = { cmd: 'connect', clean: true, keepalive: 60, protocolId: 'MQTT' } as const;
  socket.write(generate({ ...hello, protocolVersion: 4, ...connect }));
  return (await answer)?.[3];
}
