import { expect, it } from 'vitest';
import { rules } from './errors-by-code.mjs';

/** Whether the rule reports a `throw` of this. */
function isReported(argument) {
  const reports = [];
  const context = { options: ['AppError', 'RangeError'], report: (found) => reports.push(found) };
  rules['errors-by-code'].create(context).ThrowStatement({ argument });
  return reports.length > 0;
}

const made = (callee) => ({ type: 'NewExpression', callee });

it('allows the errors that it is given, and what is thrown on', () => {
  expect(isReported(made({ type: 'Identifier', name: 'AppError' }))).toBe(false);
  expect(isReported(made({ type: 'Identifier', name: 'RangeError' }))).toBe(false);
  expect(isReported({ type: 'Identifier', name: 'error' })).toBe(false);
});

it('reports every other error, wherever its class comes from', () => {
  expect(isReported(made({ type: 'Identifier', name: 'Error' }))).toBe(true);
  expect(isReported(made({ type: 'MemberExpression' }))).toBe(true);
});
