import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceCredential } from '#protocol/http/devices.ts';
import { until } from '#platform/testing/until.ts';
import { passwordOf, registerDevice } from '../../testing/device-site.ts';
import { messagesOf, subscribed } from '../../testing/mqtt-packets.ts';
import { type MqttHub, startMqttHub } from '../../testing/raw-mqtt.ts';

const MOSQUITTO = '/usr/bin/mosquitto_sub';
const PAHO = '/usr/lib/python3/dist-packages/paho/mqtt/client.py';

/** One hub for all; each test registers devices of its own. */
const shared: { hub?: MqttHub; folder?: string } = {};
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-clients-'));
  shared.folder = folder;
  shared.hub = await startMqttHub({ onCleanup: (cleanup) => cleanups.push(cleanup) });
  return async () => {
    for (const cleanup of cleanups.toReversed()) await cleanup();
    rmSync(folder, { recursive: true });
  };
}, 60_000);

function theHub(): MqttHub {
  if (!shared.hub) throw new Error('not started');
  return shared.hub;
}

interface Started {
  readonly child: ChildProcess;
  /** Its exit code, and what it has printed. */
  readonly ended: Promise<{ readonly code: number | null; readonly out: string }>;
  readonly out: () => string;
}

function start(command: string, args: readonly string[]): Started {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const ended = new Promise<{ code: number | null; out: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, out }));
  });
  return { child, ended, out: () => out };
}

/** How a stock client is told who it is, over TLS. */
function credentials(name: string, { device, secret, ca }: DeviceCredential): string[] {
  const folder = shared.folder ?? '';
  const file = (kind: string, text: string): string => {
    const path = join(folder, `${name}-${kind}.pem`);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const port = new URL(theHub().hub.addresses.mqtts ?? '').port;
  const common = ['-h', 'localhost', '-p', port, '-i', device.clientId, '--cafile', file('ca', ca)];
  if (secret.kind === 'password') {
    return [...common, '-u', device.clientId, '-P', secret.password];
  }
  const key = file('key', secret.privateKey ?? '');
  return [...common, '--cert', file('cert', secret.certificate), '--key', key];
}

describe.skipIf(!existsSync(MOSQUITTO))(
  'mosquitto_pub and mosquitto_sub (needs mosquitto-clients)',
  () => {
    it.each(['mqttv31', 'mqttv311', 'mqttv5'])(
      '-V %s: with a certificate and with a password, at every QoS',
      async (version) => {
        const { owner } = theHub();
        const topicSpace = `debian-${version}`;
        const reader = await registerDevice(owner, { topicSpace });
        const writer = await registerDevice(owner, {
          topicSpace,
          credential: { kind: 'certificate' },
        });
        const asReader = ['-V', version, ...credentials(`${version}-sub`, reader)];
        const asWriter = ['-V', version, ...credentials(`${version}-pub`, writer)];
        const wanted = ['-t', 'my/#', '-q', '2', '-c', '-C', '4', '-F', '%q %t %p'];
        // Into a pipe it would print when it ends.
        const sub = start('stdbuf', ['-oL', MOSQUITTO, ...asReader, '-d', ...wanted]);
        await until('it is subscribed', () => sub.out().includes('Subscribed'));
        for (const qos of ['0', '1', '2']) {
          const pub = start('mosquitto_pub', [
            ...asWriter,
            '-q',
            qos,
            '-t',
            `my/${qos}`,
            '-m',
            'x',
          ]);
          expect(await pub.ended).toEqual({ code: 0, out: '' });
        }
        const retained = ['-q', '1', '-r', '-t', 'my/retained', '-m', 'kept'];
        expect(await start('mosquitto_pub', [...asWriter, ...retained]).ended).toMatchObject({
          code: 0,
        });
        const { code, out } = await sub.ended;
        const lines = out.split('\n').filter((line) => /^\d my\//.test(line));
        expect([code, lines.toSorted()]).toEqual([
          0,
          ['0 my/0 x', '1 my/1 x', '1 my/retained kept', '2 my/2 x'],
        ]);
        const late = ['-t', 'my/retained', '-C', '1', '-F', '%r %p'];
        expect(await start(MOSQUITTO, [...asReader, ...late]).ended).toEqual({
          code: 0,
          out: '1 kept\n',
        });
        const wrong = ['-V', version, ...credentials(`${version}-sub`, reader), '-P', 'wrong'];
        expect(
          (await start('mosquitto_pub', [...wrong, '-t', 'x', '-m', 'x']).ended).code,
        ).not.toBe(0);
      },
    );
  },
);

const PYTHON = `
import sys, paho.mqtt.client as mqtt
host, port, ca, client_id, password, version = sys.argv[1:7]
version = int(version)
options = {} if version == 5 else {'clean_session': True}
client = mqtt.Client(client_id, protocol=version, **options)
client.username_pw_set(client_id, password)
client.tls_set(ca)
got = []
def on_connect(client, *rest):
    client.subscribe('t/#', 2)
def on_subscribe(client, *rest):
    for qos in (0, 1, 2):
        client.publish('t/%d' % qos, 'x', qos)
def on_message(client, userdata, message):
    got.append('%d %s %s' % (message.qos, message.topic, message.payload.decode()))
    if len(got) == 3:
        print('\\n'.join(sorted(got)))
        client.disconnect()
client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
client.connect(host, int(port), 20)
client.loop_forever()
sys.exit(0 if len(got) == 3 else 1)
`;

describe.skipIf(!existsSync(PAHO))('paho for Python (needs python3-paho-mqtt)', () => {
  it.each([3, 4, 5])(
    'as protocol version %i publishes and gets messages at every QoS',
    async (version) => {
      const made = await registerDevice(theHub().owner);
      const ca = join(shared.folder ?? '', `paho-${version}.pem`);
      writeFileSync(ca, made.ca);
      const port = new URL(theHub().hub.addresses.mqtts ?? '').port;
      const args = ['localhost', port, ca, made.device.clientId, passwordOf(made), String(version)];
      const { code, out } = await start('/usr/bin/python3', ['-c', PYTHON, ...args]).ended;
      expect([code, out]).toEqual([0, '0 t/0 x\n1 t/1 x\n2 t/2 x\n']);
    },
  );
});

/** A text as MQTT has it, with its length before it. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(type: number, body: Buffer): Buffer {
  const high = body.length >> 7;
  const length = high === 0 ? [body.length] : [(body.length & 0x7f) | 0x80, high];
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}

it('a client as on an Arduino sends these bytes, one by one, and is understood', async () => {
  const { client, token, connected, owner } = theHub();
  const made = await registerDevice(owner);
  const { clientId } = made.device;
  const reader = await connected(await token('read'));
  await subscribed(reader, [{ topic: `${clientId}/#`, qos: 0 }]);
  const board = client();
  // CONNECT of MQTT 3.1.1: user name, password and a clean session, 15 s.
  const head = Buffer.concat([text('MQTT'), Buffer.from([4, 0xc2, 0, 15])]);
  const names = [clientId, clientId, passwordOf(made)].map(text);
  const all = Buffer.concat([
    packet(0x10, Buffer.concat([head, ...names])),
    packet(0x82, Buffer.concat([Buffer.from([0, 2]), text('set/#'), Buffer.from([0])])),
    packet(0x30, Buffer.concat([text('temperature'), Buffer.from('21.4')])),
    packet(0xc0, Buffer.alloc(0)),
  ]);
  // It writes byte by byte, and each may be a segment of its own.
  board.socket.setNoDelay(true);
  for (const byte of all) board.sendRaw(Buffer.from([byte]));
  expect((await board.next('connack')).returnCode).toBe(0);
  expect((await board.next('suback')).granted).toEqual([0]);
  await board.next('pingresp');
  const [message] = await messagesOf(reader);
  expect([message?.topic, String(message?.payload)]).toEqual([`${clientId}/temperature`, '21.4']);
  const writer = await connected(await token());
  const command = { topic: `${clientId}/set/relay`, payload: 'on', qos: 0 } as const;
  writer.send({ cmd: 'publish', dup: false, retain: false, ...command });
  expect((await board.next('publish')).topic).toBe('set/relay');
  board.sendRaw(packet(0xe0, Buffer.alloc(0)));
  await board.closed();
});
