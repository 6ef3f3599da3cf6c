import { Command } from '#protocol/command/command.ts';
import { isFinal } from '#protocol/command/command-state.ts';
import { AppError, ErrorCodeSchema, errorEntry } from '#protocol/errors.ts';
import { type CommandRequest, CommandTrace } from '#protocol/http/commands.ts';
import { CommandId, newId, type UnitId } from '#protocol/ids.ts';
import { LIMITS } from '#protocol/limits.ts';
import { fullJitter } from './full-jitter.ts';
import { asAppError, type HttpClient } from './http-client.ts';
import { pause } from './pause.ts';
import { retryAfterMsOf } from './retry-after.ts';
import { followEvents, type SiteStreamsDeps } from './site-streams.ts';

/** A code of a later hub is as good as one that says nothing. */
const AnyCommand = Command.extend({ code: ErrorCodeSchema.optional().catch('internal') });
const AnyTrace = CommandTrace.extend({ command: AnyCommand });

export interface AwaitedCommandDeps extends SiteStreamsDeps {
  readonly http: HttpClient;
}

export interface Wait {
  /** How long in all; then `timed_out`, and what becomes of the command is open. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends a command and waits for its end, whatever it is: first with `Prefer: wait`, and from
 * then on by the events of its unit. Sent again after a cut, it has the same id, and is
 * executed once.
 *
 * @throws AppError why the hub refused it; `timed_out`, with `commandId` in its details.
 */
export async function runCommand(
  deps: AwaitedCommandDeps,
  { unitId, request }: { readonly unitId: UnitId; readonly request: CommandRequest },
  wait: Wait,
): Promise<Command> {
  const { clock } = deps;
  const endMs = clock.nowMs() + wait.timeoutMs;
  const id = request.id ?? newId(CommandId, clock.nowMs());
  const command = await sendCommand(
    deps,
    { unitId, request: { ...request, id } },
    { ...wait, endMs },
  );
  if (isFinal(command.state)) return command;
  const over = new AbortController();
  const cancel = clock.after(endMs - clock.nowMs(), () => over.abort());
  try {
    const { signal } = wait;
    const end = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    return await followToEnd(deps, command, end);
  } finally {
    cancel();
    over.abort();
  }
}

/** Sends a command, again after each cut, until the hub has it; answers with its state then. */
export async function sendCommand(
  { http, clock, random }: AwaitedCommandDeps,
  {
    unitId,
    request,
  }: { readonly unitId: UnitId; readonly request: CommandRequest & { readonly id: CommandId } },
  { endMs, signal }: Pick<Wait, 'signal'> & { readonly endMs: number },
): Promise<Command> {
  for (let attempts = 0; ; attempts += 1) {
    const leftMs = Math.max(0, endMs - clock.nowMs());
    const seconds = Math.min(LIMITS.maxWaitSeconds, Math.ceil(leftMs / 1_000));
    try {
      return await http.json(AnyCommand, {
        method: 'POST',
        path: `/api/units/${unitId}/commands`,
        body: request,
        headers: seconds === 0 ? {} : { prefer: `wait=${seconds}` },
        ...(signal ? { signal } : {}),
      });
    } catch (thrown) {
      const error = asAppError(thrown);
      if (signal?.aborted === true || !errorEntry(error.code).retryable) throw error;
      const delayMs = retryAfterMsOf(error) + fullJitter(attempts, random);
      if (clock.nowMs() + delayMs > endMs) throw error;
      await pause(clock, delayMs, signal);
    }
  }
}

async function followToEnd(
  deps: AwaitedCommandDeps,
  { id, siteId, unitId: unit }: Command,
  signal: AbortSignal,
): Promise<Command> {
  const news = followEvents(deps, siteId, { types: ['command.ended'], unit, signal });
  for await (const item of news) {
    if (item.type === 'unknown') continue;
    if (item.type === 'command.ended' && item.data.commandId !== id) continue;
    // It may have ended before the stream began, or while it was cut.
    const command = await commandNow(deps, id, signal);
    if (command && isFinal(command.state)) return command;
  }
  throw new AppError('timed_out', { details: { commandId: id } });
}

/** Undefined: the hub cannot say now, and is asked again with the next news. */
async function commandNow(
  { http }: AwaitedCommandDeps,
  id: CommandId,
  signal: AbortSignal,
): Promise<Command | undefined> {
  try {
    return (await http.json(AnyTrace, { path: `/api/commands/${id}/trace`, signal })).command;
  } catch (thrown) {
    const error = asAppError(thrown);
    if (!errorEntry(error.code).retryable) throw error;
    return undefined;
  }
}
