import type { LinkState } from '#client/channel-client.ts';
import { systemClock } from '#client/clock.ts';
import { asAppError } from '#client/http-client.ts';
import { AppError, errorEntry } from '#protocol/errors.ts';
import { LastEventId } from '#protocol/http/event-stream.ts';
import type { SiteSnapshot } from '#protocol/http/sites.ts';
import type { SiteCursor } from '#protocol/site-cursor.ts';
import { EXIT } from '#platform/terminal/exit-code.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import { untilAborted } from '#platform/until-aborted.ts';
import type { WatchedChange } from './watched-site.ts';
import { findUnit, snapshotsOf } from './named-units.ts';
import { type ChangePlace, type MissedEvents, SiteWatch } from './site-watch.ts';
import { valueText } from './value-text.ts';
import { withHub, withRemoteArguments } from './with-hub.ts';

const HELP = `usage: signalbox watch [unit] [--hub URL] [--json] [--after REV]
Prints changes as they happen, until Ctrl-C: values, presence, events, commands.
After a disconnect it continues after the last change it printed, or says that
events were missed.
  [unit]       only this unit: its name or id
  --json       one line of JSON per change, for programs; "cursor" is where to
               continue later
  --after REV  first what happened after this revision of the site, or after
               the cursor of a line of JSON; for one site or one unit
`;

export async function runWatch(argv: readonly string[], stop: AbortSignal): Promise<number> {
  const options = { json: { type: 'boolean' }, after: { type: 'string' } } as const;
  return withRemoteArguments(argv, { help: HELP, options, operands: [0, 1] }, async (given) =>
    withHub(given, async (connection) => {
      const snapshots = await snapshotsOf(connection);
      const [wanted] = given.operands;
      const found = wanted === undefined ? undefined : findUnit(snapshots, wanted);
      const over = new AbortController();
      const failures: AppError[] = [];
      const end = AbortSignal.any([stop, over.signal]);
      const print = given.flag('json') ? asJson : asLines;
      // The reader of our output has gone, as `head` does: nothing is left to do.
      const closed = (error: Error): void => {
        if (!('code' in error) || error.code !== 'EPIPE') failures.push(asAppError(error));
        over.abort();
      };
      process.stdout.on('error', closed);
      const watched = found ? [found.snapshot] : snapshots;
      const after = placeAfter(given.text('after'), watched);
      const failed = (error: AppError): void => {
        failures.push(error);
        over.abort();
      };
      const watches = watched.map((snapshot) => {
        const { site } = snapshot;
        return new SiteWatch({
          ...{ snapshot, after, only: found?.unit.id, clock: systemClock },
          ...{ api: connection.siteApi, openSocket: connection.openSocket },
          changed: print.changed,
          missed: (missed) => print.missed(site, missed),
          linkChanged: (status) => {
            if (status.kind === 'stopped') failed(new AppError(status.code));
            else say(`${site.name}: ${linkText(status)}`);
          },
          failed,
        });
      });
      for (const watch of watches) watch.start();
      await untilAborted(end);
      for (const watch of watches) watch.close();
      process.stdout.off('error', closed);
      const [failure] = failures;
      if (failure) throw failure;
      return EXIT.ok;
    }),
  );
}

function linkText(status: LinkState): string {
  return status.kind === 'waiting'
    ? `not connected (${status.code}), retrying. ${errorEntry(status.code).message}`
    : status.kind;
}

type Site = SiteSnapshot['site'];

/** How what is reported is printed. */
interface Print {
  readonly changed: (change: WatchedChange, place: ChangePlace) => void;
  readonly missed: (site: Site, missed: MissedEvents) => void;
}

const WORDS = { value: '=', command: 'command', event: 'event', presence: ':', base: ':' };

const asLines: Print = {
  changed: ({ name, key, value, type }, { at = new Date().toISOString() }) => {
    const text =
      type === 'removed' ? 'was removed' : `${key} ${WORDS[type]} ${valueText(value)}`.trimEnd();
    process.stdout.write(terminalLines([`${at} ${name} ${text}`]));
  },
  missed: (site, missed) => say(missedText(site, missed)),
};

const asJson: Print = {
  changed: (change, { at = new Date().toISOString(), cursor: { epoch, rev } }) => {
    printJson({ at, ...change, cursor: `${epoch}/${rev}` });
  },
  missed: (site, missed) => {
    printJson({ at: new Date().toISOString(), type: 'missed', siteId: site.id, ...missed });
    say(missedText(site, missed));
  },
};

const WHY_MISSED: Readonly<Record<MissedEvents['reason'], string>> = {
  epoch: 'the hub has another history of the site now',
  expired: 'they are no longer kept',
  too_far: 'they are too many',
};

function missedText({ name }: Site, { reason, after, next }: MissedEvents): string {
  return `${name}: events missed after revision ${after}: ${WHY_MISSED[reason]}. It goes on after ${next}.`;
}

function printJson(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** @throws AppError `bad_request` where it is no place, or might be one of several sites. */
function placeAfter(
  text: string | undefined,
  [watched, ...others]: readonly SiteSnapshot[],
): Pick<SiteCursor, 'epoch' | 'rev'> | undefined {
  if (text === undefined || !watched) return undefined;
  const wrong = (reason: string) =>
    new AppError('bad_request', { details: { source: '--after', field: text, reason } });
  if (others.length > 0) throw wrong('is of one site: name a unit of it');
  const { epoch } = watched.cursor;
  const place = LastEventId.safeParse(text.includes('/') ? text : `${epoch}/${text}`);
  if (!place.success) throw wrong('must be a revision, or the cursor of a line of JSON');
  return { epoch: place.data.epoch, rev: place.data.after };
}

function say(line: string): void {
  process.stderr.write(terminalLines([line]));
}
