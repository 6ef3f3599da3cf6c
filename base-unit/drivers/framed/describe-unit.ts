import { create, toBinary } from '@bufbuild/protobuf';
import { createHash } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { describeThing } from '#protocol/unit-link/describe-thing.ts';
import {
  type Affordance,
  AffordanceSchema,
  DescribeSchema,
  type Description,
  type UnitHello,
} from '#protocol/unit-link/unit_link_pb.ts';
import type { FramedLink } from './framed-link.ts';

const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Requests all of a unit's affordances, as many at once as it accepts.
 *
 * The hash is computed from the answers: descriptions are shared by hash, so a unit
 * that lies about its own could otherwise affect others.
 *
 * @throws AppError `unit_protocol_error` when the description is not valid.
 */
export async function describeUnit(link: FramedLink, unit: UnitHello): Promise<ThingDescription> {
  const first = await describe(link, unit, 0);
  const { count } = first;
  if (count < 1 || count > LIMITS.unitLink.affordances) throw new AppError('unit_protocol_error');
  const affordances: Affordance[] = [affordanceOf(first)];
  const inFlight = Math.max(1, Math.min(unit.maxInFlight, 8));
  for (let from = 1; from < count; from += inFlight) {
    const indexes = Array.from({ length: Math.min(inFlight, count - from) }, (_, i) => from + i);
    const answers = await Promise.all(indexes.map(async (index) => describe(link, unit, index)));
    affordances.push(...answers.map(affordanceOf));
  }
  if (hashOf(affordances) !== unit.schemaHash) throw new AppError('unit_protocol_error');
  const thing = describeThing(unit, affordances);
  if (!thing) throw new AppError('unit_protocol_error');
  return thing;
}

async function describe(link: FramedLink, unit: UnitHello, index: number): Promise<Description> {
  const answer = await link.request(
    { case: 'describe', value: create(DescribeSchema, { index }) },
    { expected: ['description', 'result'], timeoutMs: ANSWER_TIMEOUT_MS },
  );
  if (!answer.ok) {
    throw new AppError(answer.code === 'unit_timeout' ? 'unit_timeout' : 'unit_unreachable');
  }
  if (answer.body.case !== 'description') throw new AppError('unit_protocol_error');
  const description = answer.body.value;
  if (description.index !== index || description.schemaHash !== unit.schemaHash) {
    throw new AppError('unit_protocol_error');
  }
  return description;
}

function affordanceOf({ affordance }: Description): Affordance {
  if (!affordance) throw new AppError('unit_protocol_error');
  return affordance;
}

/** docs/unit-link.md section 4.5. */
function hashOf(affordances: readonly Affordance[]): bigint {
  const hash = createHash('sha256');
  for (const affordance of affordances) {
    const bytes = toBinary(AffordanceSchema, affordance);
    hash.update(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff));
    hash.update(bytes);
  }
  return hash.digest().readBigUInt64BE(0);
}
