import { create } from '@bufbuild/protobuf';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { BaseId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import {
  GoodbyeReason,
  HelloSchema,
  TimeSchema,
  type UnitHello,
  UnitHelloSchema,
} from '#protocol/unit-link/unit_link_pb.ts';
import { commonVersion, UNIT_LINK_VERSION } from '#protocol/version.ts';
import type { Clock } from '#platform/clock.ts';
import { formatBootId } from '../port/unit-identity.ts';
import type { FramedLink } from './framed-link.ts';
import type { UnitTime } from '../port/unit-time.ts';

interface HelloDeps {
  readonly clock: Clock;
  readonly baseId: BaseId;
  readonly time: UnitTime;
}

const OWN_VERSIONS = { min: UNIT_LINK_VERSION, max: UNIT_LINK_VERSION };

/**
 * Exchanges hello and sends the time (docs/unit-link.md section 4).
 *
 * @returns the identity that the unit states.
 * @throws AppError with the reason why the unit cannot be used.
 */
export async function exchangeHello(link: FramedLink, deps: HelloDeps): Promise<UnitHello> {
  const sentAtMs = deps.clock.monotonicMs();
  const hello = create(HelloSchema, {
    protocolMin: OWN_VERSIONS.min,
    protocolMax: OWN_VERSIONS.max,
    maxBodyBytes: LIMITS.frameBodyBytes,
    identity: { case: 'base', value: { baseId: deps.baseId } },
  });
  const answer = await link.request(
    { case: 'hello', value: hello },
    { expected: ['hello'], timeoutMs: LIMITS.unitHelloTimeoutMs },
  );
  if (!answer.ok) {
    throw new AppError(answer.code === 'unit_timeout' ? 'unit_timeout' : 'unit_unreachable');
  }
  if (answer.body.case !== 'hello') throw new AppError('unit_protocol_error');
  const { identity, protocolMin: min, protocolMax: max, maxBodyBytes } = answer.body.value;
  if (commonVersion(OWN_VERSIONS, { min, max }) === undefined) {
    link.goodbye(GoodbyeReason.VERSION);
    throw new AppError('unit_version_unsupported');
  }
  const problem = identity.case === 'unit' ? problemOf(identity.value) : 'unit_protocol_error';
  if (identity.case !== 'unit' || problem) throw new AppError(problem ?? 'unit_protocol_error');
  const receivedAtMs = deps.clock.monotonicMs();
  deps.time.connected(formatBootId(identity.value.bootId));
  deps.time.sample(Number(identity.value.uptimeMs), sentAtMs, receivedAtMs);
  link.maxBodyBytes = Math.min(LIMITS.frameBodyBytes, maxBodyBytes);
  sendTime(link, deps.clock);
  return create(UnitHelloSchema, identity.value);
}

export function sendTime(link: FramedLink, clock: Clock): void {
  const now = clock.nowMs();
  link.send({
    case: 'time',
    value: create(TimeSchema, {
      epochMs: BigInt(Math.round(now)),
      utcOffsetMinutes: -new Date(now).getTimezoneOffset(),
    }),
  });
}

function problemOf(unit: UnitHello): ErrorCode | undefined {
  const { hardwareIdChars, modelChars, firmwareVersionChars } = LIMITS.unitLink;
  const fits =
    unit.hardwareId.length > 0 &&
    unit.hardwareId.length <= hardwareIdChars &&
    unit.model.length <= modelChars &&
    unit.firmwareVersion.length <= firmwareVersionChars;
  return fits ? undefined : 'unit_protocol_error';
}
