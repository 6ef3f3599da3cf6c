import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { commandPath } from '../setup/command-path.mjs';
import { DemoProcess } from './demo-process.mjs';

/** Where Debian puts the programs of each version of PostgreSQL. */
const VERSIONS = '/usr/lib/postgresql';
/** Not on the PATH of every user. */
const HAPROXY = '/usr/sbin/haproxy';

/** PostgreSQL does not run as root; undefined where this is not root anyway. */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  const line = users.find((user) => /^(postgres|nobody):/.test(user)) ?? '';
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** @param {string} folder @param {number} port */
export function postgresServer(folder, port) {
  const newest = readdirSync(VERSIONS)
    .map(Number)
    .filter((version) => existsSync(join(VERSIONS, String(version), 'bin/initdb')))
    .toSorted((a, b) => b - a)[0];
  const programs = join(VERSIONS, String(newest), 'bin');
  const user = unprivilegedUser();
  const own = join(folder, 'postgres');
  if (!existsSync(own)) {
    mkdirSync(own);
    if (user) chownSync(own, user.uid, user.gid);
    execFileSync(
      join(programs, 'initdb'),
      [
        '-D',
        join(own, 'data'),
        '-U',
        'signalbox',
        '--auth=trust',
        '-E',
        'UTF8',
        '--locale=C.UTF-8',
      ],
      { ...user, cwd: own, stdio: 'ignore', env: { PATH: process.env.PATH } },
    );
  }
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${own}`];
  return new DemoProcess({
    name: 'PostgreSQL',
    command: join(programs, 'postgres'),
    args: ['-D', join(own, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
    cwd: own,
    logFile: join(folder, 'postgres.log'),
    ...(user ? { user } : {}),
  });
}

/** @param {string} folder @param {number} port */
export function redisServer(folder, port) {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return new DemoProcess({
    name: 'Redis',
    command: commandPath('redis-server') ?? 'redis-server',
    args: [...args, '--dir', folder],
    logFile: join(folder, 'redis.log'),
  });
}

/**
 * HAProxy with deploy/haproxy/several-hubs.cfg, for these ports.
 *
 * @param {{ root: string, folder: string, httpPort: number, httpsPort: number,
 *   hubs: { httpPort: number, httpsPort: number }[] }} options
 */
export function balancer({ root, folder, httpPort, httpsPort, hubs }) {
  const text = readFileSync(join(root, 'deploy/haproxy/several-hubs.cfg'), 'utf8');
  /** The first list of servers is for HTTP, the second for TLS. */
  const places = [...hubs.map((hub) => hub.httpPort), ...hubs.map((hub) => hub.httpsPort)];
  const configuration = text
    .replace('bind :8000', `bind 127.0.0.1:${httpPort}`)
    .replace('bind :8443', `bind 127.0.0.1:${httpsPort}`)
    .replace(
      /(server hub\d) 127\.0\.0\.1:\d+/g,
      (_all, server) => `${server} 127.0.0.1:${places.shift()}`,
    );
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration);
  return new DemoProcess({
    name: 'HAProxy',
    command: existsSync(HAPROXY) ? HAPROXY : (commandPath('haproxy') ?? 'haproxy'),
    args: ['-db', '-f', file],
    logFile: join(folder, 'haproxy.log'),
  });
}

/** Whether something listens there. @param {number} port */
export function listens(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
