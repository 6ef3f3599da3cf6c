import { beforeEach, describe, expect, it } from 'vitest';
import type { LinkEvents } from '../drivers/transport/unit-transport.ts';
import { AncestorLamp } from './ancestor-lamp.ts';
import { manualClock } from '../../test/harness/virtual-units.ts';

/** The traps that the base's bytes must avoid are really there. */
describe('the ancestor lamp', () => {
  const clock = manualClock();
  let lamp: AncestorLamp;
  beforeEach(() => {
    lamp = new AncestorLamp(clock);
  });
  const connect = (): LinkEvents => lamp.accept();
  const send = (text: string): void => {
    const client = connect();
    client.data(Buffer.from(text));
    client.closed();
  };

  it('shows a colour that ends in CR at once, and is free for the next', () => {
    send('#ff0000\r');
    expect(lamp.color).toBe('#ff0000');
    send('#0000ff\r');
    clock.advance(2);
    expect(lamp.color).toBe('#0000ff');
    expect(lamp.read).toEqual(['#ff0000', '#0000ff']);
  });

  it('waits five seconds for the end of a colour that ends in LF', () => {
    send('#ff0000\n');
    clock.advance(4_999);
    expect(lamp.color).toBe('#000000');
    clock.advance(1);
    expect(lamp.color).toBe('#ff0000');
    expect(lamp.read).toEqual(['#ff0000\n']);
  });

  it('shows a colour that ends in CRLF at once, and keeps the next client waiting for the LF', () => {
    send('#ff0000\r\n');
    send('#0000ff\r');
    expect(lamp.color).toBe('#ff0000');
    clock.advance(5_000);
    expect(lamp.color).toBe('#ff0000');
    clock.advance(2);
    expect(lamp.color).toBe('#0000ff');
  });

  it('reads two colours that end in LF as the first of them', () => {
    send('red\nblue\n');
    clock.advance(5_000);
    expect(lamp.color).toBe('#ff0000');
  });

  it('is deaf for five seconds after a connection that brings nothing', () => {
    connect().closed();
    send('#0000ff\r');
    clock.advance(5_000);
    expect(lamp.color).toBe('#000000');
    clock.advance(1);
    expect(lamp.color).toBe('#0000ff');
  });

  it('is blocked for five seconds when the end comes in a separate segment', () => {
    const client = connect();
    client.data(Buffer.from('#ff0000\r'));
    lamp.trailing(client.closed);
    clock.advance(4);
    send('#0000ff\r');
    clock.advance(4_990);
    expect(lamp.color).toBe('#ff0000');
    clock.advance(20);
    expect(lamp.color).toBe('#0000ff');
  });

  it('knows names and short forms', () => {
    send('Navy\r');
    expect(lamp.color).toBe('#000080');
    clock.advance(2);
    send('#f80\r');
    expect(lamp.color).toBe('#ff8800');
  });

  it('keeps its colour when it cannot read the new one', () => {
    send('#ff0000\r');
    send('no colour\r');
    send('#12345\r');
    clock.advance(10);
    expect(lamp.color).toBe('#ff0000');
    expect(lamp.read).toHaveLength(3);
  });
});
