import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cryptoWith } from '../../test/harness/noise-crypto.ts';
import { GoodbyeReason } from '../unit-link/unit_link_pb.ts';
import { CipherState, REKEY_EVERY_FRAMES } from './cipher-state.ts';
import { Handshake, type HandshakeKind } from './handshake.ts';
import { formatLinkKey, parseLinkKey } from './link-key.ts';
import { type AeadInput, NO_BYTES, type NoiseCrypto } from './noise-crypto.ts';
import {
  fullFrame,
  parseOpening,
  prologueOf,
  refusalFrame,
  resumedFrame,
  resumeFrame,
  ticketRefusedFrame,
} from './opening.ts';
import { SecureChannel } from './secure-channel.ts';

const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const Vectors = z.object({
  published: z.object({
    prologue: Hex,
    psk: Hex,
    initiatorEphemeral: Hex,
    responderEphemeral: Hex,
    handshakeHash: Hex,
    messages: z.array(z.object({ payload: Hex, ciphertext: Hex })),
  }),
  links: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['full', 'resume']),
      key: Hex,
      ticket: z.object({ id: Hex, key: Hex }).nullable(),
      baseEphemeral: Hex,
      unitEphemeral: Hex,
      opening: Hex,
      answer: Hex,
      frames: z.array(z.object({ from: z.enum(['base', 'unit']), message: Hex, frame: Hex })),
      nextTicket: z.object({ id: Hex, key: Hex }),
    }),
  ),
  refusals: z.array(
    z.object({ name: z.string(), reason: z.enum(GoodbyeReason).nullable(), frame: Hex }),
  ),
  rekey: z.object({
    key: Hex,
    header: Hex,
    message: Hex,
    everyFrames: z.literal(REKEY_EVERY_FRAMES),
    lastBefore: Hex,
    firstAfter: Hex,
  }),
  keys: z.array(z.object({ name: z.string(), text: z.string(), hex: Hex.nullable() })),
});
const nodeCrypto = cryptoWith();
const file = new URL('../vectors/noise.json', import.meta.url);
const { published, links, refusals, rekey, keys } = Vectors.parse(
  JSON.parse(readFileSync(file, 'utf8')),
);
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (some: Uint8Array | undefined) => some && Buffer.from(some).toString('hex');

interface PairOptions {
  readonly kind?: HandshakeKind;
  readonly psk?: string;
  readonly theirPsk?: string;
  readonly crypto?: NoiseCrypto;
}

function pair(options: PairOptions = {}): [Handshake, Handshake] {
  const { kind = 'full', psk = published.psk, theirPsk = psk, crypto = nodeCrypto } = options;
  const plan = { crypto, kind, prologue: bytes(published.prologue) };
  return [
    new Handshake({
      ...plan,
      role: 'initiator',
      presharedKey: bytes(psk),
      ephemeral: bytes(published.initiatorEphemeral),
    }),
    new Handshake({
      ...plan,
      role: 'responder',
      presharedKey: bytes(theirPsk),
      ephemeral: bytes(published.responderEphemeral),
    }),
  ];
}

describe('the published vector of Noise_NNpsk0_25519_ChaChaPoly_SHA256', () => {
  const [first, second, ...transport] = published.messages;

  it('is what both sides say and read', () => {
    const [initiator, responder] = pair();
    const opening = initiator.write(bytes(first?.payload ?? ''));
    expect(hex(opening)).toBe(first?.ciphertext);
    expect(hex(responder.read(opening ?? NO_BYTES))).toBe(first?.payload);
    const answer = responder.write(bytes(second?.payload ?? ''));
    expect(hex(answer)).toBe(second?.ciphertext);
    expect(hex(initiator.read(answer ?? NO_BYTES))).toBe(second?.payload);
    const ends = [initiator.finish(), responder.finish()];
    for (const end of ends) expect(hex(end.handshakeHash)).toBe(published.handshakeHash);
    expect(transport).toHaveLength(4);
    transport.forEach(({ payload, ciphertext }, index) => {
      const [sender, receiver] = index % 2 === 0 ? ends : ends.toReversed();
      expect(hex(sender?.send.seal(NO_BYTES, bytes(payload)))).toBe(ciphertext);
      expect(hex(receiver?.receive.open(NO_BYTES, bytes(ciphertext)))).toBe(payload);
    });
  });

  it('is refused when a bit of any of its bytes is another', () => {
    const opening = bytes(first?.ciphertext ?? '');
    const answer = bytes(second?.ciphertext ?? '');
    for (let byte = 0; byte < opening.length; byte += 1) {
      const [, responder] = pair();
      expect(responder.read(flipped(opening, byte)), `byte ${byte} of the first`).toBeUndefined();
    }
    for (let byte = 0; byte < answer.length; byte += 1) {
      const [initiator] = pair();
      initiator.write(bytes(first?.payload ?? ''));
      expect(initiator.read(flipped(answer, byte)), `byte ${byte} of the second`).toBeUndefined();
    }
  });

  it('is refused at every length but its own', () => {
    const opening = bytes(first?.ciphertext ?? '');
    for (let length = 0; length < opening.length; length += 1) {
      const [, responder] = pair();
      expect(responder.read(opening.slice(0, length))).toBeUndefined();
    }
  });
});

describe('the vectors of the link', () => {
  it.each(links)('$name', (link) => {
    const { kind } = link;
    const plan = {
      crypto: nodeCrypto,
      kind,
      prologue: prologueOf(kind, link.ticket ? bytes(link.ticket.id) : undefined),
      presharedKey: bytes(link.ticket?.key ?? link.key),
    };
    const base = new Handshake({
      ...plan,
      role: 'initiator',
      ephemeral: bytes(link.baseEphemeral),
    });
    const unit = new Handshake({
      ...plan,
      role: 'responder',
      ephemeral: bytes(link.unitEphemeral),
    });
    const first = base.write() ?? NO_BYTES;
    const opening = link.ticket ? resumeFrame(bytes(link.ticket.id), first) : fullFrame(first);
    expect(hex(opening)).toBe(link.opening);
    expect(parseOpening(opening.slice(4), 'base')).toMatchObject({ kind });
    expect(unit.read(first)).toBeDefined();
    const second = unit.write() ?? NO_BYTES;
    expect(hex(link.ticket ? resumedFrame(second) : fullFrame(second))).toBe(link.answer);
    expect(base.read(second)).toBeDefined();
    const ends = { base: base.finish(), unit: unit.finish() };
    for (const { ticket } of Object.values(ends)) {
      expect({ id: hex(ticket.id), key: hex(ticket.key) }).toEqual(link.nextTicket);
    }
    const channels = { base: new SecureChannel(ends.base), unit: new SecureChannel(ends.unit) };
    for (const { from, message, frame } of link.frames) {
      expect(hex(channels[from].seal(bytes(message)))).toBe(frame);
      const other = channels[from === 'base' ? 'unit' : 'base'];
      expect(hex(other.open(bytes(frame).slice(4)))).toBe(message);
    }
  });

  it('are the example of the document', () => {
    const document = readFileSync(new URL('../../docs/unit-link.md', import.meta.url), 'utf8');
    const [link] = links;
    const { key, baseEphemeral, unitEphemeral, opening, answer, nextTicket } = link ?? {};
    const hello = [link?.frames[0]?.message, link?.frames[0]?.frame];
    const parts = [key, baseEphemeral, unitEphemeral, opening, answer, nextTicket?.id, ...hello];
    for (const part of parts) expect(document).toContain(part ?? 'nothing');
  });

  it.each(refusals)('refused: $name', ({ reason, frame }) => {
    expect(hex(reason === null ? ticketRefusedFrame() : refusalFrame(reason))).toBe(frame);
    const read = parseOpening(bytes(frame).slice(4), 'unit');
    expect(read).toEqual(reason === null ? { kind: 'ticketRefused' } : { kind: 'refusal', reason });
    expect(parseOpening(bytes(frame).slice(4), 'base')).toBeUndefined();
  });

  it.each(keys)('a key, $name', ({ text, hex: expected }) => {
    const key = parseLinkKey(text);
    expect(hex(key) ?? null).toBe(expected);
    if (key) expect(formatLinkKey(key)).toBe(text.trim());
  });

  it('has its keys replaced where they say', () => {
    const cipher = new CipherState(nodeCrypto, bytes(rekey.key));
    const seal = () => hex(cipher.seal(bytes(rekey.header), bytes(rekey.message)));
    for (let count = 1; count < rekey.everyFrames; count += 1) seal();
    expect(seal()).toBe(rekey.lastBefore);
    expect(seal()).toBe(rekey.firstAfter);
  });
});

describe('a handshake', () => {
  it('fails at the first message when the keys differ', () => {
    const [initiator, responder] = pair({ theirPsk: '00'.repeat(32) });
    expect(responder.read(initiator.write() ?? NO_BYTES)).toBeUndefined();
  });

  it('fails when the other side sends a point of low order', () => {
    const [, responder] = pair();
    // The forger has the pre-shared key, and yet gives no key of its own.
    const zero = cryptoWith({ x25519Public: () => new Uint8Array(32) });
    const forged = new Handshake({
      crypto: zero,
      kind: 'full',
      role: 'initiator',
      prologue: bytes(published.prologue),
      presharedKey: bytes(published.psk),
      ephemeral: bytes(published.initiatorEphemeral),
    });
    expect(responder.read(forged.write() ?? NO_BYTES)).toBeDefined();
    expect(responder.write()).toBeUndefined();
  });

  it('of a resumed link agrees without X25519, and on other keys than a full one', () => {
    const ends = (['full', 'resume'] as const).map((kind) => {
      const x25519 = () => expect.fail('no X25519 in a resumed link');
      const crypto = cryptoWith(kind === 'resume' ? { x25519 } : {});
      const [initiator, responder] = pair({ kind, crypto });
      expect(responder.read(initiator.write() ?? NO_BYTES)).toBeDefined();
      expect(initiator.read(responder.write() ?? NO_BYTES)).toBeDefined();
      const [one, other] = [initiator.finish(), responder.finish()];
      expect(hex(one.ticket.id)).toBe(hex(other.ticket.id));
      expect(hex(one.ticket.key)).toBe(hex(other.ticket.key));
      expect(hex(other.receive.open(NO_BYTES, one.send.seal(NO_BYTES, bytes('2a'))))).toBe('2a');
      return one;
    });
    expect(hex(ends[0]?.ticket.key)).not.toBe(hex(ends[1]?.ticket.key));
    expect(ends[0]?.ticket.id).toHaveLength(16);
  });

  it('overwrites its ephemeral secret when it is over', () => {
    const ephemeral = bytes(published.initiatorEphemeral);
    const handshake = new Handshake({
      crypto: nodeCrypto,
      kind: 'full',
      role: 'initiator',
      prologue: NO_BYTES,
      presharedKey: bytes(published.psk),
      ephemeral,
    });
    handshake.wipe();
    expect(ephemeral).toEqual(new Uint8Array(32));
  });
});

describe('a cipher', () => {
  const twins = () => [0, 1].map(() => new CipherState(nodeCrypto, bytes(published.psk)));

  it('replaces its key after so many frames, on both sides alike', () => {
    const used: AeadInput[] = [];
    const seal: NoiseCrypto['seal'] = (input, plaintext) => {
      used.push({ ...input, key: Uint8Array.from(input.key) });
      return nodeCrypto.seal(input, plaintext);
    };
    const sender = new CipherState(cryptoWith({ seal }), bytes(published.psk));
    const receiver = new CipherState(nodeCrypto, bytes(published.psk));
    for (let count = 0; count <= REKEY_EVERY_FRAMES; count += 1) {
      const frame = sender.seal(NO_BYTES, Uint8Array.of(count & 0xff));
      expect(receiver.open(NO_BYTES, frame)).toBeDefined();
    }
    const [last, rekey, next] = used.slice(-3);
    expect(hex(last?.key)).toBe(published.psk);
    expect(hex(rekey?.nonce)).toBe('00000000ffffffffffffffff');
    expect(hex(next?.key)).not.toBe(published.psk);
    expect(hex(next?.nonce)).toBe('000000000010000000000000');
  });

  it('opens nothing twice, nothing out of order and nothing with another header', () => {
    const [sender, receiver] = twins();
    const frames = [1, 2, 3].map((value) => sender?.seal(bytes('b6'), Uint8Array.of(value)));
    const open = (index: number, header = 'b6') =>
      receiver?.open(bytes(header), frames[index] ?? NO_BYTES);
    expect(open(1)).toBeUndefined();
    expect(open(0, 'b5')).toBeUndefined();
    expect(hex(open(0))).toBe('01');
    expect(open(0)).toBeUndefined();
    expect(hex(open(1))).toBe('02');
  });

  it('overwrites its key when it is wiped, and then does nothing more', () => {
    const key = bytes(published.psk);
    const cipher = new CipherState(nodeCrypto, key);
    cipher.wipe();
    expect(key).toEqual(new Uint8Array(32));
    expect(() => cipher.seal(NO_BYTES, NO_BYTES)).toThrow(RangeError);
    expect(cipher.open(NO_BYTES, new Uint8Array(16))).toBeUndefined();
  });
});

/** With another bit in each byte, the highest of a public key's last one among them. */
function flipped(message: Uint8Array, byte: number): Uint8Array {
  const copy = Uint8Array.from(message);
  copy[byte] = (copy[byte] ?? 0) ^ (1 << (byte & 7));
  return copy;
}
