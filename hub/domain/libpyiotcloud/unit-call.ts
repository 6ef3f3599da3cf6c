import { z } from 'zod';
import type { BoardCall } from '#protocol/device/board-call.ts';
import type { CommandRequest } from '#protocol/http/commands.ts';
import type { Json } from '#protocol/json.ts';
import type { ThingDescription } from '#protocol/thing/thing-description.ts';

/** A call of libpyiotcloud as a command to a board of our firmware. */
export interface UnitCall {
  readonly request: Pick<CommandRequest, 'operation' | 'affordance' | 'input'>;
  /** What the board answers, as its clients read it; undefined: it answered something else. */
  readonly answerOf: (output: Json | undefined) => BoardCall['args'] | undefined;
}

const Level = z.object({ level: z.int() });
const Text = z.string();

/** By what the affordances of a board mean; undefined where it has none for this. */
export function unitCall(
  { api, args }: BoardCall,
  description: Pick<ThingDescription, 'properties' | 'actions'>,
): UnitCall | undefined {
  const invoke = (meaning: string, input: Json | undefined, answerOf: UnitCall['answerOf']) => {
    const affordance = named(description.actions, `board.${meaning}`);
    if (affordance === undefined) return undefined;
    const given = input === undefined ? {} : { input };
    return { request: { operation: 'invokeaction', affordance, ...given }, answerOf } as const;
  };
  const read = (meaning: string, answerOf: UnitCall['answerOf']) => {
    const affordance = named(description.properties, `diagnostic.${meaning}`);
    if (affordance === undefined) return undefined;
    return { request: { operation: 'readproperty', affordance }, answerOf } as const;
  };
  const text: UnitCall['answerOf'] = (output) => wrapped(Text.safeParse(output).data);
  const { number = 0, value = 0, data = '' } = args;
  switch (api) {
    case 'get_status':
      return read('uptime', () => ({ status: 'running' }));
    case 'set_status':
      // Nothing else can be set.
      if (args['status'] !== 'restart') return undefined;
      return invoke('reset', undefined, () => ({ status: 'restarting' }));
    case 'get_gpio':
      return invoke('gpioRead', { pin: number }, levelOf(number));
    case 'set_gpio':
      return invoke('gpioWrite', { pin: number, level: value }, levelOf(number));
    case 'get_rtc':
      return read('time', (output) => {
        const ms = z.number().safeParse(output).data;
        return ms === undefined ? undefined : { value: Math.floor(ms / 1_000) };
      });
    case 'set_rtc':
      return invoke('timeSet', { time: Number(value) * 1_000 }, () => ({ value }));
    case 'get_mac':
      return read('mac', text);
    case 'set_mac':
      return invoke('macSet', { mac: value }, () => ({ value }));
    case 'get_ip':
      return read('ip', text);
    case 'get_subnet':
      return read('netmask', text);
    case 'get_gateway':
      return read('gateway', text);
    case 'write_uart': {
      const bytes = Buffer.from(String(data)).toString('base64');
      return invoke('uartWrite', { data: bytes }, () => ({ data }));
    }
    default:
      return api satisfies never;
  }
}

function named(
  affordances: Readonly<Record<string, { readonly 'sb:semantic'?: string | undefined }>>,
  meaning: string,
): string | undefined {
  return Object.entries(affordances).find(([, one]) => one['sb:semantic'] === meaning)?.[0];
}

function wrapped(value: string | undefined): BoardCall['args'] | undefined {
  return value === undefined ? undefined : { value };
}

function levelOf(number: string | number): UnitCall['answerOf'] {
  return (output) => {
    const level = Level.safeParse(output).data?.level;
    return level === undefined ? undefined : { number, value: level };
  };
}
