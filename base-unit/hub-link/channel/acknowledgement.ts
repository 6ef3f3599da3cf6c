/**
 * What a message of the hub is to be acknowledged by. Its type says that there
 * is always such a function; a hub that waits for no answer sent none, and an
 * exception there would end the base.
 */
export function acknowledgementOf<Reply>(
  sent: ((reply: Reply) => void) | undefined,
): (reply: Reply) => void {
  return typeof sent === 'function' ? sent : () => undefined;
}
