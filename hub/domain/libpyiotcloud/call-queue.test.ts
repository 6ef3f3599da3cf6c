import { describe, expect, it } from 'vitest';
import { ManualClock } from '#platform/testing/manual-clock.ts';
import { ANSWER_MS, CallQueue, LATE_ANSWER_MS } from './call-queue.ts';

const RUNNING = '{"status": "running"}';

function fixture() {
  const clock = new ManualClock();
  const startMs = clock.nowMs();
  const sent: string[] = [];
  const over: (number | undefined)[] = [];
  let answersTwice = false;
  const queue = new CallQueue({
    clock,
    answersTwice: () => answersTwice,
    noteSecondAnswer: () => (answersTwice = true),
  });
  const ended: Record<string, string> = {};
  const call = (id: string, { place = 'here', number }: Options = {}): void => {
    const args = number === undefined ? {} : { number };
    queue
      .submit({
        ...{ id, place, call: { api: number === undefined ? 'get_status' : 'get_gpio', args } },
        send: () => {
          sent.push(id);
          queue.sent(id);
          return Promise.resolve(true);
        },
        over: (untilMs) => over.push(untilMs === undefined ? undefined : untilMs - startMs),
      })
      .then((outcome) => {
        ended[id] = outcome.kind === 'answered' ? outcome.text : outcome.kind;
      })
      .catch((error: unknown) => {
        ended[id] = String(error);
      });
  };
  const answer = async (text = RUNNING, id?: string): Promise<void> => {
    queue.answered(Buffer.from(text), id);
    await settled();
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settled();
  };
  return { clock, queue, sent, over, ended, call, answer, advance };
}

interface Options {
  readonly place?: string;
  readonly number?: number;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

describe('calls of one API at one board', () => {
  it('are sent one at a time, and each has its own answer', async () => {
    const { sent, ended, call, answer, queue } = fixture();
    call('a');
    call('b');
    expect(sent).toEqual(['a']);
    await answer('{"status": "1"}');
    expect(sent).toEqual(['a', 'b']);
    await answer('{"status": "2"}');
    expect(ended).toEqual({ a: '{"status": "1"}', b: '{"status": "2"}' });
    expect(queue.isIdle).toBe(true);
  });

  it('do not get an answer that came before they were sent', async () => {
    const { queue, ended, answer } = fixture();
    let store = (): void => undefined;
    const done = queue.submit({
      ...{ id: 'a', place: 'here', call: { api: 'get_status', args: {} } },
      send: () => new Promise((resolve) => (store = () => resolve(true))),
      over: () => undefined,
    });
    await answer();
    expect(ended).toEqual({});
    store();
    queue.sent('a');
    await answer('{"status": "2"}');
    expect(await done).toEqual({ kind: 'answered', text: '{"status": "2"}' });
  });

  it('do not get a late answer of another call', async () => {
    const { sent, over, ended, call, answer, advance } = fixture();
    call('a');
    await advance(ANSWER_MS);
    expect(ended).toEqual({ a: 'silent' });
    expect(over).toEqual([LATE_ANSWER_MS]);
    call('b');
    expect(sent).toEqual(['a']);
    await answer('{"status": "late"}');
    expect(sent).toEqual(['a', 'b']);
    await answer();
    expect(ended).toEqual({ a: 'silent', b: RUNNING });
  });

  it('are not sent while an answer is owed, until nobody expects it any more', async () => {
    const { sent, ended, call, answer, advance } = fixture();
    call('a');
    await advance(ANSWER_MS);
    call('b');
    await advance(ANSWER_MS);
    expect(ended).toEqual({ a: 'silent', b: 'silent' });
    await advance(LATE_ANSWER_MS - 2 * ANSWER_MS);
    call('c');
    expect(sent).toEqual(['a', 'c']);
    await answer();
    expect(ended['c']).toBe(RUNNING);
  });

  it('are sent at once to a board that has connected anew', async () => {
    const { sent, call, advance } = fixture();
    call('a');
    await advance(ANSWER_MS);
    call('b', { place: 'a new connection' });
    expect(sent).toEqual(['a', 'b']);
  });

  it('do not wait for a board that was silent to those before them', async () => {
    const { ended, call, advance } = fixture();
    for (const id of ['a', 'b', 'c']) call(id);
    await advance(ANSWER_MS);
    expect(ended).toEqual({ a: 'silent', b: 'silent', c: 'silent' });
  });

  it('wait for the second answer of a board that is known to answer twice', async () => {
    const { sent, ended, call, answer, advance } = fixture();
    call('a');
    await answer('{"status": "1"}');
    await answer('{"status": "1"}');
    call('b');
    call('c');
    expect(sent).toEqual(['a']);
    await advance(250);
    await answer('{"status": "2"}');
    expect(sent).toEqual(['a', 'b']);
    await answer('{"status": "2"}');
    await advance(250);
    await answer('{"status": "3"}');
    expect(ended).toEqual({
      a: '{"status": "1"}',
      b: '{"status": "2"}',
      c: '{"status": "3"}',
    });
  });

  it('do not get an answer about another pin, or one that names another call', async () => {
    const { ended, call, answer } = fixture();
    call('a', { number: 12 });
    await answer('{"number": 13, "value": 1}');
    await answer('{"number": 12, "value": 1}', 'somebody else');
    expect(ended).toEqual({});
    await answer('{"number": 12, "value": 0}', 'a');
    expect(ended).toEqual({ a: '{"number": 12, "value": 0}' });
  });

  it('end with an answer that cannot be read', async () => {
    const { ended, call, answer } = fixture();
    call('a');
    await answer('{"status": "runn');
    expect(ended).toEqual({ a: 'unreadable' });
  });

  it('are refused where 32 wait', async () => {
    const { ended, call, queue } = fixture();
    for (let index = 0; index < 34; index += 1) call(String(index));
    await settled();
    expect(ended).toEqual({ 33: 'busy' });
    expect(queue.size).toBe(33);
  });

  it('end when the board is unregistered', async () => {
    const { ended, call, queue } = fixture();
    call('a');
    call('b');
    queue.close({ kind: 'unregistered' });
    await settled();
    expect(ended).toEqual({ a: 'unregistered', b: 'unregistered' });
    expect(queue.isIdle).toBe(true);
  });

  it('end where the request cannot be stored, and the next one is sent', async () => {
    const { queue, sent, ended, call } = fixture();
    const failed = queue.submit({
      ...{ id: 'a', place: 'here', call: { api: 'get_status', args: {} } },
      send: () => Promise.reject(new Error('full')),
      over: () => undefined,
    });
    call('b');
    await expect(failed).rejects.toThrow('full');
    expect([sent, ended]).toEqual([['b'], {}]);
  });
});
