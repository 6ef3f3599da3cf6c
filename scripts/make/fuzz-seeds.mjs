import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './firmware-programs.mjs';

function readVectors(name) {
  return JSON.parse(readFileSync(join(ROOT, 'protocol/vectors', name), 'utf8'));
}

/**
 * What stands before a seed of fuzz_session.cpp: the first byte modulo 16 is
 * the way, half of it and one the length of the chunks; the second 0 for a
 * peer that reads all it is sent.
 */
const WAYS = {
  silent: '8000', // a plain link, 65 bytes at a time
  connected: '8100', // after a hello
  handshake: '8200', // an encrypted link
  forged: '8300', // with keys that the input does not have
  sealed: 'f500', // in keys and after a hello, 123 bytes to a body
  resumed: 'f700', // in keys that came of a ticket
  ticket: '8900', // an opening that names a ticket the unit gave
};

const write = (folder, name, hex) => writeFileSync(join(folder, name), Buffer.from(hex, 'hex'));

function headed(hex) {
  const bytes = hex.length / 2;
  return `b501${bytes.toString(16).padStart(4, '0')}${hex}`;
}

/** Every frame and every message, the latter after a hello. */
export function writeSessionSeeds(folder) {
  readVectors('messages.json').vectors.forEach(({ hex }, index) => {
    write(folder, `message-${index}`, WAYS.connected + headed(hex));
  });
  readVectors('frames.json').vectors.forEach(({ chunks }, index) => {
    write(folder, `frame-${index}`, WAYS.silent + chunks.join(''));
  });
}

/** What an opening with a ticket ends with: a key and its tag. */
const MESSAGE_HEX = 2 * (32 + 16);

/** Every opening, every sealed frame as one forged, and every message sealed. */
export function writeSecureSeeds(folder) {
  readVectors('messages.json').vectors.forEach(({ hex }, index) => {
    write(folder, `sealed-${index}`, WAYS.sealed + hex);
    write(folder, `resumed-${index}`, WAYS.resumed + hex);
  });
  readVectors('noise.json').links.forEach(({ opening, frames }, link) => {
    write(folder, `opening-${link}`, WAYS.handshake + opening);
    write(folder, `ticket-${link}`, WAYS.ticket + opening.slice(-MESSAGE_HEX));
    frames.forEach(({ frame }, index) => {
      write(folder, `forged-${link}-${index}`, WAYS.forged + frame);
    });
  });
}

/** Every packet, and the whole conversation, to a new unit and to one with a key. */
export function writeProvisioningSeeds(folder) {
  const { packets, conversation } = readVectors('provisioning.json');
  const inputs = [...packets.map(({ hex }) => hex), conversation.map(({ says }) => says).join('')];
  for (const way of ['08', '0b', '14']) {
    inputs.forEach((hex, index) => {
      write(folder, `${way}-${index}`, way + hex);
    });
  }
}
