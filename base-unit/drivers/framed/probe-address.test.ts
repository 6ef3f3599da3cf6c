import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { atTestEnd } from '#platform/testing/cleanup.ts';
import { cryptoWith } from '../../../test/harness/noise-crypto.ts';
import { manualClock, virtualUnit } from '../../../test/harness/virtual-units.ts';
import { type MemoryUnit, MemoryTransport } from '../../testing/memory-transport.ts';
import { nodeCrypto } from './node-crypto.ts';
import { probeAddress } from './probe-address.ts';

const address = { host: 'unit.test', port: 8888 };
const KEY = new Uint8Array(32).fill(7);

/** Probes what was put at the address; `passMs` goes by meanwhile. */
async function probe(unit: MemoryUnit | undefined, passMs = 0) {
  const clock = manualClock();
  const transport = new MemoryTransport();
  if (unit) transport.put(address, unit);
  const probing = probeAddress(address, { clock, transport, crypto: nodeCrypto });
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  clock.advance(passMs);
  return probing;
}

/** Something that says `text` when it is spoken to, or at once. */
function saying(text: string | Uint8Array, when: 'at once' | 'when spoken to'): MemoryUnit {
  return {
    accept: (link) => {
      const say = () => link.write(Buffer.from(text));
      if (when === 'at once') say();
      return { data: when === 'at once' ? () => undefined : say, closed: () => undefined };
    },
  };
}

describe('who answers at an address', () => {
  it('is nothing, with the reason', async () => {
    expect(await probe(undefined)).toEqual({ outcome: 'nothing', code: 'unit_unreachable' });
  });

  it('is a unit that requires its key, which is sent nothing', async () => {
    const clock = manualClock();
    const heard: string[] = [];
    const unit = virtualUnit(
      {
        kind: 'lamp',
        clock,
        encryption: { key: KEY, crypto: cryptoWith() },
        tampering: {
          onRequest: ({ body }) => {
            heard.push(String(body.case));
            return false;
          },
        },
      },
      atTestEnd,
    );
    expect(await probe(unit)).toEqual({ outcome: 'encrypted', code: null });
    expect(heard).toEqual([]);
  });

  it('is a unit without a key, which gets no hello and so keeps its base', async () => {
    const heard: string[] = [];
    const unit = virtualUnit(
      {
        kind: 'lamp',
        clock: manualClock(),
        tampering: {
          onRequest: ({ body }) => {
            heard.push(String(body.case));
            return false;
          },
        },
      },
      atTestEnd,
    );
    expect(await probe(unit)).toEqual({ outcome: 'plain', code: null });
    expect(heard).toEqual([]);
  });

  it.each([
    ['512\n', 'lines'],
    ['-21.5\r\n', 'lines'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'other'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'other'],
    ['1234567890123456\n', 'other'],
    [Uint8Array.of(0xb6, 0x02), 'other'],
    [Uint8Array.of(0xb6, 0x01, 0, 1, 0x7f), 'other'],
  ])('is classified by its first bytes: %j', async (text, outcome) => {
    expect(await probe(saying(text, 'at once'))).toEqual({ outcome, code: null });
    expect(await probe(saying(text, 'when spoken to'))).toEqual({ outcome, code: null });
  });

  it('is a sensor also when its first number comes in two parts', async () => {
    const unit: MemoryUnit = {
      accept: (link) => {
        link.write(Buffer.from('51'));
        link.write(Buffer.from('2\n'));
        return { data: () => undefined, closed: () => undefined };
      },
    };
    expect(await probe(unit)).toEqual({ outcome: 'lines', code: null });
  });

  it('is silent when nothing comes in time', async () => {
    const mute = { accept: () => ({ data: () => undefined, closed: () => undefined }) };
    expect(await probe(mute, 2_000)).toEqual({ outcome: 'silent', code: null });
  });

  it('is something else when it hangs up', async () => {
    const rude: MemoryUnit = {
      accept: (link) => ({ data: () => link.end(), closed: () => undefined }),
    };
    expect(await probe(rude)).toEqual({ outcome: 'other', code: null });
  });

  it('is nothing where the base may not connect to, with that reason', async () => {
    const clock = manualClock();
    const transport = {
      dial: () => Promise.reject(new AppError('forbidden')),
    };
    expect(await probeAddress(address, { clock, transport, crypto: nodeCrypto })).toEqual({
      outcome: 'nothing',
      code: 'forbidden',
    });
  });
});
