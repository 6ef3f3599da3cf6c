import type { IssuedCommand } from '#protocol/command/command.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import type { CommandId } from '#protocol/ids.ts';

/** A command that a route has accepted. */
export interface AcceptedCommand {
  /** Its place in what the route keeps; null: it keeps no order. */
  readonly seq: number | null;
  /** From the commit on it may be executed, even if this hub dies. False: it waits to be given. */
  readonly maySend: boolean;
}

/**
 * Carries commands to units of one kind of endpoint `E`. Each call belongs to the unit of work
 * `W` that stores the command: what is accepted leaves after the commit or not at all. What has
 * to wait is looked up again before it is sent: it may be cancelled, or its time over. What
 * becomes of a command comes back as reports of a telemetry source.
 *
 * The promises are those of `hub/testing/command-route.contract.ts`.
 */
export interface CommandRoute<W, E> {
  /** Why a command that cannot wait fails now; undefined: it can be sent. */
  readonly whyNotNow: (work: W, endpoint: E) => Promise<ErrorCode | undefined>;
  readonly accept: (work: W, endpoint: E, command: IssuedCommand) => Promise<AcceptedCommand>;
  /** Recalls a command that may have been given; it ends as it is reported to end. */
  readonly recall: (work: W, endpoint: E, id: CommandId) => Promise<void>;
}
