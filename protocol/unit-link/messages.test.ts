import { toJson } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Json } from '../json.ts';
import { decodeEnvelope, encodeEnvelope } from './envelope.ts';
import { EnvelopeSchema } from './unit_link_pb.ts';

const Vectors = z.object({
  vectors: z.array(z.object({ name: z.string(), hex: z.string(), envelope: Json })),
  malformed: z.array(z.object({ name: z.string(), hex: z.string() })),
  unknown: z.array(z.object({ name: z.string(), hex: z.string(), requestId: z.int() })),
});
const file = new URL('../vectors/messages.json', import.meta.url);
const { vectors, malformed, unknown } = Vectors.parse(JSON.parse(readFileSync(file, 'utf8')));
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

describe('message vectors', () => {
  it.each(vectors)('$name', ({ hex: expected, envelope }) => {
    const decoded = decodeEnvelope(bytes(expected));
    expect(decoded && toJson(EnvelopeSchema, decoded)).toEqual(envelope);
    if (decoded === undefined || decoded.body.case === undefined) throw new Error('not decoded');
    expect(hex(encodeEnvelope(decoded.requestId, decoded.body))).toBe(expected);
  });

  it.each(malformed)('refuses $name', ({ hex: text }) => {
    expect(decodeEnvelope(bytes(text))).toBeUndefined();
  });

  it.each(unknown)('keeps the request id of $name', ({ hex: text, requestId }) => {
    const decoded = decodeEnvelope(bytes(text));
    expect(decoded?.requestId).toBe(requestId);
    expect(decoded?.body.case).toBeUndefined();
  });
});
