import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cleanup, temporaryFolder } from '#platform/testing/cleanup.ts';

const DAY_SECONDS = 86_400;

/** Where Debian's libfaketime has its library for programs with threads. */
function library(): string | undefined {
  return readdirSync('/usr/lib')
    .map((name) => join('/usr/lib', name, 'faketime/libfaketimeMT.so.1'))
    .find((path) => existsSync(path));
}

/** Why clocks cannot be set here; undefined: they can. */
export function fakeClockObstacle(): string | undefined {
  const path = library();
  if (path === undefined) return 'libfaketime is not installed (Debian package faketime)';
  const { stdout } = spawnSync(process.execPath, ['-p', 'Date.now()'], {
    env: { ...process.env, LD_PRELOAD: path, FAKETIME: '+2d' },
    encoding: 'utf8',
  });
  return Number(stdout) > Date.now() + 86_400_000 ? undefined : 'libfaketime does not work here';
}

/** The wall clock of some programs, which a test can set; time passes at its usual rate. */
export class FakeClock {
  readonly #file: string;
  #days = 0;

  constructor(cleanup: Cleanup) {
    this.#file = join(temporaryFolder(cleanup), 'clock');
    this.jumpTo(0);
  }

  /** What a program needs in its environment to live by this clock. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: library() ?? '',
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** How far it is from the true time. */
  get days(): number {
    return this.#days;
  }

  /** So far from the true time, from now on. */
  jumpTo(days: number): void {
    this.#days = days;
    const fresh = `${this.#file}.new`;
    writeFileSync(fresh, `${days < 0 ? '' : '+'}${days * DAY_SECONDS}`);
    renameSync(fresh, this.#file);
  }
}
