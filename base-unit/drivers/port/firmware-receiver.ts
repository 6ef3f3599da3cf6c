import type { ErrorCode } from '#protocol/errors.ts';
import type { FirmwareImage } from '#protocol/update/firmware-file.ts';

/** `armed`: the restart that follows installs it. `unknown`: of a later version. */
export type ReceiverState = 'idle' | 'receiving' | 'verifying' | 'verified' | 'armed' | 'unknown';

export type ReceiverError =
  | ('bad_manifest' | 'unknown_key' | 'bad_signature' | 'wrong_model' | 'not_newer')
  | ('min_version' | 'no_room' | 'not_encrypted' | 'out_of_order' | 'bad_hash')
  | ('storage' | 'unconfirmed' | 'no_memory' | 'output_on' | 'unknown');

/** What a unit says of the image under way, and of the firmware that it runs. */
export interface ReceiverStatus {
  readonly state: ReceiverState;
  readonly error: ReceiverError | undefined;
  /** The bytes that it has of the image under way. */
  readonly nextOffset: number;
  readonly confirmed: boolean;
  /** The version that was installed last and given up again; empty: none. */
  readonly failedVersion: string;
  /** Something is switched on that a restart would switch off. */
  readonly outputOn: boolean;
}

/** `later`: nothing is wrong with the request, only with the moment or the connection. */
export type ReceiverAnswer =
  | { readonly kind: 'status'; readonly status: ReceiverStatus }
  | { readonly kind: 'later'; readonly code: ErrorCode }
  | { readonly kind: 'refused'; readonly code: ErrorCode };

/** How a connected unit takes firmware, whatever carries it (docs/flows/update.md). */
export interface FirmwareReceiver {
  readonly begin: (image: FirmwareImage) => Promise<ReceiverAnswer>;
  readonly chunk: (offset: number, data: Uint8Array) => Promise<ReceiverAnswer>;
  readonly query: () => Promise<ReceiverAnswer>;
  readonly apply: () => Promise<ReceiverAnswer>;
}
