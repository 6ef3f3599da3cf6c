import { expect, it } from 'vitest';
import { AppError, ErrorCodeSchema, ERRORS } from './errors.ts';
import { Problem, toProblem } from './http/problem.ts';
import { toRefusal } from './hub-link/refusal.ts';

it('has a whole sentence and an HTTP status for every code', () => {
  for (const [code, entry] of Object.entries(ERRORS)) {
    expect(code).toMatch(/^[a-z_]+$/);
    expect(entry.message, code).toMatch(/^[A-Z].*\.$/s);
    expect(entry.http, code).toBeGreaterThanOrEqual(400);
    expect(entry.http, code).toBeLessThan(600);
  }
});

it('makes problem details that its own schema accepts', () => {
  const problem = toProblem('input_invalid', { details: { path: 'pin' }, requestId: 'r1' });
  expect(Problem.parse(problem)).toEqual(problem);
  expect(problem).toMatchObject({ status: 422, code: 'input_invalid', retryable: false });
});

it('knows its codes, and not the names that every object has', () => {
  expect(ErrorCodeSchema.safeParse('base_offline').success).toBe(true);
  expect(ErrorCodeSchema.safeParse('toString').success).toBe(false);
  expect(ErrorCodeSchema.safeParse(404).success).toBe(false);
});

it('carries the code and the cause of an error', () => {
  const cause = new Error('disk');
  const error = new AppError('storage_full', { cause });
  expect(error).toMatchObject({ code: 'storage_full', cause });
  expect(toRefusal(error.code)).toMatchObject({ ok: false, code: 'storage_full' });
});
