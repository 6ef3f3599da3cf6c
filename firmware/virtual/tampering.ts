import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { Envelope } from '#protocol/unit-link/unit_link_pb.ts';

/** What a tampering unit can do to its connection. */
export interface TamperedLink {
  readonly send: (requestId: number, body: NonNullable<EnvelopeBody>) => void;
  /** Bytes past every rule. */
  readonly writeRaw: (bytes: Uint8Array) => void;
  /** Closes without a word. */
  readonly drop: () => void;
}

/**
 * Ways for a test to make a unit lie, stall or break off. Each is asked
 * first and returns true when it has dealt with the message itself.
 */
export interface Tampering {
  readonly onRequest?: (request: Envelope, link: TamperedLink) => boolean;
  readonly onSend?: (
    message: { readonly requestId: number; readonly body: NonNullable<EnvelopeBody> },
    link: TamperedLink,
  ) => boolean;
}
