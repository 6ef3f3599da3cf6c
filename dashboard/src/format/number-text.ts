import { visibleText } from '#protocol/display-text.ts';
import type { ScalarSchema, ScalarValue } from '#protocol/thing/data-schema.ts';
import { own } from '../state/own.ts';
import { numberFormat } from './number-format.ts';

/** A value as it is shown: the unit is set smaller, so it comes apart. */
export interface ValueText {
  readonly text: string;
  readonly unit: string;
}

/** Digits that survive a board's 32-bit float. */
const FLOAT32_DIGITS = 7;

const UNIT_SIGNS: Readonly<Record<string, string>> = {
  Cel: '°C',
  cel: '°C',
  degC: '°C',
  By: 'B',
  '1': '',
};

/** UCUM spellings as people read them. */
export function unitSign(unit: string | undefined): string {
  return unit === undefined ? '' : (own(UNIT_SIGNS, unit) ?? unit);
}

/**
 * A number with the precision the unit gives: as many decimals as its step,
 * else as many as it sent, without the noise of a 32-bit float.
 */
export function numberText(value: number, step: number | undefined, locale?: string): string {
  if (step !== undefined) {
    const decimals = decimalsOf(step);
    return numberFormat({ min: decimals, max: decimals }, locale).format(value);
  }
  const clean = Number(value.toPrecision(FLOAT32_DIGITS));
  return numberFormat({ max: 12 }, locale).format(Number.isInteger(value) ? value : clean);
}

/** Decimals that a step such as 0.25 needs. */
export function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 12; decimals += 1) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * Math.max(1, scaled)) return decimals;
  }
  return 12;
}

/** More digits would be a sensor's noise. */
const MAX_SEEN_DECIMALS = 4;

/** Decimals that a value was sent with, without the noise of a 32-bit float. */
export function decimalsSent(value: number): number {
  const [, fraction = ''] = String(Number(value.toPrecision(FLOAT32_DIGITS))).split('.');
  return fraction.includes('e') ? 0 : Math.min(MAX_SEEN_DECIMALS, fraction.length);
}

/** Any property's value by its schema. */
export function valueText(
  schema: ScalarSchema | undefined,
  value: ScalarValue | undefined,
  manner: { readonly locale?: string; readonly decimals?: number | undefined } = {},
): ValueText {
  const { locale, decimals } = manner;
  if (value === undefined) return { text: '–', unit: '' };
  if (typeof value === 'boolean') return { text: value ? 'on' : 'off', unit: '' };
  if (typeof value === 'string')
    return { text: value === '' ? '(empty)' : visibleText(value), unit: '' };
  const given =
    schema?.type === 'integer' || schema?.type === 'number' ? schema.multipleOf : undefined;
  const step = given ?? (decimals === undefined ? undefined : 10 ** -decimals);
  return { text: numberText(value, step, locale), unit: unitSign(schema?.unit) };
}

/** Bytes of memory: `38.2 kB`. */
export function bytesText(bytes: number, locale?: string): ValueText {
  if (bytes < 1_000) return { text: numberFormat({ max: 0 }, locale).format(bytes), unit: 'B' };
  const [scaled, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return { text: numberFormat({ max: 1 }, locale).format(scaled), unit };
}
