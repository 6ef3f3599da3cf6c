import { z } from 'zod';
import { Json } from '../json.ts';

/** A pin, as libpyiotcloud counts them. */
const Pin = z.int().min(0).max(255);
const Text = z.string().max(1_000);

/** Calls of libpyiotcloud's boards, with their arguments in the order in which they are written. */
export const BOARD_APIS = {
  get_status: z.object({}),
  set_status: z.object({ status: Text }),
  get_gpio: z.object({ number: Pin }),
  set_gpio: z.object({ number: Pin, value: z.int().min(0).max(65_535) }),
  get_rtc: z.object({}),
  set_rtc: z.object({ value: z.int().min(0).max(0xffff_ffff) }),
  get_mac: z.object({}),
  set_mac: z.object({ value: Text }),
  get_ip: z.object({}),
  get_subnet: z.object({}),
  get_gateway: z.object({}),
  write_uart: z.object({ data: Text }),
} as const;
export type BoardApi = keyof typeof BOARD_APIS;
export const BOARD_API_NAMES: readonly BoardApi[] = Object.keys(BOARD_APIS).filter(isBoardApi);

function isBoardApi(name: string): name is BoardApi {
  return Object.hasOwn(BOARD_APIS, name);
}

/** The arguments of a call; others that it has are not read. */
export function boardArguments(api: BoardApi): z.ZodType<BoardCall['args']> {
  return BOARD_APIS[api];
}

/** One call: an API with its arguments. */
export interface BoardCall {
  readonly api: BoardApi;
  readonly args: Readonly<Record<string, string | number>>;
}

/** Arguments that a board repeats in its answer; the others it may answer in its own way. */
const REPEATED: Partial<Record<BoardApi, string>> = {
  get_gpio: 'number',
  set_gpio: 'number',
  write_uart: 'data',
};

const MAX_ANSWER_BYTES = 16_384;

/** Where a board with this client id is sent the call, and where it answers. */
export function callTopics(clientId: string, api: BoardApi) {
  return { request: `${clientId}/${api}`, answer: `server/${clientId}/${api}` };
}

/**
 * The payload of a request, byte for byte as Python writes it: the boards' parser looks for
 * `"number": ` with its space, reads members in their order, and knows nothing beyond ASCII.
 */
export function callPayload({ args }: BoardCall): string {
  const members = Object.entries(args).map(
    ([name, value]) => `"${name}": ${asciiJson(JSON.stringify(value))}`,
  );
  return `{${members.join(', ')}}`;
}

/** In one line, by which answers are kept. */
export function callText(call: BoardCall): string {
  return `${call.api} ${callPayload(call)}`;
}

export type BoardAnswerRead =
  /** The answer as it was written. */
  | { readonly kind: 'answer'; readonly text: string }
  /** Not JSON: boards cut long answers off. */
  | { readonly kind: 'unreadable' }
  /** To a call with other arguments. */
  | { readonly kind: 'other' };

/** Whether this is the answer to the call, as far as the wire shows it. */
export function readBoardAnswer({ api, args }: BoardCall, payload: Uint8Array): BoardAnswerRead {
  if (payload.length > MAX_ANSWER_BYTES) return { kind: 'unreadable' };
  const text = textOf(payload)?.trim();
  const document = text === undefined ? undefined : objectOf(text);
  if (text === undefined || document === undefined) return { kind: 'unreadable' };
  const repeated = REPEATED[api];
  if (repeated !== undefined && Object.hasOwn(document, repeated)) {
    if (document[repeated] !== args[repeated]) return { kind: 'other' };
  }
  return { kind: 'answer', text };
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}

function objectOf(text: string): Readonly<Record<string, Json>> | undefined {
  try {
    const document = Json.safeParse(JSON.parse(text)).data;
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document);
    return isObject ? document : undefined;
  } catch {
    return undefined;
  }
}

function asciiJson(json: string): string {
  return json.replaceAll(
    /[\u0080-\uFFFF]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
