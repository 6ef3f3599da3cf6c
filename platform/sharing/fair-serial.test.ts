import { expect, it } from 'vitest';
import { FairSerial } from './fair-serial.ts';

it('runs one job at a time, and gives owners turns', async () => {
  const serial = new FairSerial(10);
  const order: string[] = [];
  const job = (name: string) => async () => {
    order.push(`${name} begins`);
    await Promise.resolve();
    order.push(`${name} ends`);
  };
  const jobs = ['ada 1', 'ada 2', 'bob 1'].map((name) => serial.run(name.slice(0, 3), job(name)));
  expect(serial.size).toBe(3);
  await Promise.all(jobs);
  await serial.drain();
  expect(order).toEqual(
    ['ada 1', 'ada 2', 'bob 1'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  expect(serial.size).toBe(0);
});

it('goes on after a job that fails', async () => {
  const serial = new FairSerial(10);
  const failing = serial.run('ada', () => Promise.reject(new Error('no')));
  const next = serial.run('ada', () => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});

it('refuses what it has no room for, and all that waits once it is closed', async () => {
  const serial = new FairSerial(1);
  const running = serial.run('ada', () => Promise.resolve('done'));
  const waiting = serial.run('ada', () => Promise.resolve());
  const refused = serial.run('ada', () => Promise.resolve());
  serial.close();
  await expect(refused).rejects.toMatchObject({ code: 'overloaded' });
  await expect(waiting).rejects.toMatchObject({ code: 'not_ready' });
  await expect(serial.run('ada', () => Promise.resolve())).rejects.toMatchObject({
    code: 'not_ready',
  });
  expect(await running).toBe('done');
});
