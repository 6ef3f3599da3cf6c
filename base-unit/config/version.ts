/** Version of this base, as sent to the hub at pairing. */
export const BASE_VERSION = '0.1.0';
