import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Envelope, EnvelopeSchema } from './unit_link_pb.ts';

/** One message of the unit link, by its name in the schema. */
export type EnvelopeBody = MessageInitShape<typeof EnvelopeSchema>['body'];

export function encodeEnvelope(requestId: number, body: NonNullable<EnvelopeBody>): Uint8Array {
  return toBinary(EnvelopeSchema, create(EnvelopeSchema, { requestId, body }));
}

/**
 * The message in a frame's body, or undefined if it is malformed (docs/unit-link.md
 * section 2, bad_message). A message of a later version is an envelope whose
 * `body.case` is undefined but which has unknown fields; one with neither is malformed.
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope | undefined {
  try {
    const envelope = fromBinary(EnvelopeSchema, bytes);
    const empty = envelope.body.case === undefined && (envelope.$unknown?.length ?? 0) === 0;
    return empty ? undefined : envelope;
  } catch {
    return undefined;
  }
}
