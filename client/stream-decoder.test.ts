import { expect, it } from 'vitest';
import { StreamDecoder, type StreamMessage } from './stream-decoder.ts';

const TEXT = [
  ': connected\n\n',
  'id: e/1\nevent: unit.added\ndata: {"a":1}\n\n',
  ': heartbeat\nid: e/4\n\n',
  'retry: 700\r\n\r\n',
  'data:first\rdata: second\r\rid\ndata\n\n',
  'unknown: field\n\n',
  'data: not ended',
].join('');

const MESSAGES: readonly StreamMessage[] = [
  { event: 'unit.added', data: '{"a":1}', id: 'e/1', retryMs: undefined },
  { event: 'message', data: undefined, id: 'e/4', retryMs: undefined },
  { event: 'message', data: undefined, id: undefined, retryMs: 700 },
  { event: 'message', data: 'first\nsecond', id: undefined, retryMs: undefined },
  { event: 'message', data: '', id: '', retryMs: undefined },
];

it('reads messages in one piece, and divided anywhere', () => {
  expect(new StreamDecoder().push(TEXT)).toEqual(MESSAGES);
  for (let at = 0; at <= TEXT.length; at += 1) {
    const decoder = new StreamDecoder();
    const parts = [...decoder.push(TEXT.slice(0, at)), ...decoder.push(TEXT.slice(at))];
    expect(parts, `divided at ${at}`).toEqual(MESSAGES);
  }
  const bytewise = new StreamDecoder();
  expect(TEXT.split('').flatMap((char) => bytewise.push(char))).toEqual(MESSAGES);
});

it('gives up a message without end', () => {
  const decoder = new StreamDecoder();
  const line = `data: ${'x'.repeat(1024 * 1024)}\n`;
  expect(() => {
    for (let count = 0; count < 17; count += 1) decoder.push(line);
  }).toThrow(expect.objectContaining({ code: 'body_too_large' }));
});
