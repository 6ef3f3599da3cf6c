import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LIMITS } from '#protocol/limits.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../test/harness/property-runs.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';
import { Discovery } from './discovery.ts';
import { type MdnsListener, SERVICE } from './mdns-link.ts';
import { readMdnsRecords } from './mdns-records.ts';

/** Any text, much of it not meant for people. */
function text(maxBytes: number): fc.Arbitrary<string> {
  return fc.uint8Array({ maxLength: maxBytes }).map((bytes) => Buffer.from(bytes).toString());
}

const name = fc.oneof(
  fc.constantFrom(SERVICE, `lamp-1.${SERVICE}`, `Lamp-1.${SERVICE}`, 'lamp-1.local', '.local', ''),
  text(300),
);
const texts = fc.array(
  fc.oneof(
    fc.constantFrom('id=lamp-1', 'model=rgb-lamp', 'enc=1', 'ID=', '=', '__proto__=1'),
    text(60).map((id) => `id=${id}`),
  ),
  { maxLength: 20 },
);
/** What the decoder of packets may hand on, and what it never would. */
const data = fc.oneof(
  name,
  fc.record({ target: name, port: fc.integer({ min: -1, max: 70_000 }) }),
  texts.map((entries) => entries.map((entry) => Buffer.from(entry))),
  fc.ipV4(),
  fc.anything(),
);
const record = fc.oneof(
  fc.record({
    type: fc.constantFrom('PTR', 'SRV', 'TXT', 'A', 'AAAA', 'OPT'),
    name,
    ttl: fc.oneof(fc.nat(), fc.double(), fc.constant(undefined)),
    data,
  }),
  fc.anything(),
);

it(
  'finds units in whatever a network announces, and none that no unit could be',
  () => {
    fc.assert(
      fc.property(fc.array(fc.array(record, { maxLength: 40 }), { maxLength: 5 }), (packets) => {
        let say: MdnsListener = () => undefined;
        const discovery = new Discovery({
          clock: manualClock(),
          link: {
            listen: (onRecords) => {
              say = onRecords;
            },
            query: () => undefined,
            close: () => Promise.resolve(),
          },
        });
        discovery.start();
        for (const packet of packets) say(readMdnsRecords(packet), '192.0.2.1');
        for (const { hardwareId, model, hostName, address } of discovery.found()) {
          expect(hardwareId).toMatch(/^[\x21-\x7e]+$/);
          expect(hardwareId.length).toBeLessThanOrEqual(LIMITS.unitLink.hardwareIdChars);
          expect(model).toMatch(/^[\x21-\x7e]+$/);
          expect(hostName.endsWith('.local')).toBe(true);
          expect(address.port).toBeGreaterThan(0);
          expect(address.port).toBeLessThan(65_536);
        }
      }),
      propertyRuns(300),
    );
  },
  PROPERTY_TIMEOUT_MS,
);
