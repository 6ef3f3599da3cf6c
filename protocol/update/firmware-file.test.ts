import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import {
  type FirmwareImage,
  MAX_HEADER_BYTES,
  parseFirmwareFile,
  parseFirmwareHeader,
  writeFirmwareFile,
} from './firmware-file.ts';
import { decodeManifest, encodeManifest, type FirmwareManifest } from './firmware-manifest.ts';
import {
  firmwareKeyId,
  type FirmwareKeyPair,
  formatPublicKey,
  isIntact,
  isSignedBy,
  newFirmwareKeyPair,
  parsePublicKey,
  signFirmware,
} from './firmware-signature.ts';

const FIELDS = {
  model: 'rgb-lamp',
  platform: 'linux-x64',
  version: '1.4.0',
  minVersion: '1.0.0',
  protocolMin: 1,
  protocolMax: 2,
  allowsDowngrade: false,
} as const satisfies Omit<FirmwareManifest, 'size' | 'sha256'>;
const IMAGE = new TextEncoder().encode('machine code');

let keys: FirmwareKeyPair;
let signed: FirmwareImage;
let file: Uint8Array;

beforeAll(async () => {
  keys = await newFirmwareKeyPair();
  signed = await signFirmware({ manifest: FIELDS, image: IMAGE, keys });
  file = writeFirmwareFile(signed);
});

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
}

describe('a firmware file', () => {
  it('is read as it was written', async () => {
    const parsed = parseFirmwareFile(file);
    expect(parsed).toEqual(signed);
    expect(parsed && (await isIntact(parsed))).toBe(true);
    expect(parsed && (await isSignedBy([keys.publicKey], parsed))).toBe(true);
    expect(parsed?.manifest).toEqual({ ...FIELDS, size: 12, sha256: signed.manifest.sha256 });
  });

  it('is identified by its header', () => {
    const beginning = file.subarray(0, Math.min(file.length, MAX_HEADER_BYTES));
    expect(parseFirmwareHeader(beginning)?.manifest).toEqual(signed.manifest);
  });

  it('is refused when it is truncated anywhere, or too long', () => {
    for (let length = 0; length < file.length; length += 1) {
      expect(parseFirmwareFile(file.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    expect(parseFirmwareFile(Uint8Array.of(...file, 0))).toBeUndefined();
  });

  it.each([
    ['another magic', 0, 0x73],
    ['a later layout', 4, 2],
    ['a reserved byte that is set', 5, 1],
    ['a manifest longer than any', 6, 2],
    ['an empty manifest', 7, 0],
  ])('is refused with %s', (_, at, value) => {
    expect(parseFirmwareFile(changed(file, at, value))).toBeUndefined();
  });

  it('never throws, and accepts nothing that was changed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(file.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const parsed = parseFirmwareFile(changed(file, at, (file[at] ?? 0) ^ flip));
          if (!parsed) return;
          expect((await isIntact(parsed)) && (await isSignedBy([keys.publicKey], parsed))).toBe(
            false,
          );
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(parseFirmwareFile(bytes)).toBeUndefined();
      }),
    );
  });

  it('is signed by none of the keys that did not sign it', async () => {
    const other = await newFirmwareKeyPair();
    expect(await isSignedBy([other.publicKey], signed)).toBe(false);
    expect(await isSignedBy([], signed)).toBe(false);
    expect(await isSignedBy([other.publicKey, keys.publicKey], signed)).toBe(true);
  });
});

describe('a public key', () => {
  it('is read as it was printed, and not when it is no point of the curve', async () => {
    const text = formatPublicKey(keys.publicKey);
    expect(await parsePublicKey(`  ${text}\n`)).toEqual(keys.publicKey);
    expect(await parsePublicKey(text.slice(4))).toBeUndefined();
    const off = changed(keys.publicKey, 64, (keys.publicKey[64] ?? 0) ^ 1);
    expect(await parsePublicKey(formatPublicKey(off))).toBeUndefined();
  });
});

describe('a manifest', () => {
  const whole: FirmwareManifest = { ...FIELDS, size: 12, sha256: 'ab'.repeat(32) };

  it('keeps that any firmware may be replaced', () => {
    const any = { ...whole, minVersion: null };
    expect(decodeManifest(encodeManifest(any))).toEqual(any);
  });

  it('fits its bound with every field at its longest', () => {
    const longest: FirmwareManifest = {
      ...whole,
      model: 'm'.repeat(LIMITS.unitLink.modelChars),
      platform: 'p'.repeat(LIMITS.unitLink.platformChars),
      version: '65535.65535.65535',
      minVersion: '65535.65535.65535',
      protocolMin: 65_535,
      protocolMax: 65_535,
      size: LIMITS.firmwareImageBytes,
      allowsDowngrade: true,
    };
    const bytes = encodeManifest(longest);
    expect(bytes.length).toBeLessThanOrEqual(LIMITS.unitLink.manifestBytes);
    expect(decodeManifest(bytes)).toEqual(longest);
  });

  it.each([
    ['no model', { model: '' }],
    ['a model too long', { model: 'm'.repeat(33) }],
    ['a model with a blank', { model: 'rgb lamp' }],
    ['a version of two numbers', { version: '1.4' }],
    ['no size', { size: 0 }],
    ['a size beyond the bound', { size: LIMITS.firmwareImageBytes + 1 }],
    ['a short digest', { sha256: 'ab' }],
    ['protocols the wrong way round', { protocolMin: 2, protocolMax: 1 }],
  ])('is not written with %s', (_, wrong) => {
    expect(() => encodeManifest({ ...whole, ...wrong })).toThrow();
  });

  it('is not read in another format, or beyond its bound', () => {
    const bytes = encodeManifest(whole);
    expect(bytes[0]).toBe(0x08);
    expect(decodeManifest(changed(bytes, 1, 2))).toBeUndefined();
    const padded = new Uint8Array(LIMITS.unitLink.manifestBytes + 1);
    padded.set(bytes);
    expect(decodeManifest(padded)).toBeUndefined();
  });

  it('leaves room for fields of later versions', () => {
    const later = Uint8Array.of(...encodeManifest(whole), 0xa2, 0x06, 1, 7);
    expect(decodeManifest(later)).toEqual(whole);
  });
});

const Hex = z.string().transform((text) => new Uint8Array(Buffer.from(text, 'hex')));
const Vectors = z.object({
  trusted: z.array(Hex),
  trustedIds: z.array(z.int()),
  begins: z.array(
    z.object({
      name: z.string(),
      manifest: Hex,
      signature: Hex,
      keyId: z.int(),
      error: z.string(),
    }),
  ),
  file: Hex,
  image: Hex,
});

describe('update vectors', () => {
  const path = new URL('../vectors/update.json', import.meta.url);
  const vectors = Vectors.parse(JSON.parse(readFileSync(path, 'utf8')));

  it('name the keys as the unit does', async () => {
    expect(await Promise.all(vectors.trusted.map(firmwareKeyId))).toEqual(vectors.trustedIds);
  });

  it('hold a file that is whole and signed', async () => {
    const parsed = parseFirmwareFile(vectors.file);
    if (!parsed) throw new Error('not parsed');
    expect(parsed.image).toEqual(vectors.image);
    expect(await isIntact(parsed)).toBe(true);
    expect(await isSignedBy(vectors.trusted, parsed)).toBe(true);
    expect(writeFirmwareFile(parsed)).toEqual(vectors.file);
  });

  it.each(vectors.begins)('$name', async ({ manifest, signature, keyId, error }) => {
    const isSigned = await isSignedBy(vectors.trusted, {
      manifestBytes: manifest,
      signature,
      keyId,
    });
    expect(isSigned).toBe(error !== 'unknown_key' && error !== 'bad_signature');
    const decoded = decodeManifest(manifest);
    if (isSigned) expect(decoded !== undefined).toBe(error !== 'bad_manifest');
    if (decoded && isSigned) expect(encodeManifest(decoded)).toEqual(manifest);
  });
});
