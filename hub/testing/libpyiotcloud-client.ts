import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { z } from 'zod';

export interface ClientAnswer {
  readonly status: number;
  readonly text: string;
}

const Answer = z.looseObject({ status: z.string() });

/**
 * Calls as libpyiotcloud's own client makes them: `http.client` with JSON in the body of every
 * request, also of a GET, and its two headers.
 */
export class LibpyiotcloudClient {
  readonly #origin: string;
  readonly #prefix: string;
  readonly #ca: string | undefined;
  readonly username: string;
  secret = 'Unknown';

  constructor(origin: string, { username, prefix = '/libpyiotcloud', ca }: ClientOptions) {
    this.#origin = origin;
    this.#prefix = prefix;
    this.#ca = ca;
    this.username = username;
  }

  async send(method: 'GET' | 'POST', api: string, members: object): Promise<ClientAnswer> {
    // As json.dumps writes it.
    const body = JSON.stringify(members).replaceAll('":', '": ').replaceAll(',"', ', "');
    const { promise, resolve, reject } = withResolvers<ClientAnswer>();
    const send = this.#ca === undefined ? request : secureRequest;
    const sent = send(
      `${this.#origin}${this.#prefix}/${api}`,
      {
        method,
        ...(this.#ca === undefined ? {} : { ca: this.#ca }),
        headers: {
          'Accept-Encoding': 'identity',
          'Content-type': 'application/json',
          Accept: 'text/plain',
          'Content-Length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
    return await promise;
  }

  /** Calls of accounts answer 200 whatever the outcome is. */
  async account(method: 'GET' | 'POST', api: string, members: object) {
    const { text } = await this.send(method, api, { username: this.username, ...members });
    return Answer.parse(JSON.parse(text));
  }

  async signUp(password: string): Promise<string> {
    return (await this.account('POST', 'signup', { password })).status;
  }

  async logIn(password: string): Promise<string> {
    const { status, secret } = await this.account('POST', 'login', { password });
    this.secret = z.string().parse(secret);
    return status;
  }

  async register(devicename: string) {
    return await this.account('POST', 'register_device', { secret: this.secret, devicename });
  }

  async unregister(devicename: string) {
    return await this.account('POST', 'unregister_device', { secret: this.secret, devicename });
  }

  async devices() {
    return await this.account('GET', 'get_device_list', { secret: this.secret });
  }

  /** A call to a board: its answer as it came. */
  async call(api: string, devicename: string, args: object = {}): Promise<ClientAnswer> {
    const method = /^(set|write|reset)_/.test(api) ? 'POST' : 'GET';
    const { username, secret } = this;
    return await this.send(method, api, { username, secret, devicename, ...args });
  }
}

export interface ClientOptions {
  readonly username: string;
  readonly prefix?: string;
  /** Of an origin with HTTPS. */
  readonly ca?: string;
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((ok, failed) => {
    resolve = ok;
    reject = failed;
  });
  return { promise, resolve, reject };
}
