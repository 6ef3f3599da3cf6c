import { expect, it } from 'vitest';
import { terminalLines } from './terminal-text.ts';

it('prints what others chose without letting it steer the terminal or begin a line', () => {
  const name = 'Lamp\u001b]0;owned\u0007\r\nbase online\u202e';
  expect(terminalLines([`  ${name}: ready`, 'Lampe ü 💡'])).toBe(
    '  Lamp\ufffd]0;owned\ufffd\ufffd\ufffdbase online\ufffd: ready\nLampe ü 💡\n',
  );
});
