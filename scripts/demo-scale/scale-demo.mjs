import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoProcess } from './demo-process.mjs';
import { balancer, listens, postgresServer, redisServer } from './servers.mjs';
import { pairedBase, siteUnits } from './site.mjs';

const HUBS = 3;

/** Three hubs behind HAProxy, with PostgreSQL and Redis, a base and two units, on the loopback. */
export class ScaleDemo {
  #root;
  #ports;
  #folder;
  #say;
  #database;
  #bus;
  #balancer;
  #base;
  #units = [];
  /** @type {DemoProcess[]} */
  #hubs = [];
  #isStopping = false;

  /** @param {{ root: string, httpPort: number, httpsPort: number, firstPort: number,
   *    say: (line: string) => void }} options */
  constructor({ root, httpPort, httpsPort, firstPort, say }) {
    this.#root = root;
    this.#say = say;
    const from = (index) => firstPort + index;
    this.#ports = {
      ...{ httpPort, httpsPort, database: from(0), bus: from(1), units: [from(2), from(3)] },
      hubs: Array.from({ length: HUBS }, (_, index) => ({
        httpPort: from(4 + 2 * index),
        httpsPort: from(5 + 2 * index),
      })),
    };
  }

  /** @returns the address of the first sign-in. */
  async start() {
    const { database, bus, hubs, httpPort, httpsPort, units } = this.#ports;
    for (const port of [
      httpPort,
      httpsPort,
      database,
      bus,
      ...units,
      ...hubs.flatMap(Object.values),
    ])
      if (await listens(port)) throw new Error(`Port ${port} is in use; see --help.`);
    this.#folder = mkdtempSync(join(tmpdir(), 'signalbox-scale-'));
    // PostgreSQL has a folder in it, as another user.
    chmodSync(this.#folder, 0o711);
    const folder = this.#folder;
    this.#say('Starting PostgreSQL and Redis');
    this.#database = postgresServer(folder, database);
    this.#bus = redisServer(folder, bus);
    await this.#run(this.#database, () => listens(database));
    await this.#run(this.#bus, () => listens(bus));
    this.#say('Starting three hubs and HAProxy');
    const claimFile = join(folder, 'claim');
    this.#hubs = hubs.map((ports, index) => this.#hub(index, ports, claimFile));
    const [first, ...others] = this.#hubs;
    const isReady = (hub) => () => hub.output.includes('"event":"ready"');
    await this.#run(first, isReady(first));
    const [, code] = /#code=([^"\s]+)/.exec(first.output) ?? [];
    await Promise.all(others.map((hub) => this.#run(hub, isReady(hub))));
    this.#balancer = balancer({ root: this.#root, folder, httpPort, httpsPort, hubs });
    const url = `http://127.0.0.1:${httpPort}`;
    await this.#run(this.#balancer, async () => await answers(`${url}/readyz`));
    this.#say('Starting a base and two units');
    this.#units = siteUnits({ root: this.#root, folder, ports: units });
    for (const [index, unit] of this.#units.entries())
      await this.#run(unit.process, () => listens(units[index]));
    await first.until(() => existsSync(claimFile));
    const base = { root: this.#root, folder, url: `https://127.0.0.1:${httpsPort}`, claimFile };
    this.#base = await pairedBase({ ...base, units: this.#units });
    await this.#run(this.#base, () => this.#base.output.includes('hub link ready'));
    return `http://localhost:${httpPort}/welcome#code=${code}`;
  }

  /** What runs and what does not, a line each. */
  states() {
    const programs = [...this.#hubs, this.#database, this.#bus, this.#balancer, this.#base];
    return programs.map(
      (one) => `${one.spec.name.padEnd(12)} ${one.isRunning ? `process ${one.pid}` : 'stopped'}`,
    );
  }

  /** Kills what runs, and starts what does not. @param {'1' | '2' | '3' | 'p' | 'r'} key */
  async toggle(key) {
    const program =
      key === 'p' ? this.#database : key === 'r' ? this.#bus : this.#hubs[Number(key) - 1];
    if (!program || this.#isStopping) return;
    if (program.isRunning) {
      // PostgreSQL as in a crash, which its other processes notice.
      await program.stop(key === 'p' ? 'SIGQUIT' : 'SIGKILL');
      this.#say(`${program.spec.name} was killed`);
    } else {
      program.start();
      this.#say(`${program.spec.name} is started again`);
    }
  }

  async stop() {
    this.#isStopping = true;
    await this.#base?.stop();
    await Promise.all(this.#units.map((unit) => unit.process.stop()));
    await this.#balancer?.stop();
    await Promise.all(this.#hubs.map((hub) => hub.stop()));
    await Promise.all([this.#bus?.stop(), this.#database?.stop('SIGINT')]);
    this.#remove();
  }

  /** Ends all now. */
  kill() {
    const units = this.#units.map((unit) => unit.process);
    const programs = [
      this.#base,
      ...units,
      this.#balancer,
      ...this.#hubs,
      this.#bus,
      this.#database,
    ];
    for (const program of programs) program?.kill();
    this.#remove();
  }

  #remove() {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(program, isReady) {
    if (this.#isStopping) throw new Error('Stopped while it started.');
    program.start();
    await program.until(isReady);
  }

  #hub(index, { httpPort, httpsPort }, claimFile) {
    const { database, bus } = this.#ports;
    return new DemoProcess({
      name: `hub ${index + 1}`,
      command: process.execPath,
      args: [
        ...[
          join(this.#root, 'bin/signalbox.js'),
          'hub',
          '--data',
          join(this.#folder, `hub-${index + 1}`),
        ],
        ...['--http-port', String(httpPort), '--https-port', String(httpsPort)],
        ...['--https-host', '127.0.0.1', '--trusted-proxies', 'loopback'],
        // Three hubs on one machine cannot have the same ports.
        ...['--mqtts-port', 'off', '--mqtt-port', 'off'],
        ...['--database', `postgres://signalbox@127.0.0.1:${database}/postgres`],
        ...['--bus', `redis://127.0.0.1:${bus}`],
        // There is no other client to say goodbye to.
        ...['--drain-wait', '0', '--drain-time', '0'],
        ...(index === 0 ? ['--local-claim-file', claimFile] : []),
      ],
      logFile: join(this.#folder, `hub-${index + 1}.log`),
    });
  }
}

async function answers(url) {
  return (await fetch(url).catch(() => undefined))?.ok === true;
}
