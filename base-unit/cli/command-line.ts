import { parseArgs } from 'node:util';
import { DEFAULT_DATA_FOLDER } from '../config/data-folder.ts';

export interface BaseArguments {
  readonly operands: readonly string[];
  readonly values: {
    readonly data: string;
    readonly hubUrl: string | undefined;
    readonly logLevel: string | undefined;
    readonly sensorIntervalMs: string | undefined;
    readonly plainUnits: string | undefined;
    readonly plain: boolean;
    readonly keyFile: string | undefined;
    readonly force: boolean;
    readonly claimFile: string | undefined;
    readonly labelFile: string | undefined;
    readonly discovery: string | undefined;
    readonly name: string | undefined;
    readonly json: boolean;
    readonly help: boolean;
  };
}

/** The arguments of `signalbox base ...`; undefined when they are not understood. */
export function parseArguments(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): BaseArguments | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        'hub-url': { type: 'string' },
        'log-level': { type: 'string' },
        'sensor-interval-ms': { type: 'string' },
        'plain-units': { type: 'boolean' },
        plain: { type: 'boolean' },
        'key-file': { type: 'string' },
        force: { type: 'boolean' },
        'claim-file': { type: 'string' },
        'label-file': { type: 'string' },
        discovery: { type: 'string' },
        name: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return {
      operands: positionals,
      values: {
        data: values.data ?? env['SIGNALBOX_BASE_DATA'] ?? DEFAULT_DATA_FOLDER,
        hubUrl: values['hub-url'],
        logLevel: values['log-level'],
        sensorIntervalMs: values['sensor-interval-ms'],
        plainUnits: values['plain-units'] === true ? 'true' : undefined,
        plain: values.plain ?? false,
        keyFile: values['key-file'],
        force: values.force ?? false,
        claimFile: values['claim-file'],
        labelFile: values['label-file'],
        discovery: values.discovery,
        name: values.name,
        json: values.json ?? false,
        help: values.help ?? false,
      },
    };
  } catch {
    return undefined;
  }
}
