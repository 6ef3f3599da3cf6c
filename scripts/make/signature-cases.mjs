// Signatures as the OpenSSL of Node.js verifies them: good ones, and variants with one error or
// oddity.
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;

const numberOf = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const bytesOf = (number) => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
const withBitChanged = (bytes) => {
  const changed = Buffer.from(bytes);
  const [place, bit] = randomBytes(2);
  changed[place % changed.length] ^= 1 << (bit % 8);
  return changed;
};

/** The change of a good one: each has x, y, message, r and s. */
const CHANGES = {
  nothing: () => ({}),
  'the other s': ({ s }) => ({ s: bytesOf(ORDER - numberOf(s)) }),
  'a bit of r': ({ r }) => ({ r: withBitChanged(r) }),
  'a bit of s': ({ s }) => ({ s: withBitChanged(s) }),
  'a bit of the message': ({ message }) => ({ message: withBitChanged(message) }),
  'a bit of x': ({ x }) => ({ x: withBitChanged(x) }),
  'the opposite key': ({ y }) => ({ y: bytesOf(PRIME - numberOf(y)) }),
  'r and s exchanged': ({ r, s }) => ({ r: s, s: r }),
  'r of zero': () => ({ r: bytesOf(0n) }),
  's of zero': () => ({ s: bytesOf(0n) }),
  'r of the order': () => ({ r: bytesOf(ORDER) }),
  's of the order': () => ({ s: bytesOf(ORDER) }),
  'r and what the prime is above the order': ({ r }) => ({
    r: bytesOf((numberOf(r) + PRIME - ORDER) % 2n ** 256n),
  }),
  'the least of both': () => ({ r: bytesOf(1n), s: bytesOf(1n) }),
  'the most of both': () => ({ r: bytesOf(ORDER - 1n), s: bytesOf(ORDER - 1n) }),
  'any r and s': () => ({ r: randomBytes(32), s: randomBytes(32) }),
};

/**
 * @param {number} count
 * @returns {{ change: string, line: string, isGood: boolean }[]} with what
 *   firmware/tests/signature_program.cpp reads
 */
export function signatureCases(count) {
  const changes = Object.entries(CHANGES);
  return Array.from({ length: count }, (_, index) => {
    const [change, apply] = changes[index % changes.length];
    const good = goodOne();
    const one = { ...good, ...apply(good) };
    const digest = createHash('sha256').update(one.message).digest();
    const parts = [Buffer.of(4), one.x, one.y, digest, one.r, one.s];
    return { change, line: Buffer.concat(parts).toString('hex'), isGood: opensslAccepts(one) };
  });
}

function goodOne() {
  // Encoded as they are made: Node.js 20 waits for itself for ever where a key of a pair is
  // exported as JWK at the moment at which what made the pair is collected as garbage.
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'prime256v1',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const message = randomBytes(40);
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  // It ends with the uncompressed point (RFC 5480 section 2.2).
  return {
    x: publicKey.subarray(-64, -32),
    y: publicKey.subarray(-32),
    message,
    r: signature.subarray(0, 32),
    s: signature.subarray(32),
  };
}

function opensslAccepts({ x, y, message, r, s }) {
  const [jwkX, jwkY] = [x, y].map((part) => part.toString('base64url'));
  const jwk = { kty: 'EC', crv: 'P-256', x: jwkX, y: jwkY };
  let key;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return false; // no point of the curve
  }
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]));
}
