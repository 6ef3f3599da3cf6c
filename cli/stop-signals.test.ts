import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { INSIST_AFTER_MS, stopOnSignals } from './stop-signals.ts';

function arrange() {
  const process = new EventEmitter();
  let nowMs = 0;
  let ends = 0;
  const { stop: controller, stopNow } = stopOnSignals({
    process,
    monotonicMs: () => nowMs,
    end: () => {
      ends += 1;
    },
  });
  const send = (...signals: readonly string[]) => {
    for (const signal of signals) process.emit(signal);
    return { isStopping: controller.signal.aborted, ends };
  };
  const mustStopNow = () => stopNow.signal.aborted;
  const wait = (ms: number) => {
    nowMs += ms;
  };
  return { send, wait, mustStopNow };
}

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('request a stop, such as %s', (signal) => {
    expect(arrange().send(signal)).toEqual({ isStopping: true, ends: 0 });
  });

  it.each([
    ['SIGHUP', 'SIGTERM'],
    ['SIGTERM', 'SIGTERM', 'SIGHUP'],
    ['SIGINT', 'SIGINT'],
  ])('of one request to stop are one, such as %s with %s', (...signals) => {
    const { send } = arrange();
    expect(send(...signals)).toEqual({ isStopping: true, ends: 0 });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
    'cut a long leave short when %s comes later',
    (signal) => {
      const { send, wait, mustStopNow } = arrange();
      send('SIGTERM', 'SIGHUP');
      wait(INSIST_AFTER_MS - 1);
      send('SIGTERM');
      expect(mustStopNow()).toBe(false);
      wait(1);
      send(signal);
      expect(mustStopNow()).toBe(true);
    },
  );

  it('end the process at once only when a person insists', () => {
    const { send, wait } = arrange();
    send('SIGTERM');
    wait(INSIST_AFTER_MS);
    expect(send('SIGTERM', 'SIGHUP').ends).toBe(0);
    expect(send('SIGINT').ends).toBe(1);
  });
});
