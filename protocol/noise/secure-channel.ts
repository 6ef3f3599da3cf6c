import { encodeFrame, frameHeader } from '../frame/encode-frame.ts';
import type { CipherState } from './cipher-state.ts';
import { TAG_BYTES } from './noise-crypto.ts';

/** An encrypted link after its handshake: whole frames out, bodies of frames in. */
export class SecureChannel {
  readonly #send: CipherState;
  readonly #receive: CipherState;

  constructor({ send, receive }: { readonly send: CipherState; readonly receive: CipherState }) {
    this.#send = send;
    this.#receive = receive;
  }

  /** True when the link has to end, for its keys have been used as often as they may. */
  get isUsedUp(): boolean {
    return this.#send.isUsedUp;
  }

  /** One frame with this message inside, 1 to 1,008 bytes. */
  seal(message: Uint8Array): Uint8Array {
    const header = frameHeader(message.length + TAG_BYTES, 'encrypted');
    return encodeFrame(this.#send.seal(header, message), 'encrypted');
  }

  /** The message inside the body of a frame; undefined when the tag is not right. */
  open(body: Uint8Array): Uint8Array | undefined {
    if (body.length <= TAG_BYTES) return undefined;
    return this.#receive.open(frameHeader(body.length, 'encrypted'), body);
  }

  wipe(): void {
    this.#send.wipe();
    this.#receive.wipe();
  }
}
