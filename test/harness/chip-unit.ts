import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { REPOSITORY } from '../architecture/source.ts';
import type { Cleanup } from '#platform/testing/cleanup.ts';

/** Built by `npm run firmware:esp8266`. */
const PROGRAM = join(REPOSITORY, 'firmware/build/lx106/unit_program.elf');
const EMULATOR = 'qemu-system-xtensa';
const MACHINE = ['-M', 'sim', '-cpu', 'lx106', '-semihosting', '-nographic', '-monitor', 'none'];
/** Of the socket, in the emulator: the program reads and writes records there. */
const SOCKET = 3;

/** Of the firmware's version, and of the key that it trusts (firmware/lx106/unit_program.cpp). */
const VERSION_BYTES = 16;
const UPDATE_KEY_BYTES = 65;

const HEADER_BYTES = 4;
const MAX_RECORD_BYTES = 1_024;
const LINKS = 4;

export function chipUnitIsBuilt(): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return existsSync(PROGRAM) && folders.some((folder) => existsSync(join(folder, EMULATOR)));
}

/**
 * A lamp whose firmware runs as machine code of the ESP8266's processor, under
 * QEMU. Its connections are TCP here, and records on a socket there
 * (firmware/lx106/unit_program.cpp).
 */
export class ChipUnit {
  readonly #keyFile: string;
  readonly #updateKey: Buffer;
  readonly #server: Server;
  readonly #sockets = new Map<number, Socket>();
  /** Links that the unit has not released. */
  readonly #held = new Set<number>();
  #machine: ChildProcess | undefined;
  #wire: Socket | undefined;
  #pending = Buffer.alloc(0);
  /** What outlives a restart: the installed firmware, not confirmed yet. */
  #kept = Buffer.alloc(VERSION_BYTES + 1);
  /** How often it was started. */
  boots = 0;
  #isFailing = false;
  #failsNext = false;

  /** @param options.updateKeyFile the public key of whoever makes its firmware. */
  constructor(options: {
    readonly keyFile: string;
    readonly updateKeyFile: string;
    readonly cleanup: Cleanup;
  }) {
    const { keyFile, updateKeyFile, cleanup } = options;
    this.#keyFile = keyFile;
    this.#updateKey = Buffer.from(readFileSync(updateKeyFile, 'utf8'), 'base64');
    if (this.#updateKey.length !== UPDATE_KEY_BYTES) throw new Error('not a public key');
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    cleanup.add(() => this.#stop());
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return address.port;
  }

  /**
   * Cuts the connection instead of the unit's next answer: the next bytes after it receives
   * something.
   */
  failNextAnswer(): void {
    this.#failsNext = true;
    this.#isFailing = false;
  }

  #fails(): boolean {
    if (!this.#isFailing) return false;
    this.#isFailing = false;
    return true;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#boot();
  }

  #boot(): void {
    this.boots += 1;
    this.#pending = Buffer.alloc(0);
    this.#held.clear();
    const machine = spawn(EMULATOR, [...MACHINE, '-kernel', PROGRAM], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    const wire = machine.stdio[SOCKET];
    if (!(wire instanceof Socket)) throw new Error('no socket to the emulator');
    this.#machine = machine;
    this.#wire = wire;
    wire.on('error', () => undefined);
    wire.on('data', (chunk: Buffer) => {
      if (this.#machine === machine) this.#read(chunk);
    });
    const key = Buffer.from(readFileSync(this.#keyFile, 'utf8'), 'base64');
    const random = [randomBytes(32), randomBytes(4)];
    this.#report('B', 0, Buffer.concat([key, ...random, this.#updateKey, this.#kept]));
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const link = Array.from({ length: LINKS }, (_, index) => index).find(
      (index) => !this.#held.has(index),
    );
    if (link === undefined) {
      socket.destroy();
      return;
    }
    this.#held.add(link);
    this.#sockets.set(link, socket);
    this.#report('O', link);
    socket.on('data', (chunk: Buffer) => {
      for (let from = 0; from < chunk.length; from += MAX_RECORD_BYTES) {
        if (this.#sockets.get(link) !== socket) return;
        this.#report('D', link, chunk.subarray(from, from + MAX_RECORD_BYTES));
      }
      if (this.#failsNext) this.#isFailing = true;
      this.#failsNext = false;
    });
    socket.on('close', () => {
      if (this.#sockets.get(link) !== socket) return;
      this.#sockets.delete(link);
      this.#report('C', link);
    });
  }

  #report(type: string, link: number, bytes: Uint8Array = new Uint8Array()): void {
    const header = Buffer.from([type.charCodeAt(0), link, bytes.length >> 8, bytes.length & 0xff]);
    this.#wire?.write(Buffer.concat([header, bytes]));
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.#pending.readUInt16BE(2);
      if (this.#pending.length < end) return;
      const record = this.#pending.subarray(0, end);
      this.#pending = this.#pending.subarray(end);
      this.#receive(
        String.fromCharCode(record[0] ?? 0),
        record[1] ?? 0,
        record.subarray(HEADER_BYTES),
      );
    }
  }

  #receive(type: string, link: number, bytes: Buffer): void {
    const socket = this.#sockets.get(link);
    switch (type) {
      case 'D':
        if (this.#fails()) socket?.resetAndDestroy();
        else socket?.write(bytes);
        return;
      case 'C':
        this.#held.delete(link);
        this.#sockets.delete(link);
        socket?.end();
        return;
      case 'R':
        // Without another version it is what ran before.
        if (bytes[0] === 0) bytes.copy(this.#kept, VERSION_BYTES, VERSION_BYTES);
        else this.#kept = Buffer.from(bytes);
        for (const open of this.#sockets.values()) open.destroy();
        this.#sockets.clear();
        this.#boot();
        return;
      default:
        throw new Error(`the program says ${type}`);
    }
  }

  async #stop(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    machine?.kill('SIGKILL');
    for (const socket of this.#sockets.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
