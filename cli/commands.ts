export interface CliCommand {
  readonly words: readonly string[];
  readonly operands: string;
  readonly summary: string;
  /** @param stopNow aborted when whoever asked to stop does not want to wait any more. */
  readonly run: (
    argv: readonly string[],
    stop: AbortSignal,
    stopNow?: AbortSignal,
  ) => Promise<number>;
}

/** Every command. A program is loaded only when its command is given. */
export const COMMANDS: readonly CliCommand[] = [
  {
    words: ['demo'],
    operands: '',
    summary: 'everything in one terminal: a hub, a base and two units',
    run: async (argv, stop) => (await import('./demo/run-demo.ts')).runDemo(argv, stop),
  },
  {
    words: ['hub'],
    operands: '',
    summary: 'runs a hub with its dashboard',
    run: async (argv, stop, stopNow) =>
      (await import('../hub/main.ts')).runHub(argv, stop, { stopNow }),
  },
  {
    words: ['db', 'copy'],
    operands: '<from> <to>',
    summary: "copies a stopped hub's data from SQLite to PostgreSQL, or back",
    run: async (argv, stop) =>
      (await import('../hub/database-commands.ts')).copyDatabase(argv, stop),
  },
  {
    words: ['db', 'check'],
    operands: '',
    summary: "checks a hub's data, and says what is wrong with it",
    run: async (argv) => (await import('../hub/database-commands.ts')).checkDatabase(argv),
  },
  {
    words: ['base', 'pair'],
    operands: '<hub-url> <claim-code>',
    summary: 'joins this base to a hub; the code also from a file: --claim-file',
    run: async (argv) => (await import('../base-unit/main.ts')).pairBase(argv),
  },
  {
    words: ['base', 'run'],
    operands: '',
    summary: 'runs this base',
    run: async (argv, stop) => (await import('../base-unit/main.ts')).runBase(argv, stop),
  },
  {
    words: ['base', 'status'],
    operands: '',
    summary: 'shows the status of this base',
    run: async (argv) => (await import('../base-unit/main.ts')).printBaseStatus(argv),
  },
  {
    words: ['base', 'discover'],
    operands: '',
    summary: 'lists the units that announce themselves on this network',
    run: async (argv, stop) =>
      (await import('../base-unit/cli/discover-units.ts')).discoverUnits(argv, stop),
  },
  {
    words: ['base', 'unit-key'],
    operands: '<unit>',
    summary: 'gives a unit of this base its key; also from or into a file: --key-file',
    run: async (argv) => (await import('../base-unit/cli/unit-commands.ts')).giveUnitKey(argv),
  },
  {
    words: ['base', 'add-unit'],
    operands: '--label-file <file>',
    summary: 'adds a unit by its QR code, with its key',
    run: async (argv) => (await import('../base-unit/cli/unit-commands.ts')).addLabelledUnit(argv),
  },
  {
    words: ['unit', 'run'],
    operands: '',
    summary: 'runs a unit as a process on this machine',
    run: async (argv, stop) => (await import('./unit/run-unit.ts')).runUnit(argv, stop),
  },
  {
    words: ['firmware', 'keygen'],
    operands: '<file>',
    summary: 'creates a key for signing firmware',
    run: async (argv) => (await import('./firmware/run-firmware.ts')).makeFirmwareKey(argv),
  },
  {
    words: ['firmware', 'sign'],
    operands: '<image>',
    summary: 'creates a signed firmware file from an image',
    run: async (argv) => (await import('./firmware/run-firmware.ts')).signFirmwareFile(argv),
  },
  {
    words: ['firmware', 'inspect'],
    operands: '<file>',
    summary: 'shows and verifies a firmware file',
    run: async (argv) => (await import('./firmware/run-firmware.ts')).inspectFirmwareFile(argv),
  },
  {
    words: ['unit', 'provision'],
    operands: '',
    summary: 'gives a unit on a serial port its Wi-Fi and its key, and adds it to this base',
    run: async (argv, stop) =>
      (await import('./unit/provision/run-provision.ts')).runProvision(argv, stop),
  },
  {
    words: ['login'],
    operands: '<hub-url>',
    summary: 'signs this command line in to a hub; approve it on the dashboard',
    run: async (argv, stop) => (await import('./remote/run-login.ts')).runLogin(argv, stop),
  },
  {
    words: ['logout'],
    operands: '',
    summary: 'revokes this login at the hub and deletes it here',
    run: async (argv) => (await import('./remote/run-login.ts')).runLogout(argv),
  },
  {
    words: ['whoami'],
    operands: '',
    summary: 'shows who is signed in and with which scope',
    run: async (argv) => (await import('./remote/run-login.ts')).printWhoami(argv),
  },
  {
    words: ['units'],
    operands: '',
    summary: 'lists the units with their values',
    run: async (argv) => (await import('./remote/run-units.ts')).printUnits(argv),
  },
  {
    words: ['send'],
    operands: '<unit> <property> [value]',
    summary: "sends a command to a unit and waits for the unit's answer",
    run: async (argv, stop) => (await import('./remote/run-send.ts')).runSend(argv, stop),
  },
  {
    words: ['device', 'add'],
    operands: '<name>',
    summary: 'registers a device that connects by MQTT, and writes what it connects with',
    run: async (argv) => (await import('./remote/run-device.ts')).addDevice(argv),
  },
  {
    words: ['device', 'list'],
    operands: '',
    summary: 'lists the devices with their certificates and passwords',
    run: async (argv) => (await import('./remote/run-device.ts')).printDevices(argv),
  },
  {
    words: ['device', 'describe'],
    operands: '<device>',
    summary: 'shows what a device says it is',
    run: async (argv) => (await import('./remote/run-device-offers.ts')).describeDevice(argv),
  },
  {
    words: ['device', 'accept'],
    operands: '<device>',
    summary: 'makes a device the unit that it says it is',
    run: async (argv) => (await import('./remote/run-device-offers.ts')).acceptDevice(argv),
  },
  {
    words: ['device', 'rotate'],
    operands: '<device>',
    summary: 'gives a device another certificate or password',
    run: async (argv) => (await import('./remote/run-device.ts')).rotateDevice(argv),
  },
  {
    words: ['device', 'remove'],
    operands: '<device>',
    summary: 'unregisters a device: its connection and its rights end at once',
    run: async (argv) => (await import('./remote/run-device.ts')).removeDevice(argv),
  },
  {
    words: ['webhook', 'add'],
    operands: '<name> <url>',
    summary: 'sends the events of a site to an address',
    run: async (argv) => (await import('./remote/run-webhook.ts')).addWebhook(argv),
  },
  {
    words: ['webhook', 'list'],
    operands: '',
    summary: 'lists the webhooks of your sites',
    run: async (argv) => (await import('./remote/run-webhook.ts')).printWebhooks(argv),
  },
  {
    words: ['webhook', 'log'],
    operands: '<webhook>',
    summary: 'lists what was sent to a webhook, and why not',
    run: async (argv) => (await import('./remote/run-webhook.ts')).printWebhookLog(argv),
  },
  {
    words: ['webhook', 'replay'],
    operands: '<webhook>',
    summary: 'sends again what was not delivered',
    run: async (argv) => (await import('./remote/run-webhook.ts')).replayWebhook(argv),
  },
  {
    words: ['webhook', 'test'],
    operands: '<webhook>',
    summary: 'sends a test message, and prints what was answered',
    run: async (argv, stop) => (await import('./remote/run-webhook.ts')).testWebhook(argv, stop),
  },
  {
    words: ['webhook', 'rotate'],
    operands: '<webhook>',
    summary: 'gives a webhook another secret',
    run: async (argv) => (await import('./remote/run-webhook.ts')).rotateWebhook(argv),
  },
  {
    words: ['webhook', 'remove'],
    operands: '<webhook>',
    summary: 'removes a webhook with its log',
    run: async (argv) => (await import('./remote/run-webhook.ts')).removeWebhook(argv),
  },
  {
    words: ['watch'],
    operands: '[unit]',
    summary: 'prints changes as they happen',
    run: async (argv, stop) => (await import('./remote/run-watch.ts')).runWatch(argv, stop),
  },
];
