import type {
  MqttAuthenticator,
  MqttCredentials,
  MqttVerdict,
} from '../../kernel/mqtt-authenticator.ts';
import { type Principal, principalMay } from '../accounts/principal.ts';
import { TOKEN_PREFIX, type TokenService } from '../accounts/token-service.ts';
import { MQTT_PERMISSIONS } from './token-rights.ts';

/** Longer than any secret of ours. */
const MAX_SECRET_BYTES = 200;

/** Software that connects with an API token as its password; the user name says nothing. */
export class TokenAuthenticator implements MqttAuthenticator<Principal> {
  readonly #tokens: Pick<TokenService, 'authenticate'>;

  constructor(deps: { readonly tokens: Pick<TokenService, 'authenticate'> }) {
    this.#tokens = deps.tokens;
  }

  readonly authenticate = async ({
    password,
  }: MqttCredentials): Promise<MqttVerdict<Principal> | undefined> => {
    if (!password || password.length > MAX_SECRET_BYTES) return undefined;
    const secret = password.toString('utf8');
    if (!secret.startsWith(TOKEN_PREFIX)) return undefined;
    const principal = await this.#tokens.authenticate(secret);
    if (!principal) return { ok: false, reason: 'credentials' };
    const mayConnect = MQTT_PERMISSIONS.some((permission) => principalMay(principal, permission));
    if (!mayConnect) return { ok: false, reason: 'forbidden' };
    return { ok: true, principal, endsAtMs: principal.expiresAtMs ?? Infinity };
  };
}
