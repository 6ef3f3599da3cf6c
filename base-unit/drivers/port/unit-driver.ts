import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { Semaphore } from '#platform/sharing/semaphore.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { UnitEventHappened } from '#protocol/hub-link/base-events.ts';
import type { Reading } from '#protocol/reading.ts';
import type { UnitAddress } from '#protocol/unit-address.ts';
import type { CommandTask, TaskEnd } from './command-task.ts';
import type { FirmwareReceiver } from './firmware-receiver.ts';
import type { MissedSamples } from './sample-cursor.ts';
import type { UnitIdentity } from './unit-identity.ts';
import type { UnitModel } from './unit-model.ts';

/** Why a link ended, in the words of presence. */
export interface LinkEnd {
  /**
   * `disconnected`: the unit said goodbye. `lost`: gone without goodbye. `closed`: we
   * closed it.
   */
  readonly kind: 'disconnected' | 'lost' | 'closed';
  readonly code?: ErrorCode;
}

/** What happened at the unit, by its own account. */
export type DriverEvent = Omit<UnitEventHappened, 'unitId' | 'bootId'>;

/** What a session reports to its owner. */
export interface SessionListener {
  /** Each once, in order, with the best time known. Empty: a sign of life without new values. */
  readonly readings: (readings: readonly Reading[]) => void;
  /** Before the readings that follow them. */
  readonly missed: (missed: MissedSamples) => void;
  readonly event: (event: DriverEvent) => void;
  /** Once, and the last word of a session that was opened. */
  readonly ended: (end: LinkEnd) => void;
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
  readonly listener: SessionListener;
  /** Ends the connection while it is being made. */
  readonly signal: AbortSignal;
  /** Waits for a permit; a command need not. */
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
  /** Listens to its reports, until the returned function is called; nothing is reported before. */
  readonly startSubscriptions: () => () => void;
  /** Undefined if the protocol has only values and commands. */
  readonly firmware?: FirmwareReceiver;
  /** Writes the command and waits for its end. */
  readonly deliver: (task: CommandTask, deps: DeliveryDeps) => Promise<Delivered>;
}

/** How the base talks to one unit, whatever its protocol: framed, line, others later. */
export interface UnitDriver {
  /** The description of a unit that cannot describe itself; undefined: it describes itself. */
  readonly staticDescription: Pick<UnitSession, 'identity' | 'model'> | undefined;
  /** Whether what the unit measures while the base is not connected is lost: it is dialled first. */
  readonly losesReadings: boolean;
  /** @throws AppError with the reason that presence will give. */
  readonly connect: (plan: ConnectPlan) => Promise<UnitSession>;
  /** Forgets what must not outlive the unit. */
  readonly close: () => void;
}
