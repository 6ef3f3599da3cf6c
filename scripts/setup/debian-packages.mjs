import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { commandPath } from './command-path.mjs';

/**
 * A package that Signalbox can use, and how to detect it: any one of the commands or
 * files.
 *
 * @typedef {{ name: string, commands?: string[], files?: string[] }} DebianPackage
 */

/** @type {Record<string, DebianPackage>} */
export const PACKAGES = {
  python: { name: 'python3', commands: ['python3'] },
  make: { name: 'make', commands: ['make'] },
  cmake: { name: 'cmake', commands: ['cmake'] },
  compiler: { name: 'g++', commands: ['g++', 'clang++'] },
  nanopb: {
    name: 'libnanopb-dev',
    files: ['/usr/include/nanopb/pb_encode.h', '/usr/include/pb_encode.h'],
  },
  bearssl: {
    name: 'libbearssl-dev',
    files: ['/usr/include/bearssl/bearssl_block.h', '/usr/local/include/bearssl/bearssl_block.h'],
  },
  nanopbGenerator: { name: 'nanopb', commands: ['protoc-gen-nanopb'] },
  protoc: { name: 'protobuf-compiler', commands: ['protoc'] },
  doctest: { name: 'doctest-dev', files: ['/usr/include/doctest/doctest.h'] },
  json: {
    name: 'nlohmann-json3-dev',
    files: ['/usr/include/nlohmann/json.hpp', '/usr/local/include/nlohmann/json.hpp'],
  },
  clang: { name: 'clang', commands: ['clang++'] },
  clangRuntime: { name: 'libclang-rt-14-dev', files: ['/usr/lib/llvm-14/lib/clang'] },
  clangFormat: { name: 'clang-format', commands: ['clang-format'] },
  chipCompiler: { name: 'gcc-xtensa-lx106', commands: ['xtensa-lx106-elf-g++'] },
  chipLibrary: {
    name: 'picolibc-xtensa-lx106-elf',
    files: ['/usr/lib/xtensa-lx106-elf/picolibc.specs'],
  },
  chipEmulator: { name: 'qemu-system-misc', commands: ['qemu-system-xtensa'] },
  chromium: { name: 'chromium', commands: ['chromium'] },
  postgres: { name: 'postgresql', files: ['/usr/lib/postgresql'] },
  redis: { name: 'redis-server', commands: ['redis-server'] },
  haproxy: { name: 'haproxy', commands: ['haproxy', '/usr/sbin/haproxy'] },
  mosquittoClients: { name: 'mosquitto-clients', commands: ['mosquitto_pub'] },
  paho: {
    name: 'python3-paho-mqtt',
    files: ['/usr/lib/python3/dist-packages/paho/mqtt/client.py'],
  },
  faketime: { name: 'faketime', commands: ['faketime'] },
  valgrind: { name: 'valgrind', commands: ['valgrind'] },
  coverage: { name: 'g++', commands: ['gcov'] },
  curl: { name: 'curl', commands: ['curl'] },
};

/** Whether packages can be installed without asking: root on Debian, unless disabled. */
function canInstall() {
  return (
    process.env.SIGNALBOX_NO_APT !== '1' &&
    process.getuid?.() === 0 &&
    existsSync('/etc/debian_version') &&
    commandPath('apt-get') !== undefined
  );
}

/** @param {DebianPackage} wanted */
export function isPresent(wanted) {
  return (
    (wanted.commands ?? []).some((command) => commandPath(command) !== undefined) ||
    (wanted.files ?? []).some((file) => existsSync(file))
  );
}

/**
 * Ensures that packages are installed, by apt-get if possible.
 *
 * @param {DebianPackage[]} wanted
 * @param {(line: string) => void} say
 * @returns {string[]} the names of those still missing
 */
export function ensurePackages(wanted, say) {
  const missing = wanted.filter((one) => !isPresent(one)).map((one) => one.name);
  if (missing.length === 0 || !canInstall()) return missing;
  say(`Installing from Debian: ${missing.join(' ')}`);
  if (!aptInstall(missing)) {
    apt(['update', '-qq']);
    // One by one, so that an unavailable one does not block the others.
    if (!aptInstall(missing)) for (const name of missing) aptInstall([name]);
  }
  return wanted.filter((one) => !isPresent(one)).map((one) => one.name);
}

/** The one line that says what to install. */
export function installLine(purpose, names) {
  return `${purpose} needs: ${names.join(' ')} (on Debian: sudo apt-get install -y --no-install-recommends ${names.join(' ')})`;
}

function aptInstall(names) {
  return apt(['install', '-y', '-qq', '--no-install-recommends', ...names]);
}

function apt(args) {
  const { status } = spawnSync('apt-get', ['-o', 'Dpkg::Use-Pty=0', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 600_000,
  });
  return status === 0;
}
