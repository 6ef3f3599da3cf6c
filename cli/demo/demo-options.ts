import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DEFAULT_UNIT_PORT } from '#protocol/unit-address.ts';

export const DEMO_HELP = `Usage: signalbox demo [options]      (npm start -- [options])

Runs a hub, a base paired with it and two units (a light sensor and a lamp) in
one terminal. Ctrl-C stops them in order; a second Ctrl-C kills them.

  --data FOLDER       where all data is stored (default .signalbox)
  --https-port PORT   the hub's HTTPS port, on all interfaces (default 8443)
  --http-port PORT    the hub's HTTP port, on this machine only (default 8080)
  --unit-port PORT    port of the first unit; the second takes the next (default ${DEFAULT_UNIT_PORT})
  --virtual           TypeScript virtual units, even if the firmware is built
  --watch             restart the hub and the base when their sources change
  --help

As environment variables: SIGNALBOX_DATA, SIGNALBOX_HTTPS_PORT,
SIGNALBOX_HTTP_PORT, SIGNALBOX_UNIT_PORT. Flags take precedence.
`;

const Port = z.coerce.number().int().min(1).max(65_535);

const Options = z
  .object({
    data: z.string().min(1).default('.signalbox'),
    httpsPort: Port.default(8443),
    httpPort: Port.default(8080),
    unitPort: Port.max(65_534).default(DEFAULT_UNIT_PORT),
    virtual: z.boolean().default(false),
    watch: z.boolean().default(false),
  })
  .transform((options) => ({ ...options, data: resolve(options.data) }));
export type DemoOptions = z.infer<typeof Options>;

export type ParsedDemoOptions =
  | { readonly kind: 'options'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly reason: string };

/** Reads the demo's flags and environment. */
export function parseDemoOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedDemoOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        'https-port': { type: 'string' },
        'http-port': { type: 'string' },
        'unit-port': { type: 'string' },
        virtual: { type: 'boolean' },
        watch: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    const parsed = Options.safeParse({
      data: values.data ?? env.SIGNALBOX_DATA,
      httpsPort: values['https-port'] ?? env.SIGNALBOX_HTTPS_PORT,
      httpPort: values['http-port'] ?? env.SIGNALBOX_HTTP_PORT,
      unitPort: values['unit-port'] ?? env.SIGNALBOX_UNIT_PORT,
      virtual: values.virtual,
      watch: values.watch,
    });
    if (parsed.success) return { kind: 'options', options: parsed.data };
    const [issue] = parsed.error.issues;
    return { kind: 'wrong', reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` };
  } catch (cause) {
    return { kind: 'wrong', reason: cause instanceof Error ? cause.message : String(cause) };
  }
}
