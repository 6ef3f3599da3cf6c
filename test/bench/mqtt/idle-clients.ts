import { readFileSync } from 'node:fs';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';
import { generate, type Packet, parser } from 'mqtt-packet';
import { z } from 'zod';
import { inParallel } from '../../harness/swarm/in-parallel.ts';

// The client ends of idle connections, in a process of their own. Connects all, prints that, and
// stays.
const Plan = z.object({
  port: z.int(),
  caFile: z.string(),
  /** Of each connection: what it shows in its CONNECT; null: nothing is sent. */
  passwords: z.array(z.string().nullable()),
});
const CONNECTING_AT_ONCE = 32;

const plan = Plan.parse(JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')));
const secureContext = createSecureContext({ ca: readFileSync(plan.caFile) });
const sockets: TLSSocket[] = [];

async function open(index: number, password: string | null): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: plan.port, secureContext });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  sockets.push(socket);
  if (password === null) return;
  const shown = { clientId: `idle-${index}`, username: 'bench', password: Buffer.from(password) };
  const connacks = parser({ protocolVersion: 4 });
  const accepted = new Promise<void>((resolve, reject) => {
    connacks.once('packet', (packet: Packet) => {
      if (packet.cmd === 'connack' && packet.returnCode === 0) resolve();
      else reject(new Error(`refused: ${JSON.stringify(packet)}`));
    });
  });
  socket.on('data', (bytes: Buffer) => connacks.parse(bytes));
  socket.write(
    generate({ cmd: 'connect', clean: true, keepalive: 1_200, protocolVersion: 4, ...shown }),
  );
  await accepted;
}

const startMs = performance.now();
await inParallel([...plan.passwords.entries()], CONNECTING_AT_ONCE, ([index, password]) =>
  open(index, password),
);
const seconds = (performance.now() - startMs) / 1_000;
process.stdout.write(`online ${sockets.length} after ${seconds.toFixed(1)} s\n`);
