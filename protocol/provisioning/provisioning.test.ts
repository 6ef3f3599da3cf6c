import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cryptoWith } from '../../test/harness/noise-crypto.ts';
import {
  informationCommand,
  type ImprovAnswer,
  readImprovAnswer,
  stateCommand,
  wifiCommand,
} from './improv.ts';
import {
  identifyPacket,
  type KeyAnswer,
  keyProof,
  readKeyAnswer,
  acceptKeyPacket,
} from './key-packets.ts';
import { encodeSerialPacket, type SerialPacket, SerialPacketDecoder } from './serial-packet.ts';
import { formatUnitLabel, parseUnitLabel } from './unit-label.ts';

const Hex = z
  .string()
  .regex(/^([0-9a-f]{2})*$/)
  .transform((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
const Vectors = z.object({
  packets: z.array(
    z.object({
      name: z.string(),
      family: z.enum(['IMPROV', 'SIGBOX']),
      type: z.int(),
      data: Hex,
      hex: Hex,
    }),
  ),
  proof: z.object({ key: Hex, challenge: Hex, hardwareId: z.string(), proof: Hex }),
  label: z.object({
    text: z.string(),
    hardwareId: z.string(),
    host: z.string(),
    port: z.number(),
    key: Hex,
  }),
});
const file = new URL('../vectors/provisioning.json', import.meta.url);
const { packets, proof, label } = Vectors.parse(JSON.parse(readFileSync(file, 'utf8')));

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const read = (...chunks: readonly Uint8Array[]) => {
  const decoder = new SerialPacketDecoder();
  return chunks.flatMap((chunk) => decoder.push(chunk));
};
const bytesOf = (text: string) => new TextEncoder().encode(text);

function named(name: string): SerialPacket {
  const found = packets.find((one) => one.name === name);
  if (!found) throw new Error(`no vector ${name}`);
  const { family, type, data } = found;
  return { family, type, data };
}

describe('packets of a serial line', () => {
  it.each(packets)('$name: written and read as the vector says', ({ hex, name }) => {
    const packet = named(name);
    expect(hexOf(encodeSerialPacket(packet))).toBe(hexOf(hex));
    expect(read(hex)).toEqual([packet]);
  });

  it('are found however they are cut, among what else is on the line', () => {
    const stream = Buffer.concat([
      bytesOf('boot: rst cause:2\r\nSI IMIMPRO'),
      ...packets.flatMap(({ hex }) => [hex, bytesOf('lamp on\nSIG')]),
    ]);
    const expected = packets.map(({ name }) => named(name));
    expect(read(stream)).toEqual(expected);
    expect(read(...Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('with a wrong byte are none, and cost no other packet', () => {
    const one = encodeSerialPacket(stateCommand());
    const filler = new Uint8Array(300).fill(46);
    for (let at = 1; at < one.length - 1; at += 1) {
      const wrong = Uint8Array.from(one);
      wrong[at] = (wrong[at] ?? 0) ^ 0x20;
      const good = encodeSerialPacket(identifyPacket());
      expect(read(wrong, good, filler)).toEqual([identifyPacket()]);
    }
  });

  it('hold no more than one of them, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const found = read(...chunks, ...packets.map(({ hex }) => hex), new Uint8Array(300));
        expect(found.slice(-1)[0]?.type).toBe(0x7f);
      }),
    );
    expect(() => encodeSerialPacket({ ...identifyPacket(), data: new Uint8Array(256) })).toThrow(
      RangeError,
    );
  });
});

describe('Improv Serial', () => {
  it('sends requests as specified', () => {
    expect(wifiCommand('MyWirelessAP', 'mysecurepassword')).toEqual(
      named('Improv: Wi-Fi settings, the example of its specification'),
    );
    expect(wifiCommand('Käse', '')).toEqual(named('Improv: an open network'));
    expect(stateCommand()).toEqual(named('Improv: current state, please'));
    expect(informationCommand()).toEqual(named('Improv: device information, please'));
  });

  const answers: readonly [string, ImprovAnswer][] = [
    ['Improv: provisioning', { kind: 'state', state: 'provisioning' }],
    ['Improv: no error', { kind: 'error', error: 'none' }],
    ['Improv: unable to connect', { kind: 'error', error: 'unable_to_connect' }],
    [
      'Improv: Wi-Fi settings are in force, no address',
      { kind: 'result', command: 'sendWifi', texts: [] },
    ],
    [
      'Improv: device information',
      {
        kind: 'result',
        command: 'requestInformation',
        texts: ['Signalbox', '0.1.0', 'ESP8266', 'lamp-4f2a91'],
      },
    ],
  ];
  it.each(answers)('reads "%s"', (name, answer) => {
    expect(readImprovAnswer(named(name))).toEqual(answer);
  });

  it('accepts nothing else as an answer', () => {
    const wrong: readonly (readonly [number, number[]])[] = [
      [1, []],
      [1, [9]],
      [4, [1]],
      [4, [9, 0]],
      [4, [1, 1]],
      [4, [1, 2, 5, 0]],
      [4, [1, 2, 1, 0xff]],
      [3, [2, 0]],
    ];
    for (const [type, data] of wrong) {
      const packet: SerialPacket = { family: 'IMPROV', type, data: Uint8Array.from(data) };
      expect(readImprovAnswer(packet)).toBeUndefined();
    }
    expect(readImprovAnswer(identifyPacket())).toBeUndefined();
    expect(readImprovAnswer({ family: 'IMPROV', type: 2, data: Uint8Array.of(77) })).toEqual({
      kind: 'error',
      error: 'unknown',
    });
  });
});

describe('identity and key', () => {
  const identity = {
    hardwareId: 'lamp-4f2a91',
    model: 'rgb-lamp',
    firmwareVersion: '0.1.0',
    hostName: '',
    port: 8888,
    hasKey: false,
  };
  const answers: readonly [string, KeyAnswer][] = [
    [
      'identity before a network',
      {
        kind: 'identity',
        identity: { ...identity, ip: undefined, hasWifi: false, isConnected: false },
      },
    ],
    [
      'identity in a network',
      {
        kind: 'identity',
        identity: { ...identity, ip: '192.0.2.7', hasWifi: true, isConnected: true },
      },
    ],
    ['key stored', { kind: 'key_stored', proof: proof.proof }],
    ['refused, malformed', { kind: 'refused', reason: 'malformed' }],
  ];
  it.each(answers)('reads "%s"', (name, answer) => {
    expect(readKeyAnswer(named(name))).toEqual(answer);
  });

  it('gives a key as the vector says, and knows its proof', () => {
    const { key, challenge, hardwareId } = proof;
    expect(acceptKeyPacket({ key, challenge, hostName: 'desk-lamp' })).toEqual(
      named('take this key'),
    );
    expect(hexOf(keyProof(cryptoWith(), { key, challenge, hardwareId }))).toBe(hexOf(proof.proof));
    const short = key.subarray(1);
    expect(() => acceptKeyPacket({ key: short, challenge, hostName: '' })).toThrow(RangeError);
  });

  it('accepts nothing else as an answer, however it is cut or changed', () => {
    const { data } = named('identity in a network');
    for (let cut = 0; cut < data.length; cut += 1) {
      const packet: SerialPacket = { family: 'SIGBOX', type: 0x81, data: data.subarray(0, cut) };
      expect(readKeyAnswer(packet)).toBeUndefined();
    }
    for (const type of [0x01, 0x02, 0x7f, 0x82, 0x8f]) {
      expect(readKeyAnswer({ family: 'SIGBOX', type, data })).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 255 }), fc.nat(255), (bytes, type) => {
        readKeyAnswer({ family: 'SIGBOX', type, data: bytes });
        readImprovAnswer({ family: 'IMPROV', type, data: bytes });
      }),
    );
  });
});

describe('the label of a unit', () => {
  const { text, hardwareId, host, port, key } = label;
  const unit = { hardwareId, address: { host, port }, key };

  it('is written and read as the vector says', () => {
    expect(formatUnitLabel(unit)).toBe(text);
    expect(parseUnitLabel(`\n ${text} \n`)).toEqual(unit);
    expect(parseUnitLabel(`${text.replace('&port=8888', '')}&later=1`)).toEqual(unit);
    expect(readFileSync(new URL('../../docs/provisioning.md', import.meta.url), 'utf8')).toContain(
      `\n${text}\n`,
    );
  });

  it.each([
    '',
    'signalbox:unit?',
    text.replace('v=1', 'v=2'),
    text.replace('signalbox:', 'http:'),
    text.replace(/&key=.*/, ''),
    `${text}A`,
    text.slice(0, -1),
    text.replace(/.$/, '!'),
    text.replace('port=8888', 'port=0'),
    text.replace('host=lamp', 'host=-lamp'),
    text.replace('id=lamp-4f2a91', `id=${'x'.repeat(33)}`),
    `${text}&x=${'x'.repeat(500)}`,
  ])('refuses %j', (wrong) => {
    expect(parseUnitLabel(wrong)).toBeUndefined();
  });
});
