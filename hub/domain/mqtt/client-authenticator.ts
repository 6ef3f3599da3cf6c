import type {
  MqttAuthenticator,
  MqttCredentials,
  MqttVerdict,
} from '../../kernel/mqtt-authenticator.ts';
import { isClientIdOfDevice } from '../../store/devices.ts';
import type { Db } from '../../store/schema.ts';
import type { DevicePrincipal, Principal } from '../accounts/principal.ts';

export interface ClientAuthenticatorDeps {
  readonly db: Db;
  readonly devices: MqttAuthenticator<DevicePrincipal>;
  readonly tokens: MqttAuthenticator<Principal>;
}

/**
 * Everybody who may connect: devices, and software with an API token. A client id that a device
 * is registered with belongs to that device alone; a client
 * that is not authenticated does not learn that it is registered.
 */
export class ClientAuthenticator implements MqttAuthenticator<Principal> {
  readonly #deps: ClientAuthenticatorDeps;

  constructor(deps: ClientAuthenticatorDeps) {
    this.#deps = deps;
  }

  readonly authenticate = async (
    credentials: MqttCredentials,
  ): Promise<MqttVerdict<Principal> | undefined> => {
    const { db, devices, tokens } = this.#deps;
    const device = await devices.authenticate(credentials);
    if (device) return device;
    const verdict = await tokens.authenticate(credentials);
    if (!verdict?.ok || credentials.clientId === '') return verdict;
    const isTaken = await isClientIdOfDevice(db, credentials.clientId);
    return isTaken ? { ok: false, reason: 'client_id' } : verdict;
  };
}
