import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { type Affordance, AffordanceSchema } from '#protocol/unit-link/unit_link_pb.ts';

/** docs/unit-link.md section 4.5, made apart from what is tested. */
export function schemaHashOf(affordances: readonly Affordance[]): bigint {
  const hash = createHash('sha256');
  for (const affordance of affordances) {
    const bytes = toBinary(AffordanceSchema, affordance);
    hash.update(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff)).update(bytes);
  }
  return hash.digest().readBigUInt64BE();
}
