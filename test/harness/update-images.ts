import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFirmwareFile } from '#protocol/update/firmware-file.ts';
import type { FirmwareManifest } from '#protocol/update/firmware-manifest.ts';
import {
  type FirmwareKeyPair,
  formatPublicKey,
  newFirmwareKeyPair,
  signFirmware,
} from '#protocol/update/firmware-signature.ts';
import { REPOSITORY } from '../architecture/source.ts';

const BUILD = join(REPOSITORY, 'firmware/build/host');

/** Versions of the firmware that are really built: the first works, the second does not start. */
export type UpdateImage = '0.2.0' | '0.3.0';

/** Builds them, where that was not done yet. Needs the build folder of `npm run build`. */
export function buildUpdateImages(): void {
  execFileSync('cmake', ['--build', BUILD, '--target', 'update-images'], { stdio: 'pipe' });
}

/** A firmware maker, with a key of its own. */
export class FirmwareMaker {
  readonly #keys: FirmwareKeyPair;
  /** A file with the public key, for units to trust. */
  readonly publicKeyFile: string;

  private constructor(keys: FirmwareKeyPair, publicKeyFile: string) {
    this.#keys = keys;
    this.publicKeyFile = publicKeyFile;
  }

  static async in(folder: string): Promise<FirmwareMaker> {
    const keys = await newFirmwareKeyPair();
    const path = join(folder, 'firmware.pub');
    writeFileSync(path, formatPublicKey(keys.publicKey));
    return new FirmwareMaker(keys, path);
  }

  /** A lamp's firmware file for this machine. */
  async file(image: UpdateImage, more: Partial<FirmwareManifest> = {}): Promise<Uint8Array> {
    return this.sign(readFileSync(join(BUILD, `signalbox-unit-${image}`)), {
      platform: `linux-${process.arch}`,
      version: image,
      ...more,
    });
  }

  /** A lamp's firmware file of any image. */
  async sign(
    image: Uint8Array,
    manifest: Pick<FirmwareManifest, 'platform' | 'version'> & Partial<FirmwareManifest>,
  ): Promise<Uint8Array> {
    const firmware = await signFirmware({
      manifest: {
        model: 'rgb-lamp',
        minVersion: null,
        protocolMin: 1,
        protocolMax: 1,
        allowsDowngrade: false,
        ...manifest,
      },
      image,
      keys: this.#keys,
    });
    return writeFirmwareFile(firmware);
  }
}

/** The same file with another signature, which nobody made. */
export function forged(file: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(file);
  const manifestBytes = new DataView(copy.buffer).getUint16(6);
  const lastOfSignature = 8 + manifestBytes + 4 + 64 - 1; // docs/unit-link.md 11.6
  copy[lastOfSignature] = (copy[lastOfSignature] ?? 0) ^ 1;
  return copy;
}
