/** Version of this base, as it tells the hub when it is paired. */
export const BASE_VERSION = '0.1.0';
