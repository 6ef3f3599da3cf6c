import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { chunksOf, mutated } from '../../test/harness/mutated-bytes.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { readImprovAnswer } from './improv.ts';
import { HostLabel, readKeyAnswer } from './key-packets.ts';
import { encodeSerialPacket, SerialPacketDecoder } from './serial-packet.ts';
import { formatUnitLabel, parseUnitLabel } from './unit-label.ts';

const Packet = z.object({
  family: z.enum(['IMPROV', 'SIGBOX']),
  type: z.int(),
  data: z.string(),
  hex: z.string(),
});
const Vectors = z.object({
  packets: z.array(Packet),
  conversation: z.array(z.object({ hears: z.string() })),
  label: z.object({ text: z.string() }),
});
const file = new URL('../vectors/provisioning.json', import.meta.url);
const vectors = Vectors.parse(JSON.parse(readFileSync(file, 'utf8')));
const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

it(
  'finds the same packets however a serial line is broken and cut, and none that is not on it',
  () => {
    const heard = [
      ...vectors.packets.map(({ hex }) => hex),
      vectors.conversation.map(({ hears }) => hears).join(''),
    ];
    const line = fc
      .array(mutated(...heard.map(bytesOf)), { minLength: 1, maxLength: 4 })
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 40 }), (bytes, size) => {
        const whole = new SerialPacketDecoder().push(bytes);
        const cut = new SerialPacketDecoder();
        expect(chunksOf(bytes, size).flatMap((chunk) => cut.push(chunk))).toEqual(whole);
        for (const packet of whole) {
          // A packet stands in a line of its own; only what is between the line feeds counts.
          const said = Buffer.from(encodeSerialPacket(packet).slice(1, -1));
          expect(bytes.includes(said)).toBe(true);
        }
      }),
      propertyRuns(1_000),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it(
  "takes a unit's answer for what it is, or for none",
  () => {
    const answer = fc.tuple(
      fc.constantFrom(...vectors.packets),
      fc.oneof(
        mutated(...vectors.packets.map(({ data }) => bytesOf(data))),
        fc.uint8Array({ maxLength: 255 }),
      ),
    );
    fc.assert(
      fc.property(answer, ([{ family, type }, bytes]) => {
        const packet = { family, type, data: bytes.slice(0, 255) };
        const improv = readImprovAnswer(packet);
        if (improv?.kind === 'result') {
          const said = improv.texts.reduce((sum, text) => sum + 1 + Buffer.byteLength(text), 2);
          expect(said).toBe(packet.data.length);
        }
        const key = readKeyAnswer(packet);
        if (key?.kind === 'identity') {
          const { hardwareId, hostName } = key.identity;
          expect(hardwareId).not.toBe('');
          expect(hostName === '' || HostLabel.safeParse(hostName).success).toBe(true);
        }
        // One packet is an answer of one of the two.
        expect(improv === undefined || key === undefined).toBe(true);
      }),
      propertyRuns(1_000),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it(
  'reads a label that was copied wrongly as none, or as one that can be written again',
  () => {
    fc.assert(
      fc.property(mutated(Buffer.from(vectors.label.text)), (bytes) => {
        const unit = parseUnitLabel(Buffer.from(bytes).toString());
        if (unit) expect(parseUnitLabel(formatUnitLabel(unit))).toEqual(unit);
      }),
      propertyRuns(500),
    );
  },
  PROPERTY_TIMEOUT_MS,
);
