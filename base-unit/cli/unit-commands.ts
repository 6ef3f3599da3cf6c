import type { Readable } from 'node:stream';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { AppError } from '#protocol/errors.ts';
import { parseUnitLabel } from '#protocol/provisioning/unit-label.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { withArguments } from './with-arguments.ts';
import { dataFolderAt } from '../config/data-folder.ts';
import { explainAt } from './explain-at.ts';
import { readSecret } from '#platform/terminal/read-secret.ts';
import { openStore } from '../store/store.ts';
import { checkPaired, notifyBase, registerUnit } from './register-unit.ts';
import { unitKey } from '../units/unit-key.ts';

const UNIT_KEY_HELP = `usage: signalbox base unit-key <unit> [options]
  <unit>                     its name, address (host:port) or id, as shown by \`base status\`
  --key-file FILE            takes the key from this file, or makes it there; else it is printed once
  --plain                    forgets the key, and speaks unencrypted to this unit from now on
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
`;
const ADD_UNIT_HELP = `usage: signalbox base add-unit --label-file FILE [options]
  --label-file FILE          the text of the unit's QR code, in a file, or from the input: -
  --name NAME                what the unit is called (default: its hardware id)
  --data FOLDER              data folder of this base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
`;

/** Sets a unit's key, or allows an unencrypted link. A running base uses it at once. */
export async function giveUnitKey(argv: readonly string[]): Promise<number> {
  const rules = { help: UNIT_KEY_HELP, expected: () => 1 };
  return withArguments(argv, rules, async ({ values, operands }) => {
    const folder = dataFolderAt(values.data);
    const [unit = ''] = operands;
    if (values.plain && values.keyFile !== undefined) {
      process.stderr.write(UNIT_KEY_HELP);
      return EXIT.usage;
    }
    try {
      checkPaired(folder);
      const store = openStore({ path: folder.database });
      try {
        process.stdout.write(unitKey({ ...values, unit, units: store.units }));
      } finally {
        store.close();
      }
      await notifyBase(folder);
      return EXIT.ok;
    } catch (error) {
      process.stderr.write(terminalLines([`signalbox base: ${explainAt(error, folder)}`]));
      return EXIT.failure;
    }
  });
}

/** Adds the unit of a label, with the key that the label holds. */
export async function addLabelledUnit(
  argv: readonly string[],
  stdin: Readable = process.stdin,
): Promise<number> {
  return withArguments(argv, { help: ADD_UNIT_HELP }, async ({ values }) => {
    if (values.labelFile === undefined) {
      process.stderr.write(ADD_UNIT_HELP);
      return EXIT.usage;
    }
    const folder = dataFolderAt(values.data);
    try {
      const label = parseUnitLabel(await readSecret(values.labelFile, stdin));
      if (!label) {
        const reason = 'is not a unit label';
        const details = { source: '--label-file', field: values.labelFile, reason };
        throw new AppError('bad_request', { details });
      }
      const name = values.name ?? label.hardwareId;
      const { isServed } = await registerUnit(folder, { ...label, name });
      label.key.fill(0);
      const when = isServed ? '' : ' Start the base to use it.';
      process.stdout.write(terminalLines([`Added "${name}" with its key.${when}`]));
      return EXIT.ok;
    } catch (error) {
      process.stderr.write(terminalLines([`signalbox base: ${explainAt(error, folder)}`]));
      return EXIT.failure;
    }
  });
}
