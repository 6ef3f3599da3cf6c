/** Nothing puts `signalbox` on the PATH automatically, so a terminal may not find the command. */
export function WhereCommandsRun() {
  return (
    <p className="soft small">
      “Command not found”? Run it in the folder of Signalbox as <code>npx signalbox …</code>, as the
      user that the base runs as. Where systemd runs the base, <code>deploy/README.md</code> shows
      how to make it a command.
    </p>
  );
}
