import { parseArgs } from 'node:util';
import { z } from 'zod';
import { LIMITS } from '#protocol/limits.ts';
import { HostLabel } from '#protocol/provisioning/key-packets.ts';
import { DEFAULT_DATA_FOLDER } from '../../../base-unit/config/data-folder.ts';

export const PROVISION_HELP = `Usage: signalbox unit provision [options]

Gives a unit on a serial port (USB) its Wi-Fi network and its own key, adds it to
the base of this machine, and waits until it is ready. Only the unit and the base
have the key. A unit that already has a key listens for a minute after its reset
button was pressed.

  --port PATH            the serial port (default /dev/ttyUSB0)
  --ssid NAME            Wi-Fi network; may be left out for a unit that has one
  --password-file FILE   its password, or from the input: -   Else it is asked for.
  --open                 the network has no password
  --name NAME            what the unit is called (default: its hardware id)
  --host LABEL           its host name in the network (default: its hardware id)
  --qr                   prints the unit's label, a QR code that holds its key
  --label-file FILE      writes the label as a picture (SVG), for its owner alone
  --timeout SECONDS      how long to wait for the unit at the end (default 60)
  --data FOLDER          data folder of the base (SIGNALBOX_BASE_DATA, default ~/.signalbox/base)
  --help

Exit codes: 0 the unit is ready (or the base does not run); 1 a step failed, as
reported; 2 there is no serial port or no base; 64 wrong arguments.
`;

const WifiName = z.string().refine((text) => {
  const { length } = new TextEncoder().encode(text);
  return length >= 1 && length <= 32;
}, 'must be 1 to 32 bytes long');

const Options = z
  .object({
    port: z.string().min(1).default('/dev/ttyUSB0'),
    ssid: WifiName.optional(),
    passwordFile: z.string().min(1).optional(),
    open: z.boolean().default(false),
    name: z.string().trim().min(1).max(LIMITS.nameChars).optional(),
    host: HostLabel.optional(),
    qr: z.boolean().default(false),
    labelFile: z.string().min(1).optional(),
    timeout: z.coerce.number().int().min(1).max(3_600).default(60),
    data: z.string().min(1),
  })
  .refine(({ open, passwordFile }) => !open || passwordFile === undefined, {
    path: ['open'],
    message: 'cannot be combined with --password-file',
  });
export type ProvisionOptions = z.infer<typeof Options>;

export type ParsedProvisionOptions =
  | { readonly kind: 'options'; readonly options: ProvisionOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string };

export function parseProvisionOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedProvisionOptions {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        ssid: { type: 'string' },
        'password-file': { type: 'string' },
        open: { type: 'boolean' },
        name: { type: 'string' },
        host: { type: 'string' },
        qr: { type: 'boolean' },
        'label-file': { type: 'string' },
        timeout: { type: 'string' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    return { kind: 'wrong', reason: cause instanceof Error ? cause.message : String(cause) };
  }
  if (values.help) return { kind: 'help' };
  const parsed = Options.safeParse({
    ...values,
    passwordFile: values['password-file'],
    labelFile: values['label-file'],
    data: values.data ?? env['SIGNALBOX_BASE_DATA'] ?? DEFAULT_DATA_FOLDER,
  });
  if (parsed.success) return { kind: 'options', options: parsed.data };
  const [issue] = parsed.error.issues;
  return { kind: 'wrong', reason: `--${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
}
