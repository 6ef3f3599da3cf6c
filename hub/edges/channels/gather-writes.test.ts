import { EventEmitter } from 'node:events';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { gatherWrites } from './gather-writes.ts';

it('writes what one turn sends at once, and keeps nothing back after it', async () => {
  const socket = new Socket();
  const written: string[] = [];
  socket._write = (chunk: Buffer, _encoding, done) => {
    written.push(chunk.toString());
    done();
  };
  socket._writev = (chunks, done) => {
    written.push(chunks.map(({ chunk }) => String(chunk)).join(''));
    done();
  };
  const connection = Object.assign(new EventEmitter(), {
    request: new IncomingMessage(socket),
    close: () => undefined,
  });
  gatherWrites(connection);
  const send = (text: string): void => {
    connection.emit('flush');
    socket.write(text);
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (const text of ['a', 'b', 'c']) send(text);
  expect(written).toEqual([]);
  await turn();
  expect(written).toEqual(['abc']);
  send('d');
  await turn();
  socket.write('e');
  expect(written).toEqual(['abc', 'd', 'e']);
});
