import { describe, expect, it } from 'vitest';
import { BOARD_APIS, callPayload, callTopics, readBoardAnswer } from './board-call.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a request to a board', () => {
  it('has its members in the order and with the spaces that the firmware reads', () => {
    const args = BOARD_APIS.set_gpio.parse({ value: 1, number: 12 });
    expect(callPayload({ api: 'set_gpio', args })).toBe('{"number": 12, "value": 1}');
    expect(callPayload({ api: 'get_gpio', args: { number: 12 } })).toBe('{"number": 12}');
    expect(callPayload({ api: 'get_status', args: {} })).toBe('{}');
    expect(callPayload({ api: 'set_rtc', args: { value: 1_561_970_000 } })).toBe(
      '{"value": 1561970000}',
    );
    const data = 'Grüße "𝄞"';
    expect(callPayload({ api: 'write_uart', args: { data } })).toBe(
      String.raw`{"data": "Gr\u00fc\u00dfe \"\ud834\udd1e\""}`,
    );
  });

  it('has topics of the device alone, which fit into 64 bytes', () => {
    const { request, answer } = callTopics('f'.repeat(40), 'get_gateway');
    expect(request).toBe(`${'f'.repeat(40)}/get_gateway`);
    expect(answer.length).toBeLessThan(64);
  });

  it('has no more than a board can mean', () => {
    expect(BOARD_APIS.get_gpio.safeParse({ number: -1 }).success).toBe(false);
    expect(BOARD_APIS.get_gpio.safeParse({ number: '12' }).success).toBe(false);
    expect(BOARD_APIS.set_gpio.safeParse({ number: 12 }).success).toBe(false);
  });
});

describe('an answer of a board', () => {
  const get12 = { api: 'get_gpio', args: { number: 12 } } as const;

  it('is read as it was written', () => {
    const text = '{"number": 12,   "value": 0}';
    expect(readBoardAnswer(get12, bytes(`${text}\n`))).toEqual({ kind: 'answer', text });
  });

  it('to another pin is to another call', () => {
    expect(readBoardAnswer(get12, bytes('{"number": 13, "value": 0}')).kind).toBe('other');
    const echo = { api: 'write_uart', args: { data: 'a' } } as const;
    expect(readBoardAnswer(echo, bytes('{"data": "b"}')).kind).toBe('other');
  });

  it.each([
    ['cut off after 31 bytes', bytes('{"data": "Hello World, this is ')],
    ['a number', bytes('12')],
    ['a list', bytes('[]')],
    ['no UTF-8', Uint8Array.from([0xff, 0xfe])],
    ['beyond all measure', bytes(`{"value": "${'x'.repeat(20_000)}"}`)],
    ['nothing', bytes('')],
  ])('that is %s is unreadable', (_what, payload) => {
    expect(readBoardAnswer(get12, payload).kind).toBe('unreadable');
  });
});
