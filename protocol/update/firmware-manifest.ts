import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { UpdateManifestSchema } from '../unit-link/unit_link_pb.ts';
import { FirmwareVersion } from './firmware-version.ts';

/** The only format of manifests so far. */
const FORMAT = 1;
const SIZES = LIMITS.unitLink;
const word = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'must be lower-case letters, digits, "-", "_" and "."');

/** The signed part of a firmware image; docs/unit-link.md section 11.1 defines each field. */
export const FirmwareManifest = z
  .strictObject({
    model: word(SIZES.modelChars),
    platform: word(SIZES.platformChars),
    version: FirmwareVersion,
    /** The oldest firmware that may be replaced; null: any. */
    minVersion: FirmwareVersion.nullable(),
    /** Unit-link versions that the image supports. */
    protocolMin: z.int().min(1).max(65_535),
    protocolMax: z.int().min(1).max(65_535),
    /** Bytes of the image. */
    size: z.int().min(1).max(LIMITS.firmwareImageBytes),
    /** Of the image, in lower-case hexadecimal. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    allowsDowngrade: z.boolean(),
  })
  .refine(({ protocolMin, protocolMax }) => protocolMin <= protocolMax, {
    path: ['protocolMax'],
    message: 'must not be below protocolMin',
  });
export type FirmwareManifest = z.infer<typeof FirmwareManifest>;

/** The bytes that are signed. @throws ZodError when a field is out of its range. */
export function encodeManifest(manifest: FirmwareManifest): Uint8Array {
  const { minVersion, sha256, ...fields } = FirmwareManifest.parse(manifest);
  return toBinary(
    UpdateManifestSchema,
    create(UpdateManifestSchema, {
      ...fields,
      format: FORMAT,
      minVersion: minVersion ?? '',
      sha256: bytesOfHex(sha256),
    }),
  );
}

/** Undefined when the bytes are no manifest of this format. Fields of a later one are ignored. */
export function decodeManifest(bytes: Uint8Array): FirmwareManifest | undefined {
  if (bytes.length > SIZES.manifestBytes) return undefined;
  try {
    const read = fromBinary(UpdateManifestSchema, bytes);
    if (read.format !== FORMAT) return undefined;
    const parsed = FirmwareManifest.safeParse({
      model: read.model,
      platform: read.platform,
      version: read.version,
      minVersion: read.minVersion === '' ? null : read.minVersion,
      protocolMin: read.protocolMin,
      protocolMax: read.protocolMax,
      size: read.size,
      sha256: hexOfBytes(read.sha256),
      allowsDowngrade: read.allowsDowngrade,
    });
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function hexOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
