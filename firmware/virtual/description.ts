import { toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { type Affordance, AffordanceSchema } from '#protocol/unit-link/unit_link_pb.ts';

/** First 8 bytes of the SHA-256 over all affordances, each with its length before it (section 4.5). */
export function schemaHashOf(affordances: readonly Affordance[]): bigint {
  const hash = createHash('sha256');
  for (const affordance of affordances) {
    const bytes = toBinary(AffordanceSchema, affordance);
    hash.update(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff));
    hash.update(bytes);
  }
  return hash.digest().readBigUInt64BE(0);
}
