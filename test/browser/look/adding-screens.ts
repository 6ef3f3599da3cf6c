import { inOrder, press, text, unitNamed, type Screen, type Step } from './screen.ts';

const checkAddress =
  (last: number): Step =>
  async ({ page }) => {
    const form = page.getByRole('region', { name: 'By its address' });
    await form.getByRole('textbox', { name: 'Address' }).fill(`192.168.1.${last}`);
    await form.getByRole('button', { name: /^Check/ }).click();
    await form.getByRole('status').waitFor();
  };

const ADDRESSES = [40, 41, 42, 43, 44, 45, 77] as const;

export const ADDING: readonly Screen[] = [
  { name: 'add', path: () => '/add', show: text('What do you want to add?') },
  { name: 'add-base', path: () => '/add/base' },
  {
    name: 'add-base-code',
    path: () => '/add/base',
    show: async ({ page }) => {
      await page.getByRole('textbox').first().fill('Attic');
      await page.getByRole('main').getByRole('button').first().click();
      await page.getByText('K7M2P').first().waitFor();
    },
  },
  { name: 'add-unit', path: () => '/add/unit', show: text('lamp-4f2a91') },
  ...ADDRESSES.map((last): Screen => ({
    name: `add-unit-at-${last}`,
    path: () => '/add/unit',
    show: checkAddress(last),
  })),
  {
    name: 'add-unit-new-board',
    path: () => '/add/unit',
    show: async ({ page }) => page.getByText('A new board, not on the Wi-Fi yet').click(),
  },
  {
    name: 'add-unit-name',
    path: () => '/add/unit',
    show: inOrder(press('Add lamp-77c0de'), text('Name the unit')),
  },
  {
    name: 'add-unit-found',
    path: () => '/add/unit',
    show: inOrder(
      press('Add lamp-77c0de'),
      text('Name the unit'),
      press('Add the unit'),
      text(/^Connected/),
    ),
  },
  {
    name: 'add-unit-key',
    path: () => '/add/unit',
    show: async (fixture) => {
      await press('Add lamp-4f2a91')(fixture);
      await text('Name the unit')(fixture);
      await press('Add the unit')(fixture);
      await text(/^Connected/)(fixture);
      const unit = unitNamed(fixture, 'lamp-4f2a91');
      const presence = { ...unit.presence, state: 'lost', code: 'unit_key_missing' } as const;
      fixture.site.putUnit({ ...unit, description: null, presence });
      await text(/Waiting for its key/)(fixture);
    },
  },
  { name: 'add-member', role: 'member', path: () => '/add', show: text('Your role') },
];
