import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { chunksOf, edit, edited, mutated } from '../../test/harness/mutated-bytes.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { encodeFrame } from '../frame/encode-frame.ts';
import { FrameDecoder } from '../frame/frame-decoder.ts';
import { LIMITS } from '../limits.ts';
import { describeThing } from './describe-thing.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { SessionPolicy } from './unit_link_pb.ts';

const Vectors = z.object({ vectors: z.array(z.object({ hex: z.string() })) });
const file = new URL('../vectors/messages.json', import.meta.url);
const bodies = Vectors.parse(JSON.parse(readFileSync(file, 'utf8'))).vectors.map(({ hex }) =>
  Uint8Array.from(Buffer.from(hex, 'hex')),
);

/** A message of the vectors, with some things wrong. */
const mutatedBody = mutated(...bodies).map((bytes) => bytes.slice(0, LIMITS.frameBodyBytes));

function push(decoder: FrameDecoder, chunks: readonly Uint8Array[]) {
  return chunks.flatMap((chunk) => decoder.push(chunk).map((body) => [...body]));
}

it(
  'takes any bytes for a message or for none, and never stumbles',
  () => {
    fc.assert(
      fc.property(fc.oneof(mutatedBody, fc.uint8Array({ maxLength: 1_024 })), (bytes) => {
        const envelope = decodeEnvelope(bytes);
        if (envelope?.body.case === undefined) return;
        // What was understood can be said again, and means the same.
        const again = decodeEnvelope(encodeEnvelope(envelope.requestId, envelope.body));
        expect(again?.body.case).toBe(envelope.body.case);
      }),
      propertyRuns(2_000),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it(
  'finds the same frames however a stream of them is broken and cut',
  () => {
    const stream = fc
      .array(mutatedBody, { minLength: 1, maxLength: 4 })
      .map((messages) =>
        Buffer.concat(messages.filter(({ length }) => length > 0).map((one) => encodeFrame(one))),
      );
    fc.assert(
      fc.property(stream, fc.array(edit, { maxLength: 2 }), fc.nat(40), (clean, edits, size) => {
        const bytes = edited(clean, edits);
        const whole = new FrameDecoder();
        const expected = push(whole, [bytes]);
        const cut = new FrameDecoder();
        expect(push(cut, chunksOf(bytes, size + 1))).toEqual(expected);
        expect(cut.error).toBe(whole.error);
        for (const body of expected) expect(body.length).toBeLessThanOrEqual(LIMITS.frameBodyBytes);
      }),
      propertyRuns(1_000),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it(
  'describes any list of mutated affordances validly, or not at all',
  () => {
    const affordances = fc.array(mutatedBody, { maxLength: 6 }).map((messages) =>
      messages.flatMap((bytes) => {
        const body = decodeEnvelope(bytes)?.body;
        return body?.case === 'description' && body.value.affordance ? [body.value.affordance] : [];
      }),
    );
    fc.assert(
      fc.property(affordances, (list) => {
        const unit = { model: 'm', schemaHash: 1n, sessionPolicy: SessionPolicy.HELD };
        const thing = describeThing(unit, list);
        const named = Object.keys({ ...thing?.properties, ...thing?.actions, ...thing?.events });
        if (thing) expect(named).toHaveLength(list.length);
      }),
      propertyRuns(1_000),
    );
  },
  PROPERTY_TIMEOUT_MS,
);
