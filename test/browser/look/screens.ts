import type { FakeHub } from '../../../dashboard/testing/fake-hub.ts';
import { ADDING } from './adding-screens.ts';
import {
  ended,
  inOrder,
  liveThrough,
  press,
  text,
  type ScreenFixture,
  type Screen,
} from './screen.ts';
import { BASES, BOARD, COMMANDS, UNITS } from './site-screens.ts';

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
