/** OpenSSL's and Node's names for bytes that are no TLS, or no HTTP. */
const NO_TLS_OR_HTTP = /^(EPROTO|ERR_SSL_|HPE_)/;
/** The WebSocket's error: an HTTP answer instead of the upgrade. */
const NO_UPGRADE = /^Unexpected server response: (\d{3})$/;
/** Possible answers of a running hub, or of a proxy in front of a stopped one. */
const MAY_BE_HUB: readonly number[] = [408, 429];
/** RFC 6585 section 6: a network that requires a sign-in. */
const SIGN_IN_FIRST = 511;
/** An error in an error in an error; deeper ones are not looked at. */
const MAX_DEPTH = 5;

/**
 * Detects an answer that is not the hub's: for example from a network that requires a
 * sign-in. Undefined: no sign of that.
 */
export function foreignAnswerIn(failure: unknown): string | undefined {
  let at = failure;
  for (let depth = 0; depth < MAX_DEPTH && at instanceof Object; depth += 1) {
    const code = 'code' in at ? String(at.code) : '';
    const message = 'message' in at ? String(at.message) : '';
    const status = Number(NO_UPGRADE.exec(message)?.[1]);
    const isPage = (status < 500 && !MAY_BE_HUB.includes(status)) || status === SIGN_IN_FIRST;
    if (isPage || NO_TLS_OR_HTTP.test(code)) return message.slice(0, 200);
    at = causeOf(at);
  }
  return undefined;
}

/** Socket.IO hands over the WebSocket's event, which has the error. */
function causeOf(failure: object): unknown {
  if ('description' in failure) return failure.description;
  if ('error' in failure) return failure.error;
  return 'cause' in failure ? failure.cause : undefined;
}
