import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { isatty, ReadStream } from 'node:tty';
import { AppError, errorEntry } from '#protocol/errors.ts';
import { type DataFolder, dataFolderAt } from '../../../base-unit/config/data-folder.ts';
import { explainAt } from '../../../base-unit/cli/explain-at.ts';
import { readSecret } from '#platform/terminal/read-secret.ts';
import { checkPaired } from '../../../base-unit/cli/register-unit.ts';
import { promptForSecret } from '#platform/terminal/prompt-for-secret.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import {
  parseProvisionOptions,
  PROVISION_HELP,
  type ProvisionOptions,
} from './provision-options.ts';
import { provisionUnit } from './provision-unit.ts';
import { openSerialLine, type SerialLine } from './serial-line.ts';

/** `signalbox unit provision`. */
export async function runProvision(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const parsed = parseProvisionOptions(argv, process.env);
  if (parsed.kind === 'help') {
    process.stdout.write(PROVISION_HELP);
    return EXIT.ok;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`signalbox: ${parsed.reason}\n\n${PROVISION_HELP}`);
    return EXIT.usage;
  }
  const { options } = parsed;
  const folder = dataFolderAt(options.data);
  let line: SerialLine;
  try {
    checkPaired(folder);
    line = openSerialLine(options.port);
  } catch (error) {
    process.stderr.write(terminalLines([`signalbox: ${explainAt(error, folder)}`]));
    return EXIT.cannotStart;
  }
  try {
    const isThere = await provisionUnit({
      line,
      folder,
      stop,
      input: { ...options, timeoutMs: options.timeout * 1_000 },
      password: () => passwordOf(options),
      say: (text) => {
        process.stdout.write(terminalLines([text]));
      },
    });
    return isThere ? EXIT.ok : EXIT.failure;
  } catch (error) {
    process.stderr.write(terminalLines([`signalbox: ${reasonOf(error, options, folder)}`]));
    return EXIT.failure;
  } finally {
    line.close();
  }
}

async function passwordOf({ open, passwordFile, ssid }: ProvisionOptions): Promise<string> {
  if (open) return '';
  if (passwordFile !== undefined) {
    // A line feed at the end is the editor's.
    return (await readSecret(passwordFile, process.stdin)).replace(/\r?\n$/, '');
  }
  if (!isatty(0)) {
    const reason = 'is required without a terminal';
    throw new AppError('bad_request', {
      details: { source: 'unit provision', field: '--password-file', reason },
    });
  }
  return promptForSecret(`Password of "${ssid ?? ''}": `, new ReadStream(0));
}

function reasonOf(error: unknown, { port }: ProvisionOptions, folder: DataFolder): string {
  if (error instanceof AppError && error.code === 'unit_timeout') {
    return `no unit answers on ${port}. If it already has a key, press its reset button and try again.`;
  }
  return error instanceof AppError && error.code === 'cancelled'
    ? errorEntry('cancelled').message
    : explainAt(error, folder);
}
