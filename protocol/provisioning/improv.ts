import { concatBytes, NO_BYTES } from '../noise/noise-crypto.ts';
import type { SerialPacket } from './serial-packet.ts';
import { encodeTexts, readTexts } from './text-list.ts';

/** Improv Serial, version 1 (improv-wifi.com/serial), as far as a client of our units needs it. */
const TYPE = { state: 1, error: 2, command: 3, result: 4 } as const;
const COMMAND = { sendWifi: 1, requestState: 2, requestInformation: 3 } as const;

export type ImprovCommand = keyof typeof COMMAND;
export type ImprovState = 'ready' | 'provisioning' | 'provisioned';
export type ImprovError =
  'none' | 'invalid' | 'unknown_command' | 'unable_to_connect' | 'bad_host_name' | 'unknown';

export type ImprovAnswer =
  | { readonly kind: 'state'; readonly state: ImprovState }
  | { readonly kind: 'error'; readonly error: ImprovError }
  | { readonly kind: 'result'; readonly command: ImprovCommand; readonly texts: readonly string[] };

const STATES: Readonly<Record<number, ImprovState>> = {
  2: 'ready',
  3: 'provisioning',
  4: 'provisioned',
};
const ERRORS: Readonly<Record<number, ImprovError>> = {
  0: 'none',
  1: 'invalid',
  2: 'unknown_command',
  3: 'unable_to_connect',
  5: 'bad_host_name',
};
const COMMANDS: Readonly<Record<number, ImprovCommand>> = {
  1: 'sendWifi',
  2: 'requestState',
  3: 'requestInformation',
};

/** Requests the unit to join a network. @throws RangeError for texts above 255 bytes together. */
export function wifiCommand(name: string, password: string): SerialPacket {
  return command('sendWifi', encodeTexts(name, password));
}

export function stateCommand(): SerialPacket {
  return command('requestState', NO_BYTES);
}

export function informationCommand(): SerialPacket {
  return command('requestInformation', NO_BYTES);
}

/** A device's answer; undefined if it is not a well-formed one. */
export function readImprovAnswer({ family, type, data }: SerialPacket): ImprovAnswer | undefined {
  if (family !== 'IMPROV') return undefined;
  const [first, size] = data;
  if (first === undefined) return undefined;
  if (type === TYPE.state) {
    const state = STATES[first];
    return state && { kind: 'state', state };
  }
  if (type === TYPE.error) return { kind: 'error', error: ERRORS[first] ?? 'unknown' };
  const answered = COMMANDS[first];
  if (type !== TYPE.result || answered === undefined || size !== data.length - 2) return undefined;
  const texts = readTexts(data.subarray(2));
  return texts && { kind: 'result', command: answered, texts };
}

function command(name: ImprovCommand, data: Uint8Array): SerialPacket {
  const head = Uint8Array.of(COMMAND[name], data.length);
  return { family: 'IMPROV', type: TYPE.command, data: concatBytes(head, data) };
}
