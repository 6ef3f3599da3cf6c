import { COMMANDS } from './commands.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';

export interface CliRun {
  readonly argv: readonly string[];
  /** Aborted when the command shall stop in good order. */
  readonly stop: AbortSignal;
  /** Aborted when that takes too long for whoever asked. */
  readonly stopNow?: AbortSignal;
  readonly version: string;
}

/** Finds the command named by the arguments and runs it with the rest of them. */
export async function runCli({ argv, stop, stopNow, version }: CliRun): Promise<number> {
  const [first] = argv;
  if (first === '--version' || first === '-V') {
    process.stdout.write(`signalbox ${version}\n`);
    return EXIT.ok;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    (first === undefined ? process.stderr : process.stdout).write(usage());
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  const command = COMMANDS.find(({ words }) => words.every((word, at) => argv[at] === word));
  if (command) return command.run(argv.slice(command.words.length), stop, stopNow);
  const group = COMMANDS.filter(({ words }) => words.length > 1 && words[0] === first);
  if (group.length > 0 && (argv[1] === '--help' || argv[1] === '-h')) {
    process.stdout.write(usage(group));
    return EXIT.ok;
  }
  const problem =
    group.length > 0 && argv[1] === undefined
      ? `${first} what?`
      : `unknown command "${argv.slice(0, group.length > 0 ? 2 : 1).join(' ')}"`;
  process.stderr.write(`signalbox: ${problem}\n\n${usage(group.length > 0 ? group : undefined)}`);
  return EXIT.usage;
}

function usage(commands = COMMANDS): string {
  const lines = commands.map(({ words, operands, summary }) => {
    const call = [...words, operands].join(' ').trim();
    return `  ${call.padEnd(38)} ${summary}`;
  });
  return [
    'Usage: signalbox <command> [options]',
    '',
    ...lines,
    '',
    'Each command explains its options: signalbox <command> --help',
    '',
  ].join('\n');
}
