import { ChannelClient, type LinkState } from '#client/channel-client.ts';
import { systemClock } from '#client/clock.ts';
import { asAppError } from '#client/http-client.ts';
import { channelName } from '#protocol/hub-link/channels.ts';
import { AppError, errorEntry } from '#protocol/errors.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { untilAborted } from '#platform/until-aborted.ts';
import { type WatchedChange, WatchedSite } from './watched-site.ts';
import type { HubConnection } from './hub-connection.ts';
import { findUnit, snapshotsOf } from './named-units.ts';
import { valueText } from './value-text.ts';
import { withHub, withRemoteArguments } from './with-hub.ts';

const HELP = `usage: signalbox watch [unit] [--hub URL] [--json]
Prints changes as they happen, until Ctrl-C: values, presence, events, commands.
  [unit]      only this unit: its name or id
  --json      one line of JSON per change, for programs
`;

export async function runWatch(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const options = { json: { type: 'boolean' } } as const;
  return withRemoteArguments(argv, { help: HELP, options, operands: [0, 1] }, async (given) =>
    withHub(given, async (connection) => {
      const snapshots = await snapshotsOf(connection);
      const [wanted] = given.operands;
      const found = wanted === undefined ? undefined : findUnit(snapshots, wanted);
      const over = new AbortController();
      const failures: AppError[] = [];
      const end = AbortSignal.any([stop, over.signal]);
      const print = given.flag('json') ? printJson : printLine;
      // The reader of our output has gone, as `head` does: nothing is left to do.
      const closed = (error: Error): void => {
        if (!('code' in error) || error.code !== 'EPIPE') failures.push(asAppError(error));
        over.abort();
      };
      process.stdout.on('error', closed);
      const watched = found ? [found.snapshot] : snapshots;
      const channels = watched.map((snapshot) =>
        watchSite({ connection, snapshot, only: found?.unit.id }, print, (error) => {
          failures.push(error);
          over.abort();
        }),
      );
      await untilAborted(end);
      for (const channel of channels) channel.close();
      process.stdout.off('error', closed);
      const [failure] = failures;
      if (failure) throw failure;
      return EXIT.ok;
    }),
  );
}

interface Watch {
  readonly connection: HubConnection;
  readonly snapshot: SiteSnapshot;
  readonly only: ConstructorParameters<typeof WatchedSite>[0];
}

function watchSite(
  { connection, snapshot, only }: Watch,
  print: (change: WatchedChange) => void,
  failed: (error: AppError) => void,
): ChannelClient {
  const { siteApi, openSocket } = connection;
  const { site } = snapshot;
  const state = new WatchedSite(only);
  state.apply(snapshot);
  const resync = (): void => {
    void siteApi.snapshot(site.id).then(
      (fresh) => state.apply(fresh).forEach(print),
      (error: unknown) => say(`${site.name}: ${asAppError(error).code}, some changes are missing`),
    );
  };
  const channel = new ChannelClient({
    channel: channelName({ kind: 'site', siteId: site.id }),
    openSocket,
    authorize: siteApi.authorize,
    // What changed meanwhile is in a snapshot of now; each difference is printed.
    onJoined: resync,
    onUnreadable: resync,
    beginResume: () => undefined,
    onDelta: ({ parts }) => {
      for (const part of parts) state.change(part).forEach(print);
    },
    clock: systemClock,
  });
  channel.status.subscribe(() => {
    const status = channel.status.get();
    if (status.kind === 'stopped') failed(new AppError(status.code));
    else say(`${site.name}: ${linkText(status)}`);
  });
  channel.start();
  return channel;
}

function linkText(status: LinkState): string {
  return status.kind === 'waiting'
    ? `not connected (${status.code}), retrying. ${errorEntry(status.code).message}`
    : status.kind;
}

function printLine({ name, key, value, type }: WatchedChange): void {
  const word = { value: '=', command: 'command', event: 'event', presence: ':', base: ':' };
  const at = new Date().toISOString();
  const text =
    type === 'removed' ? 'was removed' : `${key} ${word[type]} ${valueText(value)}`.trimEnd();
  process.stdout.write(terminalLines([`${at} ${name} ${text}`]));
}

function printJson(change: WatchedChange): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...change })}\n`);
}

function say(line: string): void {
  process.stderr.write(terminalLines([line]));
}
