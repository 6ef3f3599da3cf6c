import { describe, expect, it } from 'vitest';
import type { UnitAddress } from '#protocol/unit-address.ts';
import { atTestEnd, type Cleanup } from '#platform/testing/cleanup.ts';
import { until } from '#platform/testing/until.ts';
import type { LinkEvents, Link, UnitTransport } from './unit-transport.ts';

/** A place where one unit listens, as the implementation under test provides it. */
export interface Listening {
  readonly address: UnitAddress;
  readonly transport: UnitTransport;
}

export type Listen = (accept: (far: Link) => LinkEvents, cleanup: Cleanup) => Promise<Listening>;

/** What every transport to units promises. */
export function itCarriesBytes(name: string, listen: Listen, nobodyAt: UnitTransport): void {
  async function connected() {
    const atUnit: { far?: Link; bytes: number[]; closed: number } = { bytes: [], closed: 0 };
    const { address, transport } = await listen((far) => {
      atUnit.far = far;
      return {
        data: (chunk) => atUnit.bytes.push(...chunk),
        closed: () => (atUnit.closed += 1),
      };
    }, atTestEnd);
    const atBase = { bytes: new Array<number>(), closed: 0 };
    const link = await transport.dial(address, {
      data: (chunk) => atBase.bytes.push(...chunk),
      closed: () => (atBase.closed += 1),
    });
    atTestEnd.add(() => link.destroy());
    const far = await until('the unit has the connection', () => atUnit.far);
    return { atUnit, atBase, link, far };
  }

  describe(name, () => {
    it('carries bytes both ways, in order', async () => {
      const { atUnit, atBase, link, far } = await connected();
      link.write(Uint8Array.of(1, 2));
      link.write(Uint8Array.of(3));
      await until('bytes at the unit', () => atUnit.bytes.length === 3);
      far.write(Uint8Array.of(4, 5));
      await until('bytes at the base', () => atBase.bytes.length === 2);
      expect([atUnit.bytes, atBase.bytes]).toEqual([
        [1, 2, 3],
        [4, 5],
      ]);
    });

    it('delivers what was written before an orderly end', async () => {
      const { atUnit, atBase, link } = await connected();
      link.write(new Uint8Array(1_000).fill(7));
      link.end();
      await until('both ends know', () => atUnit.closed === 1 && atBase.closed === 1);
      expect(atUnit.bytes).toHaveLength(1_000);
    });

    it('delivers what was written last, along with the end', async () => {
      const { atUnit, atBase, link } = await connected();
      link.write(Uint8Array.of(1, 2));
      link.finish(Uint8Array.of(3, 4, 5, 6));
      await until('both ends know', () => atUnit.closed === 1 && atBase.closed === 1);
      expect(atUnit.bytes).toEqual([1, 2, 3, 4, 5, 6]);
    });

    it('notifies the base once when the unit closes', async () => {
      const { atBase, link, far } = await connected();
      far.destroy();
      await until('the base knows', () => atBase.closed > 0);
      link.write(Uint8Array.of(1));
      link.end();
      link.destroy();
      expect(atBase.closed).toBe(1);
    });

    it('fails with unit_unreachable where nothing listens', async () => {
      const events = { data: () => undefined, closed: () => undefined };
      await expect(nobodyAt.dial({ host: '127.0.0.1', port: 1 }, events)).rejects.toMatchObject({
        code: 'unit_unreachable',
      });
    });
  });
}
