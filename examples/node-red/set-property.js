// The code of a Node-RED function node: sets a property of a unit to `msg.payload`, and passes on
// what the unit answers.
//
// settings.js:  functionGlobalContext: { signalbox: require('signalbox/client') }
// Environment:  SIGNALBOX_URL, SIGNALBOX_TOKEN, SIGNALBOX_UNIT (an id), SIGNALBOX_PROPERTY
const { connectHub } = global.get('signalbox');
const hub = connectHub({ url: env.get('SIGNALBOX_URL'), token: env.get('SIGNALBOX_TOKEN') });

node.status({ fill: 'yellow', shape: 'ring', text: 'sent' });
try {
  const command = await hub.run(env.get('SIGNALBOX_UNIT'), {
    verb: 'set',
    affordance: env.get('SIGNALBOX_PROPERTY'),
    input: msg.payload,
  });
  const isDone = command.state === 'succeeded';
  node.status({
    fill: isDone ? 'green' : 'red',
    shape: 'dot',
    text: command.code ?? command.state,
  });
  msg.payload = command.output;
  msg.command = command;
  return msg;
} catch (error) {
  node.status({ fill: 'red', shape: 'dot', text: error.code });
  node.error(`${error.code}: ${error.message}`, msg);
  return null;
}
