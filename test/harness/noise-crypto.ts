import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import { nodeCrypto } from '../../base-unit/drivers/framed/node-crypto.ts';

/** The primitives that a base uses, some of them replaced. */
export function cryptoWith(changes: Partial<NoiseCrypto> = {}): NoiseCrypto {
  return { ...nodeCrypto, ...changes };
}
