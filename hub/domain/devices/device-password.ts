/**
 * What the password of a device starts with, so that people and scanners recognise one. The hub
 * makes it, of 192 random bits. Nobody guesses such a secret, so it is kept as one SHA-256, as
 * API tokens are: ten thousand devices that come back at once cost the hub ten thousand look-ups,
 * and not minutes of argon2, which exists to protect what people think up.
 */
export const DEVICE_PASSWORD_PREFIX = 'sbd_';
