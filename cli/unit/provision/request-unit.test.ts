import { expect, it } from 'vitest';
import type { ErrorCode } from '#protocol/errors.ts';
import { KEY_BYTES } from '#protocol/noise/noise-crypto.ts';
import {
  encodeSerialPacket,
  type SerialPacket,
  SerialPacketDecoder,
} from '#protocol/provisioning/serial-packet.ts';
import { giveKey, giveWifi, identifyUnit } from './request-unit.ts';
import { UnitDialogue } from './unit-dialogue.ts';

const key = new Uint8Array(KEY_BYTES).fill(7);
const answer = (family: SerialPacket['family'], type: number, ...data: number[]) => [
  { family, type, data: Uint8Array.from(data) },
];

/** A line at whose other end somebody answers each packet so. */
function lineTo(answersTo: (packet: SerialPacket) => readonly SerialPacket[]) {
  const decoder = new SerialPacketDecoder();
  const heard: SerialPacket[] = [];
  let received: (chunk: Uint8Array) => void = () => undefined;
  const line = {
    write: (bytes: Uint8Array) => {
      for (const packet of decoder.push(bytes)) {
        heard.push(packet);
        for (const one of answersTo(packet)) received(encodeSerialPacket(one));
      }
    },
    read: (receiver: (chunk: Uint8Array) => void) => {
      received = receiver;
    },
    close: () => undefined,
  };
  const stop = new AbortController();
  return { dialogue: new UnitDialogue(line, stop.signal), heard, stop };
}

const withCode = (code: ErrorCode): unknown => expect.objectContaining({ code });

it('does not believe a unit that cannot prove its key', async () => {
  const { dialogue } = lineTo(() => answer('SIGBOX', 0x82, ...new Uint8Array(32)));
  const giving = giveKey(dialogue, { key, hardwareId: 'lamp-1', hostName: '' });
  await expect(giving).rejects.toEqual(withCode('unit_key_wrong'));
});

it.each([
  [1, 'unit_bad_request'],
  [3, 'unit_hardware_error'],
] as const)('reports refusal %i of a key as %s', async (reason, code) => {
  const { dialogue } = lineTo(() => answer('SIGBOX', 0x8f, reason));
  const giving = giveKey(dialogue, { key, hardwareId: 'lamp-1', hostName: 'lamp' });
  await expect(giving).rejects.toEqual(withCode(code));
});

it('reports errors of Improv, and not those that are none', async () => {
  const { dialogue } = lineTo(() => [
    ...answer('IMPROV', 2, 0),
    ...answer('IMPROV', 1, 3),
    ...answer('IMPROV', 4, 2, 0),
    ...answer('IMPROV', 2, 3),
  ]);
  const giving = giveWifi(dialogue, { name: 'home', password: '' });
  await expect(giving).rejects.toEqual(withCode('wifi_refused'));
});

it('retries until a unit answers, and gives up when none does or it is stopped', async () => {
  const { dialogue, heard, stop } = lineTo(() => answer('SIGBOX', 0x81, 1));
  await expect(identifyUnit(dialogue, 20)).rejects.toEqual(withCode('unit_timeout'));
  expect(heard).toHaveLength(1);
  const requesting = identifyUnit(dialogue);
  stop.abort();
  await expect(requesting).rejects.toEqual(withCode('cancelled'));
});
