import { LIMITS } from '../limits.ts';
import { concatBytes } from '../noise/noise-crypto.ts';
import { decodeManifest, type FirmwareManifest } from './firmware-manifest.ts';

/**
 * A signed firmware image as one file (`.sbfw`, docs/unit-link.md section 11.6):
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | `SBFW` |
 * | 4 | 1 | version of this layout: 1 |
 * | 5 | 1 | 0 |
 * | 6 | 2 | length m of the manifest, big-endian, 1 to 256 |
 * | 8 | m | manifest |
 * | 8+m | 4 | key id, big-endian |
 * | 12+m | 64 | signature |
 * | 76+m | rest | image, exactly as many bytes as the manifest says |
 */
export interface FirmwareImage {
  readonly manifest: FirmwareManifest;
  /** As they were signed, and go to the unit. */
  readonly manifestBytes: Uint8Array;
  readonly keyId: number;
  /** r and s of ECDSA on P-256, 32 bytes each. */
  readonly signature: Uint8Array;
  /** The machine code; shares memory with the parsed file. */
  readonly image: Uint8Array;
}

const MAGIC = Uint8Array.of(0x53, 0x42, 0x46, 0x57);
const LAYOUT = 1;
const HEAD_BYTES = 8;
const KEY_ID_BYTES = 4;
const { manifestBytes: MAX_MANIFEST_BYTES, signatureBytes: SIGNATURE_BYTES } = LIMITS.unitLink;

/** The most bytes before the image; enough of a file to read its manifest. */
export const MAX_HEADER_BYTES = HEAD_BYTES + MAX_MANIFEST_BYTES + KEY_ID_BYTES + SIGNATURE_BYTES;

/** A file's header, before its image. */
export type FirmwareHeader = Omit<FirmwareImage, 'image'> & {
  /** Where the image begins. */
  readonly imageOffset: number;
};

/** Reads the beginning of a file; undefined when it is none of this layout, or too short. */
export function parseFirmwareHeader(file: Uint8Array): FirmwareHeader | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < HEAD_BYTES || MAGIC.some((byte, at) => file[at] !== byte)) return undefined;
  if (file[4] !== LAYOUT || file[5] !== 0) return undefined;
  const length = view.getUint16(6);
  const keyAt = HEAD_BYTES + length;
  const signatureAt = keyAt + KEY_ID_BYTES;
  const imageOffset = signatureAt + SIGNATURE_BYTES;
  if (length > MAX_MANIFEST_BYTES || file.length < imageOffset) return undefined;
  const manifestBytes = file.subarray(HEAD_BYTES, keyAt);
  const manifest = decodeManifest(manifestBytes);
  if (!manifest) return undefined;
  const signature = file.subarray(signatureAt, imageOffset);
  return { manifest, manifestBytes, keyId: view.getUint32(keyAt), signature, imageOffset };
}

/**
 * Reads a whole file; undefined if the layout or the length is wrong. Checks neither
 * the digest nor the signature: firmware-signature.ts does.
 */
export function parseFirmwareFile(file: Uint8Array): FirmwareImage | undefined {
  const header = parseFirmwareHeader(file);
  if (!header) return undefined;
  const { imageOffset, ...signed } = header;
  const image = file.subarray(imageOffset);
  return image.length === signed.manifest.size ? { ...signed, image } : undefined;
}

export function writeFirmwareFile(firmware: Omit<FirmwareImage, 'manifest'>): Uint8Array {
  const { manifestBytes, keyId, signature, image } = firmware;
  const head = new Uint8Array(HEAD_BYTES);
  head.set(MAGIC);
  head[4] = LAYOUT;
  new DataView(head.buffer).setUint16(6, manifestBytes.length);
  const key = new Uint8Array(KEY_ID_BYTES);
  new DataView(key.buffer).setUint32(0, keyId);
  return concatBytes(head, manifestBytes, key, signature, image);
}
