import type { FakeHub } from '../../../dashboard/testing/fake-hub.ts';
import { CommandId, newId } from '#protocol/ids.ts';
import {
  ended,
  inOrder,
  liveThrough,
  press,
  type ScreenFixture,
  type Screen,
  send,
  type Step,
  text,
  unitNamed,
  unitPage,
} from './screen.ts';

const signedOut =
  (signUp: FakeHub['signUp']) =>
  ({ hub }: ScreenFixture): void => {
    hub.signedIn = false;
    hub.signUp = signUp;
  };

const SIGN_IN: readonly Screen[] = [
  { name: 'sign-in', arrange: signedOut('invite'), show: text('Sign in to Signalbox') },
  {
    name: 'sign-in-refused',
    arrange: signedOut('invite'),
    show: async ({ page, hub }) => {
      await page.getByLabel('E-mail').fill('ada@example.org');
      await page.getByLabel('Password').first().fill('wrong');
      hub.failure = 'credentials_invalid';
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'set-up', arrange: signedOut('setup'), show: text('Welcome to Signalbox') },
  {
    name: 'set-up-misfits',
    arrange: signedOut('setup'),
    show: async ({ page }) => {
      await page.getByLabel('One-time code').fill('X');
      await page.getByLabel('Name').fill('Ada');
      await page.getByLabel('E-mail').fill('ada@example');
      await page.getByLabel('Password').first().fill('a lamp in the window');
      await page.getByRole('button', { name: 'Create account' }).click();
    },
  },
  {
    name: 'invited',
    arrange: signedOut('invite'),
    path: () => '/welcome#invitation=Gq5fW2nV8tYxL1zR',
    show: text('Join Signalbox'),
  },
];

const search =
  (words: string): Step =>
  async ({ page }) => {
    await page.getByRole('article').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(words);
  };

const BOARD: readonly Screen[] = [
  { name: 'board', show: text('Reading lamp') },
  { name: 'board-many', scenario: 'many', show: text('Reading lamp 9') },
  { name: 'board-base-offline', scenario: 'offline', show: text(/offline/) },
  { name: 'board-no-base', scenario: 'empty', show: text('No base yet') },
  { name: 'board-no-unit', scenario: 'paired', show: text('No units yet') },
  { name: 'board-guest', role: 'guest', show: text('Reading lamp') },
  {
    name: 'board-loading',
    arrange: ({ hub }) => {
      hub.snapshotDelayMs = 60_000;
    },
    show: async ({ page }) => page.getByLabel('Loading the board').waitFor(),
  },
  {
    name: 'board-failed',
    arrange: ({ hub }) => {
      hub.snapshotFailure = 'internal';
    },
    show: text('The board could not be loaded'),
  },
  {
    name: 'board-hub-gone',
    show: inOrder(text('Reading lamp'), async ({ page, hub }) => {
      hub.failure = 'not_ready';
      hub.dropSockets();
      await page.getByText(/No live connection/).waitFor();
    }),
  },
  { name: 'board-search', show: inOrder(search('lamp'), text(/units found/)) },
  { name: 'board-search-none', show: inOrder(search('zzz'), text('Show all units')) },
  {
    name: 'board-requested',
    scenario: 'offline',
    arrange: (fixture) => {
      send(fixture, 'Reading lamp', ['on', false]);
      send(fixture, 'Reading lamp', ['brightness', 10]);
      send(fixture, 'Shelf strip', ['color', '#00ff00']);
      send(fixture, 'Bench supply', ['target', 25.5]);
    },
    show: text(/2 values requested/),
  },
  {
    name: 'board-refused',
    arrange: ({ site }) => {
      site.refusal = 'unit_out_of_range';
    },
    show: async ({ page }) => {
      await page.getByRole('switch').first().click();
      await page.getByRole('alert').first().waitFor();
    },
  },
  {
    name: 'board-colour',
    show: inOrder(press(/Colour/), async ({ page }) => page.getByRole('dialog').waitFor()),
  },
  {
    name: 'keys',
    show: inOrder(text('Reading lamp'), async ({ page }) => {
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    }),
  },
];

const zoom: Step = async ({ page }) => {
  const over = page.locator('.u-over');
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  if (!box) throw new Error('there is no chart');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.4, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.7, y, { steps: 5 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Back to live' }).waitFor();
  await page.mouse.move(box.x + box.width * 0.3, y);
};

const UNITS: readonly Screen[] = [
  { name: 'unit-lamp', path: unitPage('Reading lamp'), show: text('Recent commands') },
  {
    name: 'unit-lamp-used',
    path: unitPage('Reading lamp'),
    arrange: (fixture) => {
      for (const input of [10, 60, 80]) send(fixture, 'Reading lamp', ['brightness', input]);
      send(fixture, 'Reading lamp', ['on', true]);
    },
    show: inOrder(ended, text('Recent commands')),
  },
  { name: 'unit-sensor', path: unitPage('Window light'), show: text('CSV') },
  {
    name: 'unit-sensor-day',
    path: unitPage('Window light'),
    show: inOrder(press('24 h'), text(/the mean of/)),
  },
  {
    name: 'unit-sensor-zoomed',
    path: unitPage('Window light'),
    show: inOrder(press('24 h'), zoom),
  },
  { name: 'unit-thermometer', path: unitPage('Greenhouse'), show: text('CSV') },
  { name: 'unit-workbench', path: unitPage('Bench supply'), show: text('Recent commands') },
  { name: 'unit-line', path: unitPage('Old lamp'), show: text('Recent commands') },
  { name: 'unit-lost', path: unitPage('Gate lamp'), show: text('Recent commands') },
  { name: 'unit-undescribed', path: unitPage('New board'), show: text('Recent commands') },
  {
    name: 'unit-base-offline',
    scenario: 'offline',
    arrange: (fixture) => {
      send(fixture, 'Reading lamp', ['brightness', 10]);
    },
    path: unitPage('Reading lamp'),
    show: text(/requested/),
  },
  {
    name: 'unit-board',
    path: unitPage('Reading lamp'),
    show: inOrder(press('Show the board hardware'), text('Restart'), ended),
  },
  {
    name: 'unit-board-confirm',
    path: unitPage('Reading lamp'),
    show: inOrder(press('Show the board hardware'), press('Restart…'), text('Restart now')),
  },
  { name: 'unit-edit', path: unitPage('Reading lamp'), show: press('Edit') },
  {
    name: 'unit-remove',
    path: unitPage('Reading lamp'),
    show: inOrder(press('Edit'), press(/^Remove /)),
  },
  {
    name: 'unit-updating',
    scenario: 'rollout',
    path: unitPage('Stairs'),
    show: text('All firmware'),
  },
  {
    name: 'unit-update-offered',
    scenario: 'rollout',
    path: unitPage('Shelf strip'),
    show: text(/Update to/),
  },
  { name: 'unit-guest', role: 'guest', path: unitPage('Reading lamp'), show: text('Facts') },
  { name: 'unit-unknown', path: () => '/units/u', show: text('No such unit') },
];

const basePage = ({ site }: ScreenFixture): string =>
  `/bases/${site.bases.keys().next().value ?? ''}`;

const BASES: readonly Screen[] = [
  { name: 'base', arrange: liveThrough, path: basePage, show: inOrder(ended, text('Facts')) },
  {
    name: 'base-offline',
    scenario: 'offline',
    arrange: (fixture) => {
      send(fixture, 'Reading lamp', ['brightness', 10]);
      send(fixture, 'Shelf strip', ['color', '#00ff00']);
    },
    path: basePage,
    show: text('Kept for it'),
  },
  { name: 'base-edit', path: basePage, show: inOrder(press('Edit'), press(/^Remove/)) },
  { name: 'base-unknown', path: () => '/bases/b', show: text('No such base') },
];

const brightnessCommand = (fixture: ScreenFixture): string =>
  `/commands/${send(fixture, 'Reading lamp', ['brightness', 30]).id}`;

const COMMANDS: readonly Screen[] = [
  { name: 'command-done', path: brightnessCommand, show: text('In total') },
  {
    name: 'command-failed',
    arrange: ({ site }) => {
      site.refusal = 'unit_out_of_range';
    },
    path: brightnessCommand,
    show: text('In total'),
  },
  { name: 'command-waiting', scenario: 'offline', path: brightnessCommand, show: text('So far') },
  {
    name: 'command-unknown',
    path: () => `/commands/${newId(CommandId)}`,
    show: text('No such command'),
  },
];

const checkAddress =
  (last: number): Step =>
  async ({ page }) => {
    const form = page.getByRole('region', { name: 'By its address' });
    await form.getByRole('textbox', { name: 'Address' }).fill(`192.168.1.${last}`);
    await form.getByRole('button', { name: /^Check/ }).click();
    await form.getByRole('status').waitFor();
  };

const ADDRESSES = [40, 41, 42, 43, 44, 45, 77] as const;

const ADDING: readonly Screen[] = [
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

const ACTIVITY: readonly Screen[] = [
  { name: 'activity-empty', path: () => '/activity', show: text('Nothing has happened yet') },
  {
    name: 'activity',
    scenario: 'rollout',
    arrange: liveThrough,
    path: () => '/activity',
    show: inOrder(ended, text('5 times')),
  },
  {
    name: 'activity-open',
    arrange: liveThrough,
    path: () => '/activity',
    show: inOrder(ended, press(/Show all 5/)),
  },
  {
    name: 'activity-problems',
    arrange: liveThrough,
    path: () => '/activity?outcome=failed',
    show: text('Clear'),
  },
  {
    name: 'activity-none',
    arrange: liveThrough,
    path: () => '/activity?kind=firmware',
    show: text('No matching events'),
  },
  {
    name: 'activity-failed',
    arrange: ({ hub }) => {
      hub.eventsFailure = 'internal';
    },
    path: () => '/activity',
    show: text('The activity could not be loaded'),
  },
];

const FIRMWARE: readonly Screen[] = [
  { name: 'firmware-empty', path: () => '/firmware', show: text('No firmware yet') },
  { name: 'firmware', scenario: 'rollout', path: () => '/firmware', show: text('Images') },
  {
    name: 'firmware-roll-out',
    scenario: 'rollout',
    path: () => '/firmware',
    show: press(/^Roll out /),
  },
];

const SETTINGS: readonly Screen[] = [
  { name: 'settings', path: () => '/settings', show: text('Node-RED') },
  {
    name: 'settings-secrets',
    path: () => '/settings',
    show: inOrder(text('Node-RED'), press('Invite'), async ({ page }) => {
      await page.getByLabel('New token for').fill('Script');
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByText(/^sbt_/).waitFor();
    }),
  },
  {
    name: 'settings-asking',
    path: () => '/settings',
    show: inOrder(text('Node-RED'), press('Revoke Node-RED')),
  },
  { name: 'settings-guest', role: 'guest', path: () => '/settings', show: text('Node-RED') },
  { name: 'connect', path: () => '/connect', show: text('Continue') },
  {
    name: 'connect-request',
    path: () => '/connect',
    show: async ({ page }) => {
      await page.getByLabel('Code', { exact: true }).fill('BCDF-GHJK');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Approve' }).waitFor();
    },
  },
  { name: 'not-found', path: () => '/nowhere', show: text('There is nothing here') },
];

/** Every screen of the dashboard, and the states in which it looks different. */
export const SCREENS: readonly Screen[] = [
  ...SIGN_IN,
  ...BOARD,
  ...UNITS,
  ...BASES,
  ...COMMANDS,
  ...ADDING,
  ...ACTIVITY,
  ...FIRMWARE,
  ...SETTINGS,
];
