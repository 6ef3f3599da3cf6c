import type { CipherState } from './cipher-state.ts';
import { KEY_BYTES, NO_BYTES, type NoiseCrypto } from './noise-crypto.ts';
import { SymmetricState } from './symmetric-state.ts';

/**
 * `full` is NNpsk0 of the Noise specification. `resume` is the same without the X25519
 * agreement: in place of its ephemeral key each side sends a number used once, and the
 * pre-shared key is that of a ticket.
 */
export type HandshakeKind = 'full' | 'resume';

const PROTOCOL_NAMES: Readonly<Record<HandshakeKind, string>> = {
  full: 'Noise_NNpsk0_25519_ChaChaPoly_SHA256',
  resume: 'SignalboxResume_psk0_ChaChaPoly_SHA256',
};
const TICKET_LABEL = 'signalbox-resume';
export const TICKET_ID_BYTES = 16;

export interface HandshakePlan {
  readonly crypto: NoiseCrypto;
  readonly kind: HandshakeKind;
  readonly role: 'initiator' | 'responder';
  readonly prologue: Uint8Array;
  /** 32 bytes; not changed and not kept. */
  readonly presharedKey: Uint8Array;
  /** 32 random bytes, never used twice. They are this object's: it overwrites them at its end. */
  readonly ephemeral: Uint8Array;
}

/** Opens a later connection without X25519, once (docs/unit-link.md section 7.5). */
export interface TicketSecret {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
}

export interface HandshakeEnd {
  readonly send: CipherState;
  readonly receive: CipherState;
  readonly handshakeHash: Uint8Array;
  readonly ticket: TicketSecret;
}

/** Two messages, the initiator's and the responder's; then {@link finish}. */
export class Handshake {
  readonly #plan: HandshakePlan;
  readonly #state: SymmetricState;
  #messages = 0;
  #theirs: Uint8Array = NO_BYTES;

  constructor(plan: HandshakePlan) {
    this.#plan = plan;
    this.#state = new SymmetricState(plan.crypto, PROTOCOL_NAMES[plan.kind]);
    this.#state.mixHash(plan.prologue);
    this.#state.mixKeyAndHash(plan.presharedKey);
  }

  /** The next message; undefined when the other side's key is none. */
  write(payload: Uint8Array = NO_BYTES): Uint8Array | undefined {
    const { crypto, kind, ephemeral } = this.#plan;
    const own = kind === 'full' ? crypto.x25519Public(ephemeral) : ephemeral;
    this.#mixEphemeral(own);
    if (!this.#agree()) return undefined;
    const sealed = this.#state.encryptAndHash(payload);
    const message = new Uint8Array(own.length + sealed.length);
    message.set(own);
    message.set(sealed, own.length);
    this.#messages += 1;
    return message;
  }

  /** The payload; undefined when the other side does not have the same keys. */
  read(message: Uint8Array): Uint8Array | undefined {
    if (message.length < KEY_BYTES) return undefined;
    this.#theirs = message.slice(0, KEY_BYTES);
    this.#mixEphemeral(this.#theirs);
    if (!this.#agree()) return undefined;
    const payload = this.#state.decryptAndHash(message.subarray(KEY_BYTES));
    if (payload) this.#messages += 1;
    return payload;
  }

  /** After both messages. */
  finish(): HandshakeEnd {
    if (this.#messages !== 2) throw new RangeError('the handshake is not through');
    const [idSource, key] = this.#state.derive(TICKET_LABEL);
    const [initiators, responders] = this.#state.split();
    const isInitiator = this.#plan.role === 'initiator';
    const end = {
      send: isInitiator ? initiators : responders,
      receive: isInitiator ? responders : initiators,
      handshakeHash: this.#state.handshakeHash,
      ticket: { id: idSource.slice(0, TICKET_ID_BYTES), key },
    };
    this.wipe();
    return end;
  }

  /** To be called in any case when it is over. */
  wipe(): void {
    this.#state.wipe();
    this.#plan.ephemeral.fill(0);
  }

  /** With a pre-shared key, ephemeral keys are mixed into the key as well (section 9.2). */
  #mixEphemeral(publicKey: Uint8Array): void {
    this.#state.mixHash(publicKey);
    this.#state.mixKey(publicKey);
  }

  /** In the second message both ephemeral keys are known. */
  #agree(): boolean {
    const { crypto, kind, ephemeral } = this.#plan;
    if (kind === 'resume' || this.#messages === 0) return true;
    const shared = crypto.x25519(ephemeral, this.#theirs);
    if (!shared) return false;
    this.#state.mixKey(shared);
    shared.fill(0);
    return true;
  }
}
