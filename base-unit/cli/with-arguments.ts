import { EXIT } from '#platform/terminal/exit-code.ts';
import { type BaseArguments, parseArguments } from './command-line.ts';

/** Runs a command with its arguments, or explains it where they are not understood. */
export async function withArguments(
  argv: readonly string[],
  {
    help,
    expected = () => 0,
  }: {
    readonly help: string;
    /** How many operands there have to be. */
    readonly expected?: (values: BaseArguments['values']) => number;
  },
  run: (given: BaseArguments) => Promise<number>,
): Promise<number> {
  const given = parseArguments(argv, process.env);
  if (given?.values.help) {
    process.stdout.write(help);
    return EXIT.ok;
  }
  if (!given || given.operands.length !== expected(given.values)) {
    process.stderr.write(help);
    return EXIT.usage;
  }
  return run(given);
}
