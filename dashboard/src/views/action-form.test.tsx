import { expect, it } from 'vitest';
import type { Role } from '#protocol/access/roles.ts';
import type { ScalarSchema } from '#protocol/thing/data-schema.ts';
import type { ActionAffordance } from '#protocol/thing/thing-description.ts';
import { FakeSite } from '../../testing/fake-site.ts';
import { LAMP_THING } from '../../testing/fake-things.ts';
import { markupInSite, textOf } from '../../testing/render-in-site.tsx';
import { ActionConfirm } from './action-confirm.tsx';
import { ActionForm } from './action-form.tsx';

const FORGET: ActionAffordance = {
  title: 'Factory reset',
  'sb:semantic': 'board.factoryReset',
  'sb:pid': 60,
  idempotent: false,
};
const RESTART: ActionAffordance = { ...FORGET, title: 'Restart', 'sb:semantic': 'board.reset' };

function shown(role: Role, action: ActionAffordance): string {
  const site = new FakeSite('Home', role);
  const base = site.addBase('Cellar', 'online');
  const unit = site.addUnit(base, { name: 'Lamp', place: '', thing: LAMP_THING });
  return markupInSite(site, <ActionForm unit={unit} name="act" action={action} />);
}

it('has a button for who may, and says to others who could', () => {
  expect(shown('owner', FORGET)).toContain('<button');
  expect(shown('member', RESTART)).toContain('<button');
  const barred = shown('member', FORGET);
  expect(barred).not.toContain('<button');
  expect(textOf(barred)).toBe('Factory resetYour role does not allow this.');
});

it.each<[string, ActionAffordance, number]>([
  ['the password once more before what cannot be undone from afar', FORGET, 1],
  ['a word before what cannot be repeated', RESTART, 0],
])('requests %s', (_what, action, passwords) => {
  const site = new FakeSite('Home');
  const nothing = () => undefined;
  const requested = markupInSite(
    site,
    <ActionConfirm title="Do it" action={action} busy={false} onYes={nothing} onNo={nothing} />,
  );
  expect(requested).toContain('role="alertdialog"');
  expect(requested.split('type="password"').length - 1).toBe(passwords);
  expect(textOf(requested)).toContain('Do it now');
});

it('writes abbreviations as such', () => {
  const text: ScalarSchema = { type: 'string' };
  const move: ActionAffordance = {
    ...RESTART,
    input: {
      type: 'object',
      properties: { ip: text, gateway: text },
      required: ['ip', 'gateway'],
    },
  };
  expect(textOf(shown('owner', move))).toContain('IPGateway');
});
