import type { Server } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '#platform/clock.ts';
import type { Suspects } from '../../domain/accounts/suspects.ts';
import type { MqttOffers } from '../../domain/mqtt/module.ts';
import type { CloseOne } from '../../kernel/paced-closes.ts';
import { closeServer, listen } from '../admission/listen.ts';
import { ClientAdmission } from './client-admission.ts';
import { MqttServer, type MqttServerDeps } from './mqtt-server.ts';

/** A port, or none at all. */
export type MqttPort = number | 'off';

export interface MqttPorts {
  readonly mqttsPort: MqttPort;
  readonly mqttPort: MqttPort;
  readonly httpsHost: string;
  readonly httpHost: string;
}

export interface MqttListenersDeps
  extends
    Pick<
      MqttOffers,
      | 'mqttAuthenticator'
      | 'topicRights'
      | 'mqttLive'
      | 'mqttSessions'
      | 'mqttSubscriptions'
      | 'mqttRetained'
      | 'broker'
    >,
    Pick<MqttServerDeps, 'admitSocket' | 'isShared'> {
  readonly secureContext: SecureContextOptions;
  readonly suspects: Suspects;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface MqttAddresses {
  /** Undefined: switched off. */
  readonly mqtts: string | undefined;
  readonly mqtt: string | undefined;
}

/** The broker's two ports: TLS for everyone, plain for this machine. */
export class MqttListeners {
  readonly server: MqttServer;
  #securePort: number | undefined;

  constructor(deps: MqttListenersDeps) {
    const { secureContext, suspects } = deps;
    const admission = new ClientAdmission({
      ...{ authenticator: deps.mqttAuthenticator, rights: deps.topicRights },
      ...{ live: deps.mqttLive, suspects },
    });
    this.server = new MqttServer(
      {
        ...{ ...deps, admission, sessions: deps.mqttSessions },
        ...{ subscriptions: deps.mqttSubscriptions, retained: deps.mqttRetained },
      },
      secureContext,
    );
  }

  /** Of MQTT over TLS; undefined: it is not open. */
  get securePort(): number | undefined {
    return this.#securePort;
  }

  /** @returns the addresses, or in one sentence why a port cannot be opened. */
  async open(
    ports: MqttPorts,
  ): Promise<
    | { readonly ok: true; readonly addresses: MqttAddresses }
    | { readonly ok: false; readonly message: string }
  > {
    const { secure, plain } = this.server;
    const tls = await opened({
      ...{ server: secure, host: ports.httpsHost, port: ports.mqttsPort },
      flag: '--mqtts-port',
    });
    if (!tls.ok) return tls;
    const local = await opened({
      ...{ server: plain, host: ports.httpHost, port: ports.mqttPort },
      flag: '--mqtt-port',
    });
    if (!local.ok) return local;
    this.server.start();
    this.#securePort = tls.port;
    const addresses = {
      mqtts: tls.port === undefined ? undefined : `mqtts://localhost:${tls.port}`,
      mqtt: local.port === undefined ? undefined : `mqtt://localhost:${local.port}`,
    };
    return { ok: true, addresses };
  }

  drain(): CloseOne[] {
    return this.server.drain();
  }

  async close(): Promise<void> {
    await this.server.close();
    await closeServer(this.server.secure);
    await closeServer(this.server.plain);
  }
}

async function opened({
  port,
  ...listener
}: {
  readonly server: Server;
  readonly host: string;
  readonly port: MqttPort;
  readonly flag: string;
}): Promise<
  | { readonly ok: true; readonly port: number | undefined }
  | { readonly ok: false; readonly message: string }
> {
  if (port === 'off') return { ok: true, port: undefined };
  return await listen({ ...listener, port });
}
