/** How this very command line is started again, compiled or not. */
export function selfCommand(): { readonly command: string; readonly args: readonly string[] } {
  const [, script = ''] = process.argv;
  return { command: process.execPath, args: [...process.execArgv, script] };
}
