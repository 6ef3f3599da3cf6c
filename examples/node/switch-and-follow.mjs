// Lists the units of a site, sets a property of one, and prints what happens there for a while.
//
//   SIGNALBOX_URL=https://hub.example:8443 SIGNALBOX_TOKEN=sbx_... \
//     node switch-and-follow.mjs "Lamp" on true
import { AppError, connectHub } from 'signalbox/client';

const [name, property, input] = process.argv.slice(2);
const hub = connectHub({ url: process.env.SIGNALBOX_URL, token: process.env.SIGNALBOX_TOKEN });
const leaving = new AbortController();
process.once('SIGINT', () => leaving.abort());

try {
  const [site] = await hub.sites();
  const { units, cursor } = await hub.snapshot(site.id);
  for (const unit of units) console.log(`${unit.name}: ${unit.presence.state}`);

  const unit = units.find((candidate) => candidate.name === name);
  if (!unit) throw new Error(`no unit is called ${name}`);
  const command = await hub.run(unit.id, {
    verb: 'set',
    affordance: property,
    input: JSON.parse(input),
  });
  console.log(`${command.state}: ${JSON.stringify(command.output ?? command.code)}`);

  // Behind the snapshot, so that nothing is between it and the first event.
  const what = { after: cursor, unit: unit.id, signal: leaving.signal };
  for await (const news of hub.events(site.id, what)) {
    if (news.type === 'waiting') console.log(`no line to the hub: ${news.error.code}`);
    else if (news.type === 'gap') console.log(`events are missing: ${news.reason}`);
    else if (news.type !== 'opened') console.log(JSON.stringify(news));
    if (news.type === 'command.ended' && news.data.commandId === command.id) break;
  }
} catch (error) {
  console.error(error instanceof AppError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
