import { expect, it } from 'vitest';
import { LocalNameTransport } from './local-name-transport.ts';
import type { UnitPipe } from './unit-transport.ts';

const pipe: UnitPipe = {
  write: () => undefined,
  finish: () => undefined,
  end: () => undefined,
  destroy: () => undefined,
};
const events = { data: () => undefined, closed: () => undefined };

it.each([
  ['lamp.local', '192.0.2.7', ['lamp.local']],
  ['LAMP.LOCAL', '192.0.2.7', ['LAMP.LOCAL']],
  ['nobody.local', 'nobody.local', ['nobody.local']],
  ['lamp.example', 'lamp.example', []],
  ['192.0.2.9', '192.0.2.9', []],
])('dials %s as %s', async (host, dialled, asked) => {
  const asks: string[] = [];
  const dials: string[] = [];
  const transport = new LocalNameTransport(
    {
      dial: (address) => {
        dials.push(address.host);
        return Promise.resolve(pipe);
      },
    },
    {
      resolve: (name) => {
        asks.push(name);
        return Promise.resolve(/^lamp/i.test(name) ? '192.0.2.7' : undefined);
      },
    },
  );
  expect(await transport.dial({ host, port: 8888 }, events)).toBe(pipe);
  expect(dials).toEqual([dialled]);
  expect(asks).toEqual(asked);
});
