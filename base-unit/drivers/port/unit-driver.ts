import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { Semaphore } from '#platform/sharing/semaphore.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { Reading } from '#protocol/reading.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { EnvelopeBody } from '#protocol/unit-link/envelope.ts';
import type { Envelope, Event, Report } from '#protocol/unit-link/unit_link_pb.ts';
import type { CommandTask, TaskEnd } from './command-task.ts';
import type { UnitIdentity } from './unit-identity.ts';
import type { UnitModel } from './unit-model.ts';
import type { UnitTime } from './unit-time.ts';

type Body = Envelope['body'];

/** Why a link ended, in the words of presence. */
export interface LinkEnd {
  /**
   * `disconnected`: the unit said goodbye. `lost`: gone without goodbye. `closed`: we
   * closed it.
   */
  readonly kind: 'disconnected' | 'lost' | 'closed';
  readonly code?: ErrorCode;
}

/** What a session reports to its owner. */
export interface SessionListener {
  readonly report: (report: Report) => void;
  readonly event: (event: Event) => void;
  readonly ended: (end: LinkEnd) => void;
  /** Values of a unit that sends nothing else: the base added time and number. */
  readonly readings: (readings: readonly Reading[]) => void;
}

export type AnswerCase = NonNullable<Body['case']>;

/** What became of a request on one connection. */
export type Answer =
  | { readonly ok: true; readonly body: Body; readonly atMs: number }
  | { readonly ok: false; readonly code: 'unit_timeout' | 'link_lost' };

export interface RequestOptions {
  readonly expected: readonly AnswerCase[];
  readonly timeoutMs: number;
  /** Called as the answer is read, before the messages that come behind it. */
  readonly atOnce?: (body: Body) => void;
  /** Called with an answer that comes after the timeout, while the connection lasts. */
  readonly late?: (body: Body) => void;
}

export interface DeliveryDeps {
  readonly clock: Clock;
  /** The hub's clock, by which commands expire. */
  readonly hubNowMs: () => number;
  readonly log: Logger;
}

export type Delivered =
  | { readonly kind: 'ended'; readonly end: TaskEnd }
  | { readonly kind: 'retry'; readonly reason: RetryReason };

export type RetryReason = 'link_lost' | 'unit_timeout' | 'unit_busy' | 'unit_silent';

export interface ConnectPlan {
  readonly log: Logger;
  readonly address: UnitAddress;
  readonly time: UnitTime;
  readonly listener: SessionListener;
  /** Ends the connection while it is being made. */
  readonly signal: AbortSignal;
  /** Waits for its turn at a gate; a command need not. */
  readonly through: (semaphore: Semaphore) => Promise<() => void>;
  /** Why this unit is not the one that is wanted, if it is not. */
  readonly problemWith: (unit: UnitIdentity) => ErrorCode | undefined;
}

/** A dialogue with a unit that is connected, and known. */
export interface UnitSession {
  readonly isOpen: boolean;
  /** Ends it in good order. */
  readonly goodbye: () => void;
  /** Ends it because the unit broke a rule, or is not the right one. */
  readonly refuse: (code: ErrorCode) => void;
  readonly identity: UnitIdentity;
  readonly model: UnitModel;
  /** Whether idle contact does it no harm. */
  readonly mayBeProbed: boolean;
  /** Listens to its reports, until the returned function is called. */
  readonly startSubscriptions: () => () => void;
  /** For tasks that are not commands; undefined if the protocol has only values and commands. */
  readonly request?: (body: NonNullable<EnvelopeBody>, options: RequestOptions) => Promise<Answer>;
  /** Writes the command and waits for its end. */
  readonly deliver: (task: CommandTask, deps: DeliveryDeps) => Promise<Delivered>;
}

/** How the base talks to one unit, whatever its protocol: framed, line, others later. */
export interface UnitDriver {
  /** The description of a unit that cannot describe itself; undefined: it describes itself. */
  readonly staticDescription: Pick<UnitSession, 'identity' | 'model'> | undefined;
  /** @throws AppError with the reason that presence will give. */
  readonly connect: (plan: ConnectPlan) => Promise<UnitSession>;
  /** Forgets what must not outlive the unit. */
  readonly close: () => void;
}
