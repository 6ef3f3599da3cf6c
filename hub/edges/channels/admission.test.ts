import { expect, it } from 'vitest';
import { BaseId, newId } from '#protocol/ids.ts';
import { Admission } from './admission.ts';

const enter = (admission: Admission, socketId: string, path: string, out: string[] = []) =>
  admission.enter(
    socketId,
    { kind: 'base', baseId: newId(BaseId) },
    { path: path.split('/'), giveWay: () => out.push(socketId) },
  );

it('lets the bases of others in, whatever one account holds open without joining', () => {
  const admission = new Admission({ perOwner: 64, joiningBases: 8 });
  const out: string[] = [];
  for (let index = 0; index < 8; index += 1) {
    expect(enter(admission, `m${index}`, `mallory/m/${index}`, out)).toBeUndefined();
  }
  expect(enter(admission, 'm8', 'mallory/m/8', out)).toBe('overloaded');
  expect(enter(admission, 'a1', 'ada/a/1', out)).toBeUndefined();
  expect(enter(admission, 'b1', 'bob/b/1', out)).toBeUndefined();
  expect(out).toEqual(['m7', 'm6']);
  // A place that was given away is not given back a second time.
  for (const socketId of out) admission.leave(socketId);
  expect(enter(admission, 'm9', 'mallory/m/9', out)).toBe('overloaded');
  admission.joined('a1');
  expect(enter(admission, 'm9', 'mallory/m/9', out)).toBeUndefined();
});

it('lets one base connect twice, so that it can take over from itself, and not a third time', () => {
  const admission = new Admission({ perOwner: 64, joiningBases: 8 });
  expect(enter(admission, '1', 'ada/a/1')).toBeUndefined();
  expect(enter(admission, '2', 'ada/a/1')).toBeUndefined();
  expect(enter(admission, '3', 'ada/a/1')).toBe('overloaded');
});
