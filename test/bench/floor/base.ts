import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';
import { durableLog } from './durable-log.ts';
import { FloorMessage, setting } from './message.ts';

// A base with nothing in it: what comes on the socket goes to the unit, what
// comes back from the unit is posted. A line is a message, written down first
// where a file is given.
const store = durableLog(process.env['SIGNALBOX_FLOOR_LOG']);
const ca = readFileSync(setting('SIGNALBOX_FLOOR_CA'));
const hub = `127.0.0.1:${setting('SIGNALBOX_FLOOR_HUB_PORT')}`;
const agent = new Agent({ connect: { ca }, connections: 16 });

const units = setting('SIGNALBOX_FLOOR_UNIT_PORTS')
  .split(',')
  .map((port) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    let rest = '';
    socket.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) store(line, () => void post(line));
    });
    return socket;
  });

async function post(body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const url = `https://${hub}/result`;
  const answer = await request(url, { method: 'POST', body, headers, dispatcher: agent });
  await answer.body.dump();
}

const socket = new WebSocket(`wss://${hub}/base`, { ca, perMessageDeflate: false });
socket.on('open', () => process.stdout.write('listening base:0\n'));
socket.on('message', (data: Buffer) => {
  const text = data.toString('utf8');
  const { unit } = FloorMessage.parse(JSON.parse(text));
  store(text, () => units[unit % units.length]?.write(`${text}\n`));
});
