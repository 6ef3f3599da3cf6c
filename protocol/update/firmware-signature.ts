import { concatBytes } from '../noise/noise-crypto.ts';
import type { FirmwareImage } from './firmware-file.ts';
import { encodeManifest, type FirmwareManifest, hexOfBytes } from './firmware-manifest.ts';

/**
 * Keys of firmware: ECDSA on P-256 with SHA-256 (FIPS 186-5), by the Web
 * Crypto API, which browsers and Node.js have. A public key is the 65 bytes of
 * an uncompressed point (SEC 1 section 2.3.3: 04, x, y).
 */
const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SCHEME = { name: 'ECDSA', hash: 'SHA-256' } as const;
export const PUBLIC_KEY_BYTES = 65;
/** A public key in base64. */
export const PUBLIC_KEY_FORM = /^[A-Za-z0-9+/]{87}=$/;

export interface FirmwareKeyPair {
  readonly publicKey: Uint8Array;
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array;
}

export async function newFirmwareKeyPair(): Promise<FirmwareKeyPair> {
  const pair = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    privateKey: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)),
  };
}

/** Names a public key in signatures (docs/unit-link.md section 11.1). */
export async function firmwareKeyId(publicKey: Uint8Array): Promise<number> {
  const digest = await crypto.subtle.digest('SHA-256', own(publicKey));
  return new DataView(digest).getUint32(0);
}

/** As people read it: eight hexadecimal digits. */
export function formatKeyId(keyId: number): string {
  return keyId.toString(16).padStart(8, '0');
}

export interface SignRequest {
  /** Size and digest are those of the image. */
  readonly manifest: Omit<FirmwareManifest, 'size' | 'sha256'>;
  readonly image: Uint8Array;
  readonly keys: FirmwareKeyPair;
}

/** @throws ZodError when a field of the manifest, or the image's size, is out of its range. */
export async function signFirmware({ manifest, image, keys }: SignRequest): Promise<FirmwareImage> {
  const whole: FirmwareManifest = {
    ...manifest,
    size: image.length,
    sha256: await sha256Hex(image),
  };
  const manifestBytes = encodeManifest(whole);
  const privateKey = await crypto.subtle.importKey('pkcs8', own(keys.privateKey), CURVE, false, [
    'sign',
  ]);
  const signature = await crypto.subtle.sign(SCHEME, privateKey, own(manifestBytes));
  return {
    manifest: whole,
    manifestBytes,
    keyId: await firmwareKeyId(keys.publicKey),
    signature: new Uint8Array(signature),
    image,
  };
}

/** Whether the image matches its manifest. */
export async function isIntact({ manifest, image }: FirmwareImage): Promise<boolean> {
  return image.length === manifest.size && (await sha256Hex(image)) === manifest.sha256;
}

/** Whether one of the keys signed the manifest. The image itself is not looked at. */
export async function isSignedBy(
  publicKeys: readonly Uint8Array[],
  { manifestBytes, signature, keyId }: Omit<FirmwareImage, 'image' | 'manifest'>,
): Promise<boolean> {
  for (const bytes of publicKeys) {
    if ((await firmwareKeyId(bytes)) !== keyId) continue;
    const key = await importPublicKey(bytes);
    if (key && (await crypto.subtle.verify(SCHEME, key, own(signature), own(manifestBytes)))) {
      return true;
    }
  }
  return false;
}

/** Reads a public key in base64, white space around it or not; undefined when it is none. */
export async function parsePublicKey(text: string): Promise<Uint8Array | undefined> {
  const trimmed = text.trim();
  if (!PUBLIC_KEY_FORM.test(trimmed)) return undefined;
  const bytes = Uint8Array.from(atob(trimmed), (char) => char.charCodeAt(0));
  return (await importPublicKey(bytes)) ? bytes : undefined;
}

export function formatPublicKey(publicKey: Uint8Array): string {
  return btoa(String.fromCharCode(...publicKey));
}

/** Undefined when the bytes are no point of the curve. */
async function importPublicKey(bytes: Uint8Array): Promise<CryptoKey | undefined> {
  if (bytes.length !== PUBLIC_KEY_BYTES) return undefined;
  try {
    return await crypto.subtle.importKey('raw', own(bytes), CURVE, false, ['verify']);
  } catch {
    return undefined;
  }
}

async function sha256Hex(data: Uint8Array): Promise<string> {
  return hexOfBytes(new Uint8Array(await crypto.subtle.digest('SHA-256', own(data))));
}

/** Web Crypto accepts no views of shared memory. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(concatBytes(bytes));
}
