import { describe, expect, it } from 'vitest';
import { formOfCommandTemplate, formOfTemplate } from './home-assistant-template.ts';

const TEXT = { kind: 'text' };

describe('a template', () => {
  it.each([
    [undefined, TEXT],
    ['{{ value }}', TEXT],
    ['{{value_json.temperature}}', { kind: 'json', pointer: '/temperature' }],
    ["{{ value_json['ENERGY']['Power'] }}", { kind: 'json', pointer: '/ENERGY/Power' }],
    ['{{ value_json["a/b~c"].d[2] }}', { kind: 'json', pointer: '/a~1b~0c/d/2' }],
    ['{{- value_json.t | float | is_defined -}}', { kind: 'json', pointer: '/t' }],
  ])('that picks one place is read: %s', (template, form) => {
    expect(formOfTemplate(template)).toEqual(form);
  });

  it.each([
    '{{ value_json }}',
    '{{ value_json.t * 2 }}',
    '{{ value_json.t | round(1) }}',
    '{{ states("sensor.x") }}',
    '{{ value_json.t }} °C',
    '{% set x = 1 %}{{ x }}',
    `{{ value_json${'.a'.repeat(300)} }}`,
    `{{ value_json${'.a'.repeat(9)} }}`,
  ])('that does anything else is not: %s', (template) => {
    expect(formOfTemplate(template)).toBeUndefined();
  });
});

describe('a template of commands', () => {
  it.each([
    [undefined, TEXT],
    ['{{ value }}', TEXT],
    ['{"position": {{ position }} }', { kind: 'json', pointer: '/position' }],
    [
      '{"a": {"b": {{ value }}, "c": 1}, "d": true}',
      { kind: 'json', pointer: '/a/b', rest: { a: { c: 1 }, d: true } },
    ],
  ])('that writes one value is used: %s', (template, form) => {
    expect(formOfCommandTemplate(template)).toEqual(form);
  });

  it.each([
    '{"a": {{ value }}, "b": {{ value }} }',
    'set {{ value }}',
    '{"a": "{{ value }}"}',
    '{"a": {{ value | int }} }',
    '{"a": 1}',
    '[{{ value }}]',
  ])('that does anything else is not: %s', (template) => {
    expect(formOfCommandTemplate(template)).toBeUndefined();
  });
});
