import { isFinal } from '#protocol/command/command-state.ts';
import type { Command } from '#protocol/command/command.ts';
import { errorEntry } from '#protocol/errors.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import { systemClock } from '#platform/clock.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { sendAndAwait } from './await-end.ts';
import { commandToSend } from './command-to-send.ts';
import { findUnit, snapshotsOf } from './named-units.ts';
import { valueText } from './value-text.ts';
import { withHub, withRemoteArguments } from './with-hub.ts';

const HELP = `usage: signalbox send <unit> <property or action> [value] [options]
  <unit>         its name or its id
  [value]        a number, on or off, a colour, a text, or JSON for an action's inputs;
                 without it, a property is read or an action invoked without inputs
  --wait N       seconds to wait for the unit's answer (default 30)
  --no-wait      exit as soon as the hub has accepted it
  --id ID        the command's id, to retry one that may have been accepted
  --hub URL      if there are logins at several hubs
  --json         the command as the API returns it, for programs
Exit codes: 0 done, 1 not done, 3 outcome unknown, 4 accepted and not ended yet.
`;
const MAX_WAIT_SECONDS = 86_400;

export async function runSend(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const options = {
    wait: { type: 'string' },
    'no-wait': { type: 'boolean' },
    id: { type: 'string' },
    json: { type: 'boolean' },
  } as const;
  return withRemoteArguments(argv, { help: HELP, options, operands: [2, 3] }, async (given) => {
    const [name = '', affordance = '', value] = given.operands;
    const seconds = given.flag('no-wait') ? 0 : Number(given.text('wait') ?? 30);
    const id = CommandId.safeParse(given.text('id') ?? newId(CommandId));
    if (!(seconds >= 0 && seconds <= MAX_WAIT_SECONDS) || !id.success) {
      process.stderr.write(HELP);
      return EXIT.usage;
    }
    return withHub(given, async (connection) => {
      const { unit } = findUnit(await snapshotsOf(connection), name);
      const request = commandToSend(unit, { id: id.data, affordance, value });
      // Known before it is sent, so that it can be retried in any case.
      process.stderr.write(terminalLines([`command ${request.id}`]));
      const command = await sendAndAwait({
        http: connection.http,
        clock: systemClock,
        random: Math.random,
        unitId: unit.id,
        request,
        waitMs: seconds * 1_000,
        stop,
      });
      if (!command) {
        const sentence = `It is unknown whether the hub accepted it. To retry safely, add: --id ${request.id}`;
        process.stderr.write(terminalLines([`signalbox: ${sentence}`]));
        return EXIT.outcomeUnknown;
      }
      if (given.flag('json')) process.stdout.write(`${JSON.stringify(command)}\n`);
      else report(unit.name, command);
      return exitCodeOf(command);
    });
  });
}

/** The outcome of a command, for scripts. */
export function exitCodeOf({ state }: Pick<Command, 'state'>): number {
  switch (state) {
    case 'succeeded':
      return EXIT.ok;
    case 'unknown':
    case 'timed_out':
      return EXIT.outcomeUnknown;
    case 'failed':
    case 'rejected':
    case 'expired':
    case 'cancelled':
    case 'superseded':
      return EXIT.failure;
    case 'queued':
    case 'dispatched':
    case 'received':
    case 'running':
      return EXIT.pending;
    default:
      return state satisfies never;
  }
}

function report(unitName: string, command: Command): void {
  const { affordance, state, code, output } = command;
  const answer = output === undefined ? '' : `: ${valueText(output)}`;
  const why = code === undefined ? '' : ` (${code}) ${errorEntry(code).message}`;
  process.stdout.write(terminalLines([`${unitName} ${affordance} ${state}${answer}${why}`]));
  if (isFinal(state) || state === 'timed_out') return;
  const sentence = `Not ended yet: ${stayText(command)} Cancel it on the dashboard, or check again with the same --id.`;
  process.stderr.write(terminalLines([sentence]));
}

function stayText({ verb, expiresAt }: Command): string {
  if (expiresAt !== null) return `the hub retries until ${expiresAt}.`;
  return verb === 'set' ? 'the hub delivers the value as soon as it can.' : '';
}
