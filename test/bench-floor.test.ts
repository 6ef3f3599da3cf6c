import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refuseMemory } from './bench/disk.ts';

const FLOOR = join(import.meta.dirname, 'bench/floor');

/**
 * What the system is measured against: figures of different days can be compared only while
 * it stays. Where our own files lie that it imports may change.
 */
const HELD = {
  'base.ts': '00922d2923b43919b61c6b6cf6902f210e2ba06fc70abdfb9e14b54a5928978b',
  'durable-log.ts': 'd8a57a00c8232a6b077470002de332bcf4c10fcfd1384bfa012dc6124f17b92b',
  'floor.ts': '46b4c97f17b19290e2d119445875e21eb51c4f0dffb4fd54ab4e57d36f1f4f03',
  'hub.ts': '9f20223813eb9705e098b0d75c71661e15637267ae7e25f9265bb7b646e233f0',
  'message.ts': 'd63f1ce19e850c4f10468f5744adb31316ac577aa4e00dba769dd5ef94247433',
  'unit.ts': 'a74f81326bbf4d86d60214f72c310c0cb51846328065f6168160069a48d44ecc',
};

it('keeps the floor of the bench as it is', () => {
  const found = readdirSync(FLOOR).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(FLOOR, name), 'utf8').replaceAll(/from '[.#][^']*'/g, "from ''"))
      .digest('hex'),
  ]);
  expect(Object.fromEntries(found)).toEqual(HELD);
});

it('measures on no file system that lives in memory', () => {
  expect(() => {
    refuseMemory('/somewhere', () => 0x01021994);
  }).toThrow('tmpfs');
  expect(() => {
    refuseMemory('/somewhere', () => 0xef53);
  }).not.toThrow();
});
