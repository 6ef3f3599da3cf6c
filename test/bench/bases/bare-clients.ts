import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { WebSocket } from 'ws';
import { inParallel } from '../../harness/swarm/in-parallel.ts';

// The client ends of the bare connections, in a separate process. Connects all, prints that, and
// stays.
const [url = '', caFile = '', count = '0'] = process.argv.slice(2);
const CONNECTING_AT_ONCE = 32;

const secureContext = createSecureContext({ ca: readFileSync(caFile) });
const sockets: WebSocket[] = [];
const startMs = performance.now();
await inParallel(Array.from({ length: Number(count) }), CONNECTING_AT_ONCE, async () => {
  // Of TLS alone, which the types of `ws` do not list.
  const options: object = { secureContext, perMessageDeflate: false };
  const socket = new WebSocket(url, options);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  sockets.push(socket);
});
const seconds = (performance.now() - startMs) / 1_000;
process.stdout.write(`online ${sockets.length} after ${seconds.toFixed(1)} s\n`);
