import { expect, it } from 'vitest';
import { parseNetwork } from './network.ts';

it('reads networks, and nothing that one program might read otherwise than the next', () => {
  for (const text of ['loopback', '10.0.0.0/8', '0.0.0.0/0', '::/0', '192.0.2.7', 'fd00::/8']) {
    expect(parseNetwork(text), text).toBeDefined();
  }
  for (const text of [
    '10.0.0.0/33',
    '10/8',
    'proxy.example',
    '',
    '10.0.0.0/8/8',
    '::/129',
    '/8',
    '10.0.0.0/-1',
    '10.0.0.0/ 8',
  ]) {
    expect(parseNetwork(text), text).toBeUndefined();
  }
});
