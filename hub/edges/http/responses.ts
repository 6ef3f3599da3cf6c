import { z } from 'zod';
import { Problem } from '#protocol/http/problem.ts';

/** What every route may answer besides its own: problem details. */
export const PROBLEMS = { '4xx': Problem, '5xx': Problem } as const;

/** The body of 204. */
export const Nothing = z.null();
