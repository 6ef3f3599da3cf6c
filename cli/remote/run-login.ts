import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { asAppError } from '#client/http-client.ts';
import { ProgramScope } from '#protocol/access/roles.ts';
import { AppError } from '#protocol/errors.ts';
import { OwnToken } from '#protocol/http/device-logins.ts';
import { systemClock } from '#platform/clock.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { connectToHub } from './hub-connection.ts';
import { logIn } from './log-in.ts';
import { SavedLogins } from './saved-logins.ts';
import { grouped, trustHub } from './trust-hub.ts';
import { originOf, savedLoginFor, withHub, withRemoteArguments } from './with-hub.ts';

const LOGIN_HELP = `usage: signalbox login <hub-url> [options]
  --scope SCOPE        requested scope: read, control (default) or manage; the approver decides
  --ca FILE            the certificate of the hub's CA, from the dashboard's settings
  --fingerprint CODE   the fingerprint of that CA, from the dashboard's page /connect
Shows a code; somebody who is signed in to the dashboard opens its page /connect and approves it.
`;
const LOGOUT_HELP = `usage: signalbox logout [--hub URL]
Revokes this login at the hub and forgets it here.
`;
const WHOAMI_HELP = `usage: signalbox whoami [--hub URL] [--json]
`;

/** Gives this command line a token of a person at a hub. */
export async function runLogin(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const options = {
    scope: { type: 'string' },
    ca: { type: 'string' },
    fingerprint: { type: 'string' },
  } as const;
  return withRemoteArguments(
    argv,
    { help: LOGIN_HELP, options, operands: [1, 1] },
    async (given) => {
      const origin = originOf(given.operands[0] ?? '');
      const scope = ProgramScope.safeParse(given.text('scope') ?? 'control');
      if (!scope.success) {
        process.stderr.write(LOGIN_HELP);
        return EXIT.usage;
      }
      const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
      const ca = await trustHub({
        origin,
        caFile: given.text('ca'),
        fingerprint: given.text('fingerprint'),
        confirm: isTerminal
          ? (fingerprint) => confirmFingerprint(origin, fingerprint, stop)
          : undefined,
      });
      const connection = connectToHub({ origin, ca });
      try {
        const granted = await logIn({
          http: connection.http,
          clock: systemClock,
          host: hostname(),
          scope: scope.data,
          show: ({ userCode, path, expiresInSeconds }) =>
            say(
              `Open ${origin}${path} and sign in there.`,
              `Approve the login only if the page shows this code:`,
              '',
              `    ${userCode}`,
              '',
              `Waiting for up to ${Math.round(expiresInSeconds / 60)} minutes …`,
            ),
          stop,
        });
        const { user, token, secret } = granted;
        const person = `${user.name} <${user.email}>`;
        const saved = new SavedLogins(process.env);
        const file = await saved.save({
          origin,
          secret,
          person,
          ...(ca === undefined ? {} : { ca }),
        });
        say(`Signed in as ${person}: “${token.name}”, scope ${token.scope}. Stored in ${file}`);
        return EXIT.ok;
      } finally {
        await connection.close();
      }
    },
  );
}

/** Revokes the token, and forgets it; also where the hub has revoked it already. */
export async function runLogout(argv: readonly string[]): Promise<number> {
  return withRemoteArguments(argv, { help: LOGOUT_HELP, operands: [0, 0] }, async (given) => {
    const login = await savedLoginFor(given);
    return withHub(given, async ({ http }) => {
      try {
        await http.send({ method: 'DELETE', path: '/api/account/token' });
      } catch (error) {
        if (asAppError(error).code !== 'token_invalid') throw error;
      }
      await new SavedLogins(process.env).forget(login.origin);
      say(`Signed out of ${login.origin}.`);
      return EXIT.ok;
    });
  });
}

export async function printWhoami(argv: readonly string[]): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  return withRemoteArguments(
    argv,
    { help: WHOAMI_HELP, options, operands: [0, 0] },
    async (given) =>
      withHub(given, async ({ http }, { origin }) => {
        const own = await http.json(OwnToken, { path: '/api/account/token' });
        if (given.flag('json')) {
          process.stdout.write(`${JSON.stringify({ hub: origin, ...own })}\n`);
          return EXIT.ok;
        }
        const { user, token } = own;
        const sites = token.siteIds === null ? 'all sites' : `${token.siteIds.length} of the sites`;
        const lines = [
          `${user.name} <${user.email}> at ${origin}`,
          `“${token.name}”: scope ${token.scope}, ${sites}, ${token.expiresAt === null ? 'without expiry' : `until ${token.expiresAt}`}`,
        ];
        process.stdout.write(terminalLines(lines));
        return EXIT.ok;
      }),
  );
}

async function confirmFingerprint(
  origin: string,
  fingerprint: string,
  stop: AbortSignal,
): Promise<boolean> {
  say(
    `The hub's certificate is signed by its own CA, which this machine does not trust.`,
    `Its fingerprint is ${grouped(fingerprint)}`,
    `Compare it with the one on ${origin}/connect, in a signed-in browser.`,
  );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question('Are they equal? Type yes: ', { signal: stop });
    return answer.trim().toLowerCase() === 'yes';
  } catch (cause) {
    throw new AppError('cancelled', { cause });
  } finally {
    terminal.close();
  }
}

/** To the person, and not into what a script reads. */
function say(...lines: readonly string[]): void {
  process.stderr.write(terminalLines(lines));
}
