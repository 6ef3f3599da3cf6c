import { parseArgs, type ParseArgsConfig } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { HubUrl } from '../../base-unit/config/hub-url.ts';
import { explainRefusal } from './explain-refusal.ts';
import { connectToHub, type HubConnection } from './hub-connection.ts';
import { type SavedLogin, SavedLogins } from './saved-logins.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

export interface RemoteArguments {
  readonly operands: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly flag: (name: string) => boolean;
}

export interface RemoteCommand {
  readonly help: string;
  readonly options?: Options;
  /** How many operands it has, at least and at most. */
  readonly operands: readonly [number, number];
}

/** Parses the arguments, explains what is wrong with them, and prints any error as one sentence. */
export async function withRemoteArguments(
  argv: readonly string[],
  { help, options = {}, operands: [min, max] }: RemoteCommand,
  run: (given: RemoteArguments) => Promise<number>,
): Promise<number> {
  const given = parsedArguments(argv, options);
  if (given?.flag('help')) {
    process.stdout.write(help);
    return EXIT.ok;
  }
  if (!given || given.operands.length < min || given.operands.length > max) {
    process.stderr.write(help);
    return EXIT.usage;
  }
  try {
    return await run(given);
  } catch (error) {
    if (error instanceof AppError && error.code === 'cancelled') return EXIT.failure;
    process.stderr.write(terminalLines([`signalbox: ${explainRefusal(error)}`]));
    return isNotSignedIn(error) ? EXIT.notSignedIn : EXIT.failure;
  }
}

/** With the hub that `--hub` or SIGNALBOX_HUB names, or the only one that there is a login for. */
export async function withHub(
  given: RemoteArguments,
  run: (connection: HubConnection, login: SavedLogin) => Promise<number>,
): Promise<number> {
  const login = await savedLoginFor(given);
  const connection = connectToHub(login);
  try {
    return await run(connection, login);
  } finally {
    await connection.close();
  }
}

export async function savedLoginFor(given: RemoteArguments): Promise<SavedLogin> {
  const saved = new SavedLogins(process.env);
  const named = given.text('hub') ?? process.env['SIGNALBOX_HUB'];
  const origins = saved.origins();
  const [only, ...others] = origins;
  if (named === undefined && others.length > 0) {
    throw new AppError('bad_request', {
      details: { source: '--hub', field: 'hub', reason: `must be one of ${origins.join(', ')}` },
    });
  }
  const origin = named === undefined ? only : originOf(named);
  const login = origin === undefined ? undefined : await saved.find(origin);
  if (!login) throw new AppError('unauthenticated');
  return login;
}

export function originOf(text: string): string {
  const origin = HubUrl.safeParse(text.includes('://') ? text : `https://${text}`);
  if (origin.success) return origin.data;
  throw new AppError('bad_request', {
    details: { source: text, field: 'this', reason: 'must be an https:// address of a hub' },
  });
}

function isNotSignedIn(error: unknown): boolean {
  const codes = ['token_invalid', 'unauthenticated', 'revoked', 'login_denied', 'login_expired'];
  return error instanceof AppError && codes.includes(error.code);
}

function parsedArguments(argv: readonly string[], options: Options): RemoteArguments | undefined {
  try {
    const all: Options = { ...options, hub: { type: 'string' }, help: { type: 'boolean' } };
    const parsed = parseArgs({ args: [...argv], allowPositionals: true, options: all });
    const { positionals } = parsed;
    const values = new Map(Object.entries(parsed.values));
    return {
      operands: positionals,
      text: (name) => {
        const value = values.get(name);
        return typeof value === 'string' ? value : undefined;
      },
      flag: (name) => values.get(name) === true,
    };
  } catch {
    return undefined;
  }
}
