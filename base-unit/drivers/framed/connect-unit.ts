import type { ConnectPlan, LinkEnd } from '../port/unit-driver.ts';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { BaseId } from '#protocol/ids.ts';
import type { TicketSecret } from '#protocol/noise/handshake.ts';
import type { NoiseCrypto } from '#protocol/noise/noise-crypto.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';
import { describeThing, formatSchemaHash } from '#protocol/unit-link/describe-thing.ts';
import { SessionPolicy, type UnitHello } from '#protocol/unit-link/unit_link_pb.ts';
import { describeUnit } from './describe-unit.ts';
import type { Semaphore } from '#platform/sharing/semaphore.ts';
import { identityOf } from './hello-identity.ts';
import { exchangeHello } from './exchange-hello.ts';
import type { SubscriberDeps } from './subscriber.ts';
import { FramedLink } from './framed-link.ts';
import { FramedSession } from './framed-session.ts';
import type { UnitTime } from '../port/unit-time.ts';
import type { DialDeps } from '../transport/unit-transport.ts';
import { NumberedModel } from './numbered-model.ts';
import { ReportListener } from './report-listener.ts';
import type { ReportReader } from './report-reader.ts';

export interface ConnectDeps extends SubscriberDeps, DialDeps {
  readonly baseId: BaseId;
  readonly crypto: NoiseCrypto;
  readonly descriptions: {
    readonly find: (schemaHash: string) => ThingDescription | undefined;
    readonly put: (description: ThingDescription) => void;
  };
  /** Concurrent connection attempts, and how many of them run handshakes. */
  readonly permits: DialDeps['permits'] & { readonly handshake: Semaphore };
  /** Of the unit, over all its sessions. */
  readonly time: UnitTime;
  readonly reports: ReportReader;
}

/** From the first byte to the description; a slower unit must not keep the others from theirs. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

export interface FramePlan extends ConnectPlan {
  /** Without it the link is plain. */
  readonly encryption?: { readonly key: Uint8Array; readonly ticket?: TicketSecret };
}

/**
 * Opens a session: connects, exchanges hellos, and reads the description where it is new.
 *
 * @throws AppError with the reason that presence will give.
 */
export async function connectUnit(plan: FramePlan, deps: ConnectDeps): Promise<FramedSession> {
  let end: LinkEnd | undefined;
  let isReady = false;
  const { listener } = plan;
  const reports = new ReportListener({ reports: deps.reports, listener });
  const link = new FramedLink({
    clock: deps.clock,
    log: plan.log,
    time: deps.time,
    ...(plan.encryption ? { encryption: { ...plan.encryption, crypto: deps.crypto } } : {}),
    listener: {
      report: reports.report,
      event: reports.event,
      ended: (how) => {
        end = how;
        if (isReady) listener.ended(how);
      },
    },
  });
  const abort = () => {
    link.refuse('unit_unreachable');
  };
  plan.signal.addEventListener('abort', abort);
  try {
    const leaveDial = await plan.through(deps.permits.dial);
    try {
      if (plan.signal.aborted) throw new AppError('unit_unreachable');
      link.open(await deps.transport.dial(plan.address, link.events));
    } finally {
      leaveDial();
    }
    const leaveHandshake = await plan.through(deps.permits.handshake);
    const cancelDeadline = deps.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      link.refuse('unit_timeout');
    });
    try {
      const secured = await link.secured();
      if (plan.encryption && !secured) throw new AppError('unit_unreachable');
      const hello = await exchangeHello(link, deps);
      const identity = identityOf(hello);
      const problem = plan.problemWith(identity);
      if (problem) throw new AppError(problem);
      const thing = hello.safeMode ? blankThing(hello, deps) : await thingOf(link, hello, deps);
      // Its hello may have come with its goodbye.
      if (!link.isOpen) throw new AppError(codeOf(end) ?? 'unit_unreachable');
      isReady = true;
      const model = new NumberedModel(thing);
      const session = { ...deps, log: plan.log, link, identity, model, secured };
      return new FramedSession({ ...session, reportListener: reports });
    } finally {
      cancelDeadline();
      leaveHandshake();
    }
  } catch (error) {
    // The reason in the unit's goodbye is the better one.
    const said = codeOf(end);
    const code = said ?? (error instanceof AppError ? error.code : 'internal');
    link.refuse(code);
    throw new AppError(code, { cause: error });
  } finally {
    plan.signal.removeEventListener('abort', abort);
  }
}

/** A call, since the compiler does not see what callbacks assign. */
function codeOf(end: LinkEnd | undefined): ErrorCode | undefined {
  return end?.code;
}

/** In safe mode a unit can do nothing, and does not describe itself. */
function blankThing(hello: UnitHello, { descriptions }: ConnectDeps): ThingDescription {
  const known = descriptions.find(formatSchemaHash(hello.schemaHash));
  const thing = known ?? describeThing(hello, []);
  if (!thing) throw new AppError('unit_protocol_error');
  return { ...thing, title: hello.model, 'sb:session': policyOf(hello) };
}

function policyOf({ sessionPolicy }: UnitHello): 'held' | 'on-demand' {
  return sessionPolicy === SessionPolicy.HELD ? 'held' : 'on-demand';
}

async function thingOf(
  link: FramedLink,
  hello: UnitHello,
  { descriptions }: ConnectDeps,
): Promise<ThingDescription> {
  const known = descriptions.find(formatSchemaHash(hello.schemaHash));
  const thing = known ?? (await describeUnit(link, hello));
  if (!known) descriptions.put(thing);
  // The hash covers the unit's affordances, not its name and address.
  return { ...thing, title: hello.model, 'sb:session': policyOf(hello) };
}
