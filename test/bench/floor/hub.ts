import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { type WebSocket, WebSocketServer } from 'ws';
import { durableLog } from './durable-log.ts';
import { setting } from './message.ts';

// A hub with nothing in it: a POST to /command goes to the base's socket, one
// to /result to the client's, each written down first where a file is given.
const store = durableLog(process.env['SIGNALBOX_FLOOR_LOG']);
const server = createServer({
  key: readFileSync(setting('SIGNALBOX_FLOOR_KEY')),
  cert: readFileSync(setting('SIGNALBOX_FLOOR_CERT')),
});
const sockets = new Map<string, WebSocket>();
const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
webSockets.on('connection', (socket, request) => {
  sockets.set(request.url ?? '', socket);
});
server.on('request', (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    store(body, () => {
      sockets.get(request.url === '/command' ? '/base' : '/client')?.send(body);
      response.writeHead(202, { 'content-type': 'application/json' }).end(body);
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') {
    process.stdout.write(`listening 127.0.0.1:${address.port}\n`);
  }
});
