import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { FRAME_HEADER_BYTES } from '#protocol/frame/frame.ts';
import { mutated } from '../../../test/harness/mutated-bytes.ts';
import { cryptoWith } from '../../../test/harness/noise-crypto.ts';
import { PROPERTY_TIMEOUT_MS, propertyRuns } from '../../../test/harness/property-runs.ts';
import { Initiator } from './initiator.ts';

const Hex = z.string().transform((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
const Frame = Hex.transform((bytes) => bytes.slice(FRAME_HEADER_BYTES));
const Link = z.object({
  key: Hex,
  ticket: z.object({ id: Hex, key: Hex }).nullable(),
  baseEphemeral: Hex,
  answer: Frame,
  frames: z.array(z.object({ from: z.enum(['base', 'unit']), message: Hex, frame: Frame })),
});
type Link = z.infer<typeof Link>;

const file = new URL('../../../protocol/vectors/noise.json', import.meta.url);
const { links } = z.object({ links: z.array(Link) }).parse(JSON.parse(readFileSync(file, 'utf8')));

/** A base that has said its first frame; it takes copies, since it wipes what it is given. */
function opened({ key, ticket, baseEphemeral }: Link): Initiator {
  const initiator = new Initiator({
    crypto: cryptoWith({ randomBytes: () => baseEphemeral.slice() }),
    key: key.slice(),
    ...(ticket && { ticket: { id: ticket.id.slice(), key: ticket.key.slice() } }),
  });
  initiator.start();
  return initiator;
}

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.from(one).equals(other);

it(
  'gets keys of the answer alone that the unit gave, and of none that resembles it',
  () => {
    const cases = fc
      .constantFrom(...links)
      .chain((link) => fc.tuple(fc.constant(link), mutated(link.answer)));
    fc.assert(
      fc.property(cases, ([link, answer]) => {
        const isSecured = opened(link).accept(answer).kind === 'secured';
        expect(isSecured).toBe(isSame(answer, link.answer));
      }),
      propertyRuns(100),
    );
  },
  PROPERTY_TIMEOUT_MS,
);

it(
  'opens no sealed body that was changed, and the right one after any of those',
  () => {
    for (const link of links) {
      const step = opened(link).accept(link.answer);
      const first = link.frames.find(({ from }) => from === 'unit');
      if (step.kind !== 'secured' || !first) throw new Error('the vectors are good');
      const changed = mutated(first.frame).filter((body) => !isSame(body, first.frame));
      fc.assert(
        fc.property(changed, (body) => step.channel.open(body) === undefined),
        propertyRuns(500),
      );
      const message = step.channel.open(first.frame);
      expect(message && isSame(message, first.message)).toBe(true);
    }
  },
  PROPERTY_TIMEOUT_MS,
);
