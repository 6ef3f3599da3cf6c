import { describe, expect, it } from 'vitest';
import { STAGE } from '#protocol/command/command-stage.ts';
import { readableLine } from './log-line.ts';

describe('readableLine', () => {
  it('keeps the message and the informative fields of a pino line', () => {
    const line = JSON.stringify({
      level: 30,
      time: 1,
      pid: 7,
      hostname: 'pi',
      name: 'hub',
      commandId: 'c1',
      stage: STAGE.hubStored,
      event: 'queued',
      msg: 'command queued',
    });
    expect(readableLine(line)).toEqual({
      text: 'command queued  commandId=c1  stage=hub_stored',
      tone: 'plain',
      entry: { event: 'queued', fields: { commandId: 'c1', stage: STAGE.hubStored } },
    });
  });

  it('does not say twice what the message says', () => {
    const line = JSON.stringify({ level: 'info', time: 1, url: 'http://a', msg: 'see http://a' });
    expect(readableLine(line).text).toBe('see http://a');
  });

  it('says the level of warnings and errors, and the error without its stack', () => {
    const line = JSON.stringify({
      level: 50,
      time: 1,
      err: { type: 'Error', message: 'disk full', code: 'ENOSPC', stack: 'Error: at…' },
      msg: 'not stored',
    });
    const { text, tone } = readableLine(line);
    expect(text).toBe('ERROR  not stored  err="ENOSPC: disk full"');
    expect(tone).toBe('error');
  });

  it('passes other text on as it is', () => {
    expect(readableLine('listening 127.0.0.1:8888 unit=lamp')).toEqual({
      text: 'listening 127.0.0.1:8888 unit=lamp',
      tone: 'plain',
    });
    expect(readableLine('{not json').text).toBe('{not json');
  });

  it('truncates long fields and escapes control characters', () => {
    const line = JSON.stringify({ level: 30, time: 1, text: 'x'.repeat(500), msg: 'a\u001b[2Jb' });
    const { text } = readableLine(line);
    expect(text.length).toBeLessThan(200);
    expect(text).toContain('a�[2Jb');
  });
});
