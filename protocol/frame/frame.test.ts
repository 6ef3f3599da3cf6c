import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeFrame } from './encode-frame.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FRAME_ERRORS } from './frame.ts';

const Vectors = z.object({
  vectors: z.array(
    z.object({
      name: z.string(),
      mode: z.enum(['plain', 'encrypted']),
      chunks: z.array(z.string()),
      bodies: z.array(z.string()),
      error: z.enum(FRAME_ERRORS).nullable(),
    }),
  ),
});
const file = new URL('../vectors/frames.json', import.meta.url);
const { vectors } = Vectors.parse(JSON.parse(readFileSync(file, 'utf8')));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('frame vectors', () => {
  it.each(vectors)('$name', ({ mode, chunks, bodies, error }) => {
    const decoder = new FrameDecoder(mode);
    const got = chunks.flatMap((chunk) => decoder.push(bytes(chunk)));
    expect(got.map(hex)).toEqual(bodies);
    expect(decoder.error ?? null).toBe(error);
  });

  it.each(vectors)('$name, cut after every byte', ({ mode, chunks, bodies, error }) => {
    const decoder = new FrameDecoder(mode);
    const got = [...bytes(chunks.join(''))].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    expect(got.map(hex)).toEqual(bodies);
    expect(decoder.error ?? null).toBe(error);
  });
});

describe('encodeFrame', () => {
  it('refuses an empty body and one over the limit', () => {
    expect(() => encodeFrame(new Uint8Array(0))).toThrow(RangeError);
    expect(() => encodeFrame(new Uint8Array(1025))).toThrow(RangeError);
  });

  it('makes frames that the decoder accepts, at both ends of the range', () => {
    const decoder = new FrameDecoder();
    for (const size of [1, 2, 255, 256, 1024]) {
      const body = new Uint8Array(size).fill(size & 0xff);
      expect(decoder.push(encodeFrame(body))).toEqual([body]);
    }
  });
});
