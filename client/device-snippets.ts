/** How one device connects, as far as its program has to know. */
export interface DeviceConnection {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  /** Null: it has a certificate, in the files cert.pem and key.pem. */
  readonly password: string | null;
}

export interface DeviceSnippet {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** Of its own topics. */
const TOPIC = 'temperature';

/** Ready to run, beside the file ca.pem. */
export function deviceSnippets(device: DeviceConnection): DeviceSnippet[] {
  return [
    { id: 'mosquitto', title: 'mosquitto_pub', text: mosquittoPub(device) },
    { id: 'mqttjs', title: 'mqtt.js', text: mqttJs(device) },
    { id: 'paho', title: 'Python (paho)', text: paho(device) },
    { id: 'arduino', title: 'Arduino (PubSubClient)', text: arduino(device) },
    { id: 'esphome', title: 'ESPHome', text: espHome(device) },
    { id: 'tasmota', title: 'Tasmota', text: tasmota(device) },
  ];
}

export function mosquittoPub({ host, port, clientId, password }: DeviceConnection): string {
  const identity =
    password === null
      ? '--cert cert.pem --key key.pem'
      : `-u ${clientId} -P ${shellQuoted(password)}`;
  return `mosquitto_pub -h ${host} -p ${port} --cafile ca.pem -i ${clientId} \\
  ${identity} \\
  -q 1 -t ${TOPIC} -m 21.4`;
}

function mqttJs({ host, port, clientId, password }: DeviceConnection): string {
  const identity =
    password === null
      ? `  cert: readFileSync('cert.pem'),\n  key: readFileSync('key.pem'),`
      : `  username: '${clientId}',\n  password: '${password}',`;
  return `import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';

const client = await mqtt.connectAsync('mqtts://${urlHost(host)}:${port}', {
  clientId: '${clientId}',
  ca: readFileSync('ca.pem'),
${identity}
});
await client.publishAsync('${TOPIC}', '21.4', { qos: 1 });
await client.endAsync();`;
}

function paho({ host, port, clientId, password }: DeviceConnection): string {
  const identity =
    password === null
      ? `client.tls_set("ca.pem", "cert.pem", "key.pem")`
      : `client.tls_set("ca.pem")\nclient.username_pw_set("${clientId}", "${password}")`;
  return `import paho.mqtt.client as mqtt

client = mqtt.Client(client_id="${clientId}")  # paho 2: mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "${clientId}")
${identity}
client.connect("${host}", ${port})
client.loop_start()
client.publish("${TOPIC}", "21.4", qos=1).wait_for_publish()
client.disconnect()`;
}

function arduino({ host, port, clientId, password }: DeviceConnection): string {
  const identity =
    password === null
      ? `BearSSL::X509List certificate(CERT_PEM);  // the text of cert.pem
BearSSL::PrivateKey key(KEY_PEM);         // the text of key.pem
`
      : '';
  const use =
    password === null ? `  net.setClientECCert(&certificate, BR_KEYTYPE_SIGN, &key);\n` : '';
  const login = password === null ? '' : `, "${clientId}", "${password}"`;
  return `#include <ESP8266WiFi.h>
#include <PubSubClient.h>

BearSSL::X509List ca(CA_PEM);  // the text of ca.pem
${identity}BearSSL::WiFiClientSecure net;
PubSubClient client(net);

void setup() {
  // Wi-Fi first, then the time: without it no certificate can be checked.
  configTime(0, 0, "pool.ntp.org");
  while (time(nullptr) < 1700000000) delay(100);
  net.setTrustAnchors(&ca);
${use}  client.setServer("${host}", ${port});
  if (client.connect("${clientId}"${login})) client.publish("${TOPIC}", "21.4");
}

void loop() { client.loop(); }`;
}

function espHome({ host, port, clientId, password }: DeviceConnection): string {
  const identity =
    password === null
      ? `  client_certificate: !secret mqtt_certificate      # the text of cert.pem
  client_certificate_key: !secret mqtt_key          # the text of key.pem`
      : `  username: ${clientId}\n  password: ${password}`;
  return `mqtt:
  broker: ${host}
  port: ${port}
  client_id: ${clientId}
${identity}
  certificate_authority: !secret mqtt_ca            # the text of ca.pem
  topic_prefix: ${clientId}
  discovery: false`;
}

function tasmota({ host, port, clientId, password }: DeviceConnection): string {
  if (password === null)
    return `# Tasmota shows certificates only to AWS IoT. Give this device a password.`;
  return `Backlog MqttHost ${host}; MqttPort ${port}; SetOption103 1; MqttClient ${clientId}; MqttUser ${clientId}; MqttPassword ${password}; Topic ${clientId}; FullTopic %topic%/%prefix%/`;
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Passwords have letters, digits, _ and - only; whatever else comes is quoted. */
function shellQuoted(text: string): string {
  return /^[\w-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
