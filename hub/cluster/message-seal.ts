import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { LruCache } from '#platform/lru-cache.ts';
import { MAX_MESSAGE_BYTES } from './bus.ts';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const COUNTER_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = SALT_BYTES + COUNTER_BYTES;
/** Senders whose keys are kept: each connection is one. */
const MAX_SENDERS = 1_000;

interface Sender {
  readonly key: Buffer;
  /** Of the last message: a repeated one is no message. */
  readonly counter: bigint;
}

/**
 * Lets hubs that share a secret talk over a server that others use. A message is a salt,
 * from which the key of its sender is derived, a counter, which is its nonce, the
 * ciphertext and its tag.
 */
export class MessageSeal {
  /** Where they meet; says nothing about the secret. */
  readonly channel: string;
  readonly #secret: string;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #key: Buffer;
  readonly #senders = new LruCache<string, Sender>(MAX_SENDERS);
  #counter = 0n;

  constructor(secret: string) {
    this.#secret = secret;
    this.#key = this.#derive(this.#salt, 'message');
    this.channel = `signalbox:${this.#derive(Buffer.alloc(0), 'channel').toString('base64url')}`;
  }

  seal(text: string): Buffer {
    this.#counter += 1n;
    const counter = Buffer.alloc(COUNTER_BYTES);
    counter.writeBigUInt64BE(this.#counter);
    const cipher = createCipheriv(CIPHER, this.#key, nonceOf(counter), {
      authTagLength: TAG_BYTES,
    });
    const sealed = [cipher.update(text, 'utf8'), cipher.final()];
    return Buffer.concat([this.#salt, counter, ...sealed, cipher.getAuthTag()]);
  }

  /** @returns undefined for what no hub of this installation has sealed, or was received before. */
  open(message: Buffer): string | undefined {
    const textBytes = message.length - HEAD_BYTES - TAG_BYTES;
    if (textBytes < 0 || textBytes > MAX_MESSAGE_BYTES) return undefined;
    const salt = message.subarray(0, SALT_BYTES);
    const counterBytes = message.subarray(SALT_BYTES, HEAD_BYTES);
    const counter = counterBytes.readBigUInt64BE();
    const name = salt.toString('latin1');
    const sender = this.#senders.get(name);
    if (sender && counter <= sender.counter) return undefined;
    const key = sender?.key ?? this.#derive(salt, 'message');
    const cipher = createDecipheriv(CIPHER, key, nonceOf(counterBytes), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAuthTag(message.subarray(-TAG_BYTES));
    try {
      const text = cipher.update(message.subarray(HEAD_BYTES, -TAG_BYTES), undefined, 'utf8');
      const opened = text + cipher.final('utf8');
      this.#senders.set(name, { key, counter });
      return opened;
    } catch {
      return undefined;
    }
  }

  #derive(salt: Buffer, purpose: string): Buffer {
    const info = `signalbox bus ${purpose}`;
    return Buffer.from(hkdfSync('sha256', this.#secret, salt, info, KEY_BYTES));
  }
}

function nonceOf(counter: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(NONCE_BYTES - COUNTER_BYTES), counter]);
}
