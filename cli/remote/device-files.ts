import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mosquittoPub } from '#client/device-snippets.ts';
import { AppError } from '#protocol/errors.ts';
import type { CredentialRequest, DeviceCredential } from '#protocol/http/devices.ts';
import { LIMITS } from '#protocol/limits.ts';
import { readIfThere, writePrivateFile } from '#platform/files/private-file.ts';
import { terminalLines } from '#platform/terminal/terminal-text.ts';
import type { RemoteArguments } from './with-hub.ts';

const KEY_FILE = 'key.pem';

/** Which kind of credential is wanted. @throws AppError `bad_request`. */
export async function credentialFrom(given: RemoteArguments): Promise<CredentialRequest> {
  const file = given.text('csr');
  if (given.flag('password')) {
    if (file !== undefined) throw wrong('--csr', 'cannot be given with --password');
    return { kind: 'password' };
  }
  const days = given.text('days');
  const validDays = days === undefined ? LIMITS.certificateDays : Number(days);
  if (!Number.isInteger(validDays) || validDays < 1 || validDays > LIMITS.maxCertificateDays)
    throw wrong('--days', `must be 1 to ${LIMITS.maxCertificateDays}`);
  if (file === undefined) return { kind: 'certificate', validDays };
  try {
    return { kind: 'certificate', validDays, csr: await readFile(file, 'utf8') };
  } catch (error) {
    throw wrong('--csr', `must name a file that can be read`, error);
  }
}

/** Before anything is registered: a key that is in use somewhere is not replaced by accident. */
export async function refuseToOverwrite(folder: string | undefined): Promise<void> {
  if (folder === undefined || (await readIfThere(join(folder, KEY_FILE))) === undefined) return;
  throw wrong('--out', `must be a folder without a ${KEY_FILE}`);
}

/** Writes the files, prints what is shown once, and says how to connect. */
export async function handOver(
  { device, secret, ca, mqtt }: DeviceCredential,
  folder: string,
): Promise<void> {
  const { clientId, name } = device;
  const lines = [`${name} is registered as ${clientId}`];
  const files = ['ca.pem'];
  await writePrivateFile(join(folder, 'ca.pem'), ca);
  if (secret.kind === 'certificate') {
    await writePrivateFile(join(folder, 'cert.pem'), secret.certificate);
    files.push('cert.pem');
    if (secret.privateKey !== null) {
      await writePrivateFile(join(folder, KEY_FILE), secret.privateKey);
      files.push(KEY_FILE);
    }
  }
  const host = mqtt.hosts[0] ?? 'localhost';
  const password = secret.kind === 'password' ? secret.password : null;
  if (password !== null) lines.push(`password: ${password} (it is not shown again)`);
  lines.push(`written to ${folder}: ${files.join(', ')}`);
  const { port } = mqtt;
  if (port === null) lines.push('the hub has no port for MQTT over TLS: see its --mqtts-port');
  else {
    const snippet = mosquittoPub({ host, port, clientId, password });
    lines.push('try it in that folder:', ...snippet.split('\n'));
  }
  process.stdout.write(terminalLines(lines));
}

function wrong(source: string, reason: string, cause?: unknown): AppError {
  const field = source.replace('--', '');
  return new AppError('bad_request', { cause, details: { source, field, reason } });
}
