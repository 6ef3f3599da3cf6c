import { AppError } from '#protocol/errors.ts';
import { LIMITS } from '#protocol/limits.ts';
import { opaqueString } from './opaque-string.ts';

/** The stems of the most common choices when ten characters are required. */
const COMMON = [
  '1234567890',
  '0123456789',
  '0987654321',
  'qwertyuiop',
  'qwerty1234',
  'qwerty123',
  'asdfghjkl',
  '1q2w3e4r5t',
  '1qaz2wsx3e',
  'password',
  'passw0rd',
  'letmein',
  'iloveyou',
  'administrator',
  'admin',
  'welcome',
  'changeme',
  'signalbox',
  'abcdefghij',
  'abcd1234',
  'football',
  'superman',
  'trustno1',
  'princess',
  'sunshine',
  'raspberry',
];

/** Refuses passwords that are short, common, repetitive, or derived from their owner. */
export function checkPassword(
  password: string,
  owner: { readonly email: string; readonly name: string },
): void {
  const reason = weaknessOf(opaqueString(password), owner);
  if (reason !== undefined) throw new AppError('password_too_weak', { details: { reason } });
}

function weaknessOf(
  password: string,
  owner: { readonly email: string; readonly name: string },
): string | undefined {
  if (Array.from(password).length < LIMITS.passwordMinChars) {
    return `must have at least ${LIMITS.passwordMinChars} characters`;
  }
  const lower = password.toLowerCase();
  if (new Set(lower).size < 5) return 'repeats too few characters';
  const [localPart = ''] = owner.email.toLowerCase().split('@');
  for (const own of [localPart, owner.name.toLowerCase()]) {
    if (own.length >= 4 && lower.includes(own)) {
      return 'must not contain your name or e-mail address';
    }
  }
  // What remains beside a common password must be strong enough by itself.
  for (const common of COMMON) {
    if (lower.startsWith(common) && lower.length - common.length < 6) {
      return 'is one of the most common passwords';
    }
  }
  return undefined;
}
