/**
 * The acknowledgement function of a hub's message. Its type promises one; a hub that
 * waits for no answer sends none, and an exception there would end the base.
 */
export function acknowledgementOf<Reply>(
  sent: ((reply: Reply) => void) | undefined,
): (reply: Reply) => void {
  return typeof sent === 'function' ? sent : () => undefined;
}
