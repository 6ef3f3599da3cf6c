import { writeFirmwareFile } from '#protocol/update/firmware-file.ts';
import type { FirmwareManifest } from '#protocol/update/firmware-manifest.ts';
import {
  type FirmwareKeyPair,
  formatPublicKey,
  newFirmwareKeyPair,
  signFirmware,
} from '#protocol/update/firmware-signature.ts';

/** A publisher who signs firmware for lamps. */
export class FirmwareMaker {
  readonly #keys: FirmwareKeyPair;

  private constructor(keys: FirmwareKeyPair) {
    this.#keys = keys;
  }

  static async create(): Promise<FirmwareMaker> {
    return new FirmwareMaker(await newFirmwareKeyPair());
  }

  /** As a site names it. */
  get publicKey(): string {
    return formatPublicKey(this.#keys.publicKey);
  }

  async file(
    change: Partial<FirmwareManifest> = {},
    image: Uint8Array = new TextEncoder().encode('machine code'),
  ): Promise<Uint8Array> {
    const signed = await signFirmware({
      manifest: {
        model: 'lamp',
        platform: 'esp8266',
        version: '1.1.0',
        minVersion: null,
        protocolMin: 1,
        protocolMax: 1,
        allowsDowngrade: false,
        ...change,
      },
      image,
      keys: this.#keys,
    });
    return writeFirmwareFile(signed);
  }
}
