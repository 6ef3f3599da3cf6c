import { CommandId, newId } from '#protocol/ids.ts';
import {
  ended,
  inOrder,
  liveThrough,
  press,
  send,
  text,
  unitPage,
  type ScreenFixture,
  type Screen,
  type Step,
} from './screen.ts';

const search =
  (words: string): Step =>
  async ({ page }) => {
    await page.getByRole('article').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(words);
  };

export const BOARD: readonly Screen[] = [
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

export const UNITS: readonly Screen[] = [
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

export const BASES: readonly Screen[] = [
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

export const COMMANDS: readonly Screen[] = [
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
